// The process that unwinds: safe-trace-unwind, which reads hostile memory and files so that the
// supervisor need not.
#ifndef SAFE_TRACE_TRACER_STACKS_UNWIND_HELPER_H_
#define SAFE_TRACE_TRACER_STACKS_UNWIND_HELPER_H_

#include <functional>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "tracer/stacks/stack_sample.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// One thread's; the helper is killed by the kernel when that thread ends.
class UnwindHelper {
 public:
  explicit UnwindHelper(std::string program) : program_(std::move(program)) {}

  // Starts the helper at the first call and again after a failure, kMaximumStarts times in all.
  // Gives up (DeadlineExceeded) after kPatience, or when `stopping` becomes true.
  absl::StatusOr<std::vector<NativeFrame>> Unwind(const StackSample& sample,
                                                  const std::function<bool()>& stopping);

 private:
  static constexpr int kMaximumStarts = 3;
  static constexpr int kPatienceMs = 15'000;  // for one stack; a first one takes up to a second

  absl::Status Start();
  absl::StatusOr<std::vector<NativeFrame>> Ask(const StackSample& sample,
                                               const std::function<bool()>& stopping);

  const std::string program_;
  UniqueFd requests_;
  UniqueFd answers_;
  int starts_ = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_STACKS_UNWIND_HELPER_H_
