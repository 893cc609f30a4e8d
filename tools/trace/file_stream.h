// Writing to an open descriptor as a stream.
#ifndef SAFE_TRACE_TOOLS_TRACE_FILE_STREAM_H_
#define SAFE_TRACE_TOOLS_TRACE_FILE_STREAM_H_

#include <streambuf>
#include <string>

#include "absl/status/status.h"

namespace safe_trace {

// Empties the file on the first write, so that until then it stays as it was. Does not own `fd`.
class FileStreamBuffer : public std::streambuf {
 public:
  explicit FileStreamBuffer(int fd) : fd_(fd) {}
  // Writes out what is left. The first failure, if there was one.
  absl::Status Finish();

 protected:
  int_type overflow(int_type byte) override;
  std::streamsize xsputn(const char* text, std::streamsize size) override;
  int sync() override;

 private:
  bool Flush();

  int fd_;
  bool began_ = false;
  std::string buffer_;
  absl::Status failure_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_FILE_STREAM_H_
