// Bounded reads and writes of a tracee's memory. Everything read is hostile and may change at once.
#ifndef SAFE_TRACE_TRACER_TRACEE_TRACEE_MEMORY_H_
#define SAFE_TRACE_TRACER_TRACEE_TRACEE_MEMORY_H_

#include <sys/types.h>

#include <cstddef>
#include <cstdint>
#include <string>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace safe_trace {

class TraceeMemory {
 public:
  virtual ~TraceeMemory() = default;

  // Exactly `size` bytes. OutOfRange where the range is not mapped (the call gets EFAULT),
  // NotFound where the task is gone.
  virtual absl::Status Read(pid_t tid, uint64_t address, void* buffer, size_t size) const = 0;
  // Up to `size` bytes, as many as are mapped from `address` on; returns the count (at least 1).
  virtual absl::StatusOr<size_t> ReadSome(pid_t tid, uint64_t address, void* buffer,
                                          size_t size) const = 0;
  virtual absl::Status Write(pid_t tid, uint64_t address, const void* buffer,
                             size_t size) const = 0;

  // A NUL-terminated string of at most `limit` bytes without the NUL. ResourceExhausted where it
  // is longer (ENAMETOOLONG).
  absl::StatusOr<std::string> ReadString(pid_t tid, uint64_t address, size_t limit) const;

  template <typename T>
  absl::Status ReadValue(pid_t tid, uint64_t address, T& value) const {
    return Read(tid, address, &value, sizeof(T));
  }
};

// process_vm_readv and process_vm_writev.
class ProcessVmMemory final : public TraceeMemory {
 public:
  absl::Status Read(pid_t tid, uint64_t address, void* buffer, size_t size) const override;
  absl::StatusOr<size_t> ReadSome(pid_t tid, uint64_t address, void* buffer,
                                  size_t size) const override;
  absl::Status Write(pid_t tid, uint64_t address, const void* buffer, size_t size) const override;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_TRACEE_TRACEE_MEMORY_H_
