#include "tracer/tracee/tracee_memory.h"

#include <sys/uio.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>

#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

constexpr size_t kPageSize = 4096;

}  // namespace

absl::StatusOr<std::string> TraceeMemory::ReadString(pid_t tid, uint64_t address,
                                                     size_t limit) const {
  std::string text;
  // First a short read: most paths end within it, and it seldom crosses into an unmapped page.
  size_t chunk = 256;
  while (text.size() <= limit) {
    size_t old_size = text.size();
    size_t wanted = std::min(chunk, limit + 1 - old_size);
    text.resize(old_size + wanted);
    absl::StatusOr<size_t> count =
        ReadSome(tid, address + old_size, text.data() + old_size, wanted);
    if (!count.ok()) return count.status();
    const void* end = memchr(text.data() + old_size, 0, *count);
    if (end != nullptr) {
      text.resize(static_cast<size_t>(static_cast<const char*>(end) - text.data()));
      return text;
    }
    text.resize(old_size + *count);
    chunk = kPageSize;
  }
  return absl::ResourceExhaustedError("string is longer than its limit");
}

absl::Status ProcessVmMemory::Read(pid_t tid, uint64_t address, void* buffer, size_t size) const {
  size_t done = 0;
  while (done < size) {
    absl::StatusOr<size_t> count =
        ReadSome(tid, address + done, static_cast<char*>(buffer) + done, size - done);
    if (!count.ok()) return count.status();
    done += *count;
  }
  return absl::OkStatus();
}

absl::StatusOr<size_t> ProcessVmMemory::ReadSome(pid_t tid, uint64_t address, void* buffer,
                                                 size_t size) const {
  iovec local{buffer, size};
  iovec remote{reinterpret_cast<void*>(address), size};
  ssize_t count = process_vm_readv(tid, &local, 1, &remote, 1, 0);
  if (count > 0) return static_cast<size_t>(count);
  if (count == 0) return absl::OutOfRangeError("nothing is mapped there");
  return LastErrnoStatus("process_vm_readv");
}

absl::Status ProcessVmMemory::Write(pid_t tid, uint64_t address, const void* buffer,
                                    size_t size) const {
  size_t done = 0;
  while (done < size) {
    iovec local{static_cast<char*>(const_cast<void*>(buffer)) + done, size - done};
    iovec remote{reinterpret_cast<void*>(address + done), size - done};
    ssize_t count = process_vm_writev(tid, &local, 1, &remote, 1, 0);
    if (count < 0) return LastErrnoStatus("process_vm_writev");
    if (count == 0) return absl::OutOfRangeError("nothing is mapped there");
    done += static_cast<size_t>(count);
  }
  return absl::OkStatus();
}

}  // namespace safe_trace
