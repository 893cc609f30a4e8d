// Runs a program under a seccomp filter that notifies only the shim's marked openat, and collects
// the records. What the real supervisor does with them is tested elsewhere.
#ifndef SAFE_TRACE_TESTS_UNIT_PRELOAD_TINY_SUPERVISOR_H_
#define SAFE_TRACE_TESTS_UNIT_PRELOAD_TINY_SUPERVISOR_H_

#include <cstdint>
#include <string>
#include <vector>

#include "preload/shim_protocol.h"

namespace safe_trace {

struct Notified {
  uint32_t pid = 0;
  uint64_t flags = 0;          // third argument of the call
  st_shim_record record = {};  // as copied from the caller's memory

  std::string text() const { return std::string(record.text, record.length); }
};

struct RunOptions {
  std::vector<std::string> environment;  // NAME=value; LD_PRELOAD comes from `preload`
  bool preload = true;
  std::string preload_after;  // another library, behind the shim
  bool supervised = true;
  int answer_errno = 0;             // what each notified call fails with; 0 for success
  int hang_up_after = -1;           // closes the listener on receiving this record, unanswered
  bool real_uid_of_nobody = false;  // needs root: gives AT_SECURE at exec
};

struct RunResult {
  std::string error;   // why the run could not be made; empty when it was
  std::string output;  // standard output and error
  int wait_status = -1;
  std::vector<Notified> records;

  std::vector<std::string> texts() const;
};

// At most 60 seconds; then the program is killed and `error` says so.
RunResult RunProgram(const std::vector<std::string>& command, const RunOptions& options);

// The record that the shim must have sent, byte by byte, with the caller's address taken over.
st_shim_record ExpectedRecord(uint32_t event, const std::string& text, uint64_t caller);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TESTS_UNIT_PRELOAD_TINY_SUPERVISOR_H_
