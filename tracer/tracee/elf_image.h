// The little that must be known of an executable: its class and its interpreter.
#ifndef SAFE_TRACE_TRACER_TRACEE_ELF_IMAGE_H_
#define SAFE_TRACE_TRACER_TRACEE_ELF_IMAGE_H_

#include <string>

#include "absl/status/statusor.h"

namespace safe_trace {

struct ElfImage {
  bool is_elf = false;
  bool is_64_bit = false;
  std::string interpreter;  // PT_INTERP; "" where static
};

// Reads the head of `fd` (at most 64 KiB). A file that is no ELF is no error.
absl::StatusOr<ElfImage> ReadElfImage(int fd);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_TRACEE_ELF_IMAGE_H_
