# The git state goes into every results file. It is looked up at build time, so that it is right
# after a commit without configuring again.
add_custom_target(infoplane_git_state
  COMMAND ${CMAKE_COMMAND}
    -D SOURCE_DIR=${PROJECT_SOURCE_DIR}
    -D OUTPUT=${PROJECT_BINARY_DIR}/generated/infoplane_git_state.hpp
    -P ${PROJECT_SOURCE_DIR}/cmake/WriteGitState.cmake
  BYPRODUCTS ${PROJECT_BINARY_DIR}/generated/infoplane_git_state.hpp
  VERBATIM)
