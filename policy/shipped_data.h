// What the readers of compiled-in files share.
#ifndef SAFE_TRACE_POLICY_SHIPPED_DATA_H_
#define SAFE_TRACE_POLICY_SHIPPED_DATA_H_

#include <utility>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace safe_trace {

// What is compiled in was checked by the tests: if it cannot be read, this is a broken build, and
// running on with less would guard less without a word.
[[noreturn]] void DieOfBrokenData(const absl::Status& status);

template <typename T>
T OrDie(absl::StatusOr<T> value) {
  if (!value.ok()) DieOfBrokenData(value.status());
  return *std::move(value);
}

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_SHIPPED_DATA_H_
