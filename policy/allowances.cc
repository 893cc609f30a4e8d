#include "policy/allowances.h"

#include <algorithm>
#include <mutex>
#include <utility>

namespace safe_trace {

using Clock = std::chrono::steady_clock;

bool Allowances::Add(Allowance allowance) {
  std::unique_lock lock(mutex_);
  const Clock::time_point now = Clock::now();
  std::erase_if(allowances_, [now](const Allowance& known) {
    return known.until.has_value() && *known.until < now;
  });
  if (allowances_.size() >= kMaximum) return false;
  allowances_.push_back(std::move(allowance));
  has_some_ = true;
  return true;
}

bool Allowances::Any(const std::function<bool(const Allowance&)>& reaches) const {
  if (!has_some_) return false;
  std::shared_lock lock(mutex_);
  const Clock::time_point now = Clock::now();
  return std::any_of(allowances_.begin(), allowances_.end(), [&](const Allowance& known) {
    return (!known.until.has_value() || now <= *known.until) && reaches(known);
  });
}

}  // namespace safe_trace
