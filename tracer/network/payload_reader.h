// The bytes of a message, copied out of the tracee piece by piece. What was copied is what is sent.
#ifndef SAFE_TRACE_TRACER_NETWORK_PAYLOAD_READER_H_
#define SAFE_TRACE_TRACER_NETWORK_PAYLOAD_READER_H_

#include <sys/types.h>
#include <sys/uio.h>

#include <cstddef>
#include <cstdint>
#include <vector>

#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

class PayloadReader {
 public:
  // As the kernel: at most 1024 pieces, of at most 2 GiB minus a page in all.
  static constexpr size_t kMaximumPieces = 1024;
  static constexpr uint64_t kMaximumTotal = 0x7ffff000;

  PayloadReader(const TraceeMemory& memory, pid_t tid) : memory_(memory), tid_(tid) {}

  void SetSingle(uint64_t address, uint64_t size);
  // The tracee's iovec array. Returns 0, EMSGSIZE, EINVAL or EFAULT.
  int SetVector(uint64_t address, uint64_t count);

  uint64_t remaining() const { return remaining_; }
  void Clear() {
    pieces_.clear();
    current_ = 0;
    remaining_ = 0;
  }
  // Copies the next bytes, up to `limit`, and moves on. Returns 0 or EFAULT.
  int Next(size_t limit, std::vector<char>& out);

 private:
  struct Piece {
    uint64_t address = 0;
    uint64_t size = 0;
  };
  void Add(uint64_t address, uint64_t size);

  const TraceeMemory& memory_;
  pid_t tid_;
  std::vector<Piece> pieces_;
  size_t current_ = 0;
  uint64_t remaining_ = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_PAYLOAD_READER_H_
