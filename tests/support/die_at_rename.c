/* LD_PRELOAD: the process dies at the DIE_AT_COUNT-th rename to a path that contains DIE_AT_PATH, before it is
 * renamed: what was written is complete, and nobody has seen it under its name. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>

int rename(const char* from, const char* to) {
  static int count = 0;
  const char* path = getenv("DIE_AT_PATH");
  if (path != NULL && strstr(to, path) != NULL) {
    const char* when = getenv("DIE_AT_COUNT");
    if (++count == (when == NULL ? 1 : atoi(when))) raise(SIGKILL);
  }
  int (*real)(const char*, const char*) = (int (*)(const char*, const char*))dlsym(RTLD_NEXT, "rename");
  return real(from, to);
}
