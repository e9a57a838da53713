cmake_minimum_required(VERSION 3.25)
execute_process(COMMAND git -C ${SOURCE_DIR} describe --always --dirty --abbrev=12
  OUTPUT_VARIABLE state OUTPUT_STRIP_TRAILING_WHITESPACE ERROR_QUIET RESULT_VARIABLE failed)
if(failed OR state STREQUAL "")
  set(state "unknown")
endif()
file(CONFIGURE OUTPUT ${OUTPUT} CONTENT "#define INFOPLANE_GIT_STATE \"@state@\"\n" @ONLY)
