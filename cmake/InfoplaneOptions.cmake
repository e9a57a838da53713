# Compile options every room shares, carried by one interface target so that a single precompiled
# header can serve all rooms that use LibTorch.
add_library(infoplane_options INTERFACE)
add_library(infoplane::options ALIAS infoplane_options)

target_include_directories(infoplane_options INTERFACE ${PROJECT_SOURCE_DIR}/src ${PROJECT_SOURCE_DIR})
target_compile_features(infoplane_options INTERFACE cxx_std_17)
target_compile_options(infoplane_options INTERFACE
  -Wall -Wextra -Wpedantic -Wshadow -Wnon-virtual-dtor -Woverloaded-virtual
  $<$<BOOL:${INFOPLANE_WERROR}>:-Werror>)

# LibTorch is prebuilt: _GLIBCXX_DEBUG would change the layout of containers that cross into it.
target_compile_definitions(infoplane_options INTERFACE
  $<$<CONFIG:Debug>:_GLIBCXX_ASSERTIONS>)

if(INFOPLANE_SANITIZE)
  target_compile_options(infoplane_options INTERFACE
    -fsanitize=${INFOPLANE_SANITIZE} -fno-omit-frame-pointer -fno-sanitize-recover=undefined)
  target_link_options(infoplane_options INTERFACE -fsanitize=${INFOPLANE_SANITIZE})
endif()
