// What the user allows while a run goes on, by answering a question.
#ifndef SAFE_TRACE_POLICY_ALLOWANCES_H_
#define SAFE_TRACE_POLICY_ALLOWANCES_H_

#include <atomic>
#include <chrono>
#include <functional>
#include <optional>
#include <shared_mutex>
#include <string>
#include <vector>

#include "policy/host_facts.h"

namespace safe_trace {

// One host for one package, as --grant; or for everything but package code, as --allow-host.
struct Allowance {
  std::string package, version;  // empty: for all that is no package code
  HostPort host;
  std::optional<std::chrono::steady_clock::time_point> until;  // nothing: for the run
};

// Thread-safe and bounded.
class Allowances {
 public:
  static constexpr size_t kMaximum = 1024;

  // False where there are too many.
  bool Add(Allowance allowance);
  // True where `reaches` is true of one that is in effect.
  bool Any(const std::function<bool(const Allowance&)>& reaches) const;

 private:
  std::atomic<bool> has_some_ = false;
  mutable std::shared_mutex mutex_;
  std::vector<Allowance> allowances_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_ALLOWANCES_H_
