# infoplane_add_room(NAME source...)
#
# A room is one folder of src/ and one static library. What a room may include is what its
# target_link_libraries names; tests/architecture checks the includes against it.
function(infoplane_add_room name)
  add_library(infoplane_${name} STATIC ${ARGN})
  add_library(infoplane::${name} ALIAS infoplane_${name})
  target_link_libraries(infoplane_${name} PUBLIC infoplane::options)
endfunction()

# torch/torch.h costs some 15 s per translation unit; one precompiled copy serves every such room.
function(infoplane_precompile_torch target)
  if(TARGET infoplane_torch_pch)
    target_precompile_headers(${target} REUSE_FROM infoplane_torch_pch)
  endif()
endfunction()
