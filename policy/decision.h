// What was decided about a request, by which rule, and why.
#ifndef SAFE_TRACE_POLICY_DECISION_H_
#define SAFE_TRACE_POLICY_DECISION_H_

#include <cstdint>
#include <string>
#include <string_view>

namespace safe_trace {

enum class Verdict : uint8_t {
  kAllow,
  kHide,  // the caller sees ENOENT (files), ECONNREFUSED (sockets), no variable
  kDeny,  // the caller sees `error`
  kKill,
};
std::string_view VerdictName(Verdict verdict);

// A rule that can be cited. Owned by the Policy; immutable; outlives every Decision it made.
struct Rule {
  std::string id;      // stable and short: "credential.ssh", "package.read", "user.allow-read"
  std::string reason;  // one clause for a person: "SSH keys and configuration"
};

struct Decision {
  Verdict verdict = Verdict::kDeny;
  int error = 0;               // errno value given to the caller when not allowed; 0 when allowed
  const Rule* rule = nullptr;  // never null in a decision that a Policy made
  // True when the attempt is evidence of an attack and counts for --fail-on-violation: a
  // credential asked for, persistence, a host that is not allowed. Probing that honest programs do
  // (a missing right on a neutral path) is denied without being a violation.
  bool is_violation = false;
  // No option of the user's lets this through, so none is suggested.
  bool never_allowed = false;

  bool allowed() const { return verdict == Verdict::kAllow; }
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_DECISION_H_
