// `safe-trace policy explain PATH|HOST|VAR` and `policy show`: which rule decides, and why.
#ifndef SAFE_TRACE_POLICY_EXPLAIN_H_
#define SAFE_TRACE_POLICY_EXPLAIN_H_

#include <string>
#include <string_view>

#include "policy/policy.h"

namespace safe_trace {

// One decision of each role about `what`: a path (contains '/' or begins with '~' or '.'), an
// upper-case NAME, otherwise HOST[:PORT]. `as_json` gives a JSON array, otherwise lines of text.
std::string ExplainResource(const Policy& policy, const HostFacts& facts, std::string_view what,
                            bool as_json);
// Everything the policy holds: rules with ids, grants per role, hosts, variables.
std::string ShowPolicy(const Policy& policy, const HostFacts& facts, bool as_json);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_EXPLAIN_H_
