// LibTorch, precompiled once for every room that includes it.
