# infoplane_add_room(NAME source...)
#
# A room is one folder of src/ and one static library. What a room may include is what its
# target_link_libraries names; tests/architecture checks the includes against it.
function(infoplane_add_room name)
  add_library(infoplane_${name} STATIC ${ARGN})
  add_library(infoplane::${name} ALIAS infoplane_${name})
  target_link_libraries(infoplane_${name} PUBLIC infoplane::options)
endfunction()

# infoplane_torch_sources(TARGET source...)
#
# Those sources of a target that include torch/torch.h. It costs some 17 s per translation unit: half of that goes
# where one precompiled copy serves all of them, the other half, templates that every unit instantiates anew, where
# several sources are one unit. All other sources of the target are compiled without either.
function(infoplane_torch_sources target)
  if(NOT TARGET infoplane_torch_pch)
    return()
  endif()
  target_precompile_headers(${target} REUSE_FROM infoplane_torch_pch)
  get_target_property(plain ${target} SOURCES)
  foreach(source IN LISTS ARGN)
    if(NOT source IN_LIST plain)
      message(FATAL_ERROR "${target} has no source ${source}")
    endif()
  endforeach()
  list(REMOVE_ITEM plain ${ARGN})
  list(FILTER plain EXCLUDE REGEX "^\\$<")
  set_source_files_properties(${plain} PROPERTIES SKIP_PRECOMPILE_HEADERS ON)
  if(NOT INFOPLANE_UNITY)
    return()
  endif()
  set_target_properties(${target} PROPERTIES UNITY_BUILD ON UNITY_BUILD_MODE GROUP)
  set(sources_of_a_unit 8)
  set(index 0)
  foreach(source IN LISTS ARGN)
    math(EXPR unit "${index} / ${sources_of_a_unit}")
    set_source_files_properties(${source} PROPERTIES UNITY_GROUP torch_${unit})
    math(EXPR index "${index} + 1")
  endforeach()
endfunction()
