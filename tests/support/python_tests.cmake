# What the Python tests share: the interpreter, the folders, and how an entry is registered.
include_guard(DIRECTORY)
find_program(SAFE_TRACE_TEST_PYTHON python3 PATHS /usr/bin NO_DEFAULT_PATH)
find_program(SAFE_TRACE_TEST_PYTHON python3 REQUIRED)
set(SAFE_TRACE_TEST_PROGRAMS ${CMAKE_BINARY_DIR}/test-programs)
# A place for test worlds that is not a temporary directory, writable by every user.
set(SAFE_TRACE_TEST_WORLDS ${CMAKE_BINARY_DIR}/test-worlds CACHE PATH
    "Where tests put worlds that must not lie in a temporary directory")
execute_process(COMMAND mkdir -p -m 1777 ${SAFE_TRACE_TEST_WORLDS})
execute_process(COMMAND id -u OUTPUT_VARIABLE configured_as OUTPUT_STRIP_TRAILING_WHITESPACE)
# Under root the tests run a second time as an ordinary user, who must be able to read them.
set(ordinary_user_reads TRUE)
if(configured_as EQUAL 0)
  execute_process(COMMAND setpriv --reuid 65534 --regid 65534 --clear-groups
                          test -r ${CMAKE_CURRENT_LIST_FILE} -a -x ${CMAKE_BINARY_DIR}
                  RESULT_VARIABLE cannot_read OUTPUT_QUIET ERROR_QUIET)
  if(NOT cannot_read EQUAL 0)
    set(ordinary_user_reads FALSE)
    message(WARNING "${PROJECT_SOURCE_DIR} cannot be read by an ordinary user: the tests run as root only")
  endif()
endif()

set(safe_trace_test_environment "SAFE_TRACE_TEST_PROGRAMS=${SAFE_TRACE_TEST_PROGRAMS}"
    "SAFE_TRACE_TEST_WORLDS=${SAFE_TRACE_TEST_WORLDS}")
if(TARGET safe-trace)
  list(APPEND safe_trace_test_environment "SAFE_TRACE=$<TARGET_FILE:safe-trace>")
endif()

# safe_trace_python_test(NAME TIMEOUT [ROOT_ONLY] LABELS label... COMMAND script argument...)
# One entry; configured by root, a second one "-as-user" that becomes an ordinary user.
function(safe_trace_python_test name timeout)
  cmake_parse_arguments(ARG "ROOT_ONLY" "" "LABELS;COMMAND" ${ARGN})
  set(command ${SAFE_TRACE_TEST_PYTHON} -B ${ARG_COMMAND})
  add_test(NAME ${name} COMMAND ${command})
  set(names ${name})
  if(configured_as EQUAL 0 AND NOT ARG_ROOT_ONLY AND ordinary_user_reads)
    add_test(NAME ${name}-as-user COMMAND ${command} --as-user)
    list(APPEND names ${name}-as-user)
  endif()
  set_tests_properties(${names} PROPERTIES LABELS "${ARG_LABELS}" TIMEOUT ${timeout}
                       SKIP_RETURN_CODE 77 ENVIRONMENT "${safe_trace_test_environment}")
endfunction()

# A C program of the tests; no sanitizer applies to it.
function(safe_trace_test_program name source)
  cmake_parse_arguments(ARG "STATIC" "" "" ${ARGN})
  add_executable(${name} ${source})
  set_target_properties(${name} PROPERTIES RUNTIME_OUTPUT_DIRECTORY ${SAFE_TRACE_TEST_PROGRAMS}
                        POSITION_INDEPENDENT_CODE OFF)
  target_compile_definitions(${name} PRIVATE _GNU_SOURCE)
  target_compile_options(${name} PRIVATE -Wall -Wextra $<$<BOOL:${SAFE_TRACE_WERROR}>:-Werror>)
  target_link_libraries(${name} PRIVATE Threads::Threads)
  if(ARG_STATIC)
    target_link_options(${name} PRIVATE -static)
  endif()
endfunction()
