// --ask: who is asked, and what an answer leaves behind.
#ifndef SAFE_TRACE_LAUNCHER_ASKING_H_
#define SAFE_TRACE_LAUNCHER_ASKING_H_

#include <chrono>
#include <memory>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "launcher/launch_options.h"
#include "policy/allowances.h"

namespace safe_trace {

class AskDesk;

// The prompt. What it is made of may be hostile, and is made harmless. `may_remember`: whether an
// "always" can be written down.
std::string PromptText(std::string_view subject, std::string_view doing, std::string_view flag,
                       std::chrono::seconds patience,
                       const absl::Status& may_remember = absl::OkStatus());

// Null where the process has no terminal. `allowances` outlives the desk.
std::unique_ptr<AskDesk> OpenAskDesk(const LaunchOptions& options, Allowances& allowances);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_ASKING_H_
