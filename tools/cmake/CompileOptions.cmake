# One interface target carries the flags of all C++ code but the shim.
add_library(safe_trace_options INTERFACE)
target_include_directories(safe_trace_options INTERFACE ${PROJECT_SOURCE_DIR} ${PROJECT_BINARY_DIR})
target_compile_options(safe_trace_options INTERFACE
  -Wall -Wextra -Wconversion -Wshadow -fstack-protector-strong
  $<$<BOOL:${SAFE_TRACE_WERROR}>:-Werror>)
if(SAFE_TRACE_SANITIZE)
  target_compile_options(safe_trace_options INTERFACE -fsanitize=${SAFE_TRACE_SANITIZE} -fno-omit-frame-pointer)
  target_link_options(safe_trace_options INTERFACE -fsanitize=${SAFE_TRACE_SANITIZE})
else()
  target_compile_options(safe_trace_options INTERFACE $<$<CONFIG:Release>:-D_FORTIFY_SOURCE=2>)
endif()
target_link_options(safe_trace_options INTERFACE -Wl,-z,relro,-z,now)

# safe_trace_library(NAME SOURCES...): a static library with the common flags.
function(safe_trace_library name)
  set(present)
  foreach(source ${ARGN})
    get_filename_component(path ${source} ABSOLUTE)
    if(EXISTS ${path} OR path MATCHES "^${PROJECT_BINARY_DIR}")
      list(APPEND present ${source})
    endif()
  endforeach()
  if(NOT present)
    return()
  endif()
  add_library(${name} STATIC ${present})
  target_link_libraries(${name} PUBLIC safe_trace_options)
endfunction()
