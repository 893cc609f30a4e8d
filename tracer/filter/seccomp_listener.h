// The kernel's side of user notification behind a small interface, so that the loop can be tested
// with a fake.
#ifndef SAFE_TRACE_TRACER_FILTER_SECCOMP_LISTENER_H_
#define SAFE_TRACE_TRACER_FILTER_SECCOMP_LISTENER_H_

#include <cstdint>
#include <memory>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "tracer/deciding/syscall_invocation.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

class SeccompListener {
 public:
  virtual ~SeccompListener() = default;

  // Readable (poll) when a notification waits; hung up when the last filtered task is gone.
  virtual int fd() const = 0;
  // Blocks until one comes: poll first. NotFound where the task died meanwhile.
  virtual absl::StatusOr<SyscallInvocation> Receive() = 0;
  // All answers: NotFound where the task is gone, which is no error of ours.
  virtual absl::Status RespondContinue(uint64_t id) = 0;
  virtual absl::Status RespondError(uint64_t id, int error) = 0;
  virtual absl::Status RespondValue(uint64_t id, int64_t value) = 0;
  // The duplicate of `fd` in the task becomes the call's result, in one step with the answer.
  virtual absl::Status RespondWithFd(uint64_t id, int fd, bool close_on_exec) = 0;
  // False once the task was killed: what was read from it meanwhile may be another's.
  virtual bool IsValid(uint64_t id) = 0;
};

// Sole owner of the listener descriptor.
class KernelListener final : public SeccompListener {
 public:
  // Asks the kernel for its structure sizes, and for synchronous wake-ups where it has them.
  static absl::StatusOr<std::unique_ptr<KernelListener>> Create(UniqueFd listener);

  int fd() const override { return listener_.get(); }
  absl::StatusOr<SyscallInvocation> Receive() override;
  absl::Status RespondContinue(uint64_t id) override;
  absl::Status RespondError(uint64_t id, int error) override;
  absl::Status RespondValue(uint64_t id, int64_t value) override;
  absl::Status RespondWithFd(uint64_t id, int fd, bool close_on_exec) override;
  bool IsValid(uint64_t id) override;

 private:
  explicit KernelListener(UniqueFd listener) : listener_(std::move(listener)) {}
  absl::Status Respond(uint64_t id, int error, int64_t value, uint32_t flags);

  UniqueFd listener_;
  std::vector<uint64_t> request_;  // of the kernel's size, aligned
  std::vector<uint64_t> response_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_FILTER_SECCOMP_LISTENER_H_
