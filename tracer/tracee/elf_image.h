// The little that must be known of an executable: its class, its interpreter, its libraries.
#ifndef SAFE_TRACE_TRACER_TRACEE_ELF_IMAGE_H_
#define SAFE_TRACE_TRACER_TRACEE_ELF_IMAGE_H_

#include <string>
#include <vector>

#include "absl/status/statusor.h"

namespace safe_trace {

struct ElfImage {
  bool is_elf = false;
  bool is_64_bit = false;
  std::string interpreter;          // PT_INTERP; "" where static
  std::vector<std::string> needed;  // DT_NEEDED: the libraries that it is linked against
};

// Every read is bounded; what lies about its offsets loses only its own fields. A file that is no
// ELF is no error.
absl::StatusOr<ElfImage> ReadElfImage(int fd);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_TRACEE_ELF_IMAGE_H_
