// Who may publish. Code that was installed or fetched has no business in changing what a registry
// offers; where it starts a manager for that, the command is refused by its name. Its credentials
// and its network are taken from it in any case: this is what tells the user what was tried.
#ifndef SAFE_TRACE_POLICY_PUBLISHING_H_
#define SAFE_TRACE_POLICY_PUBLISHING_H_

#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "policy/access_request.h"
#include "policy/decision.h"

namespace safe_trace {

// The publishing command that this command line is, by `publishes` and `publishers` of the shipped
// profiles: "npm publish". The words are the caller's, cut to a bounded length.
std::optional<std::string> PublishingCommand(const std::vector<std::string>& arguments,
                                             std::string_view executable);

// False for package code, and for what was fetched by this run. The user's own publish as they
// like.
bool MayPublish(const Subject& subject);
// kKill, a violation.
Decision PublishingRefused();

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_PUBLISHING_H_
