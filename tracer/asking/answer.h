// What a user may answer.
#ifndef SAFE_TRACE_TRACER_ASKING_ANSWER_H_
#define SAFE_TRACE_TRACER_ASKING_ANSWER_H_

#include <cstdint>
#include <optional>
#include <string_view>

namespace safe_trace {

enum class UserAnswer : uint8_t {
  kOnce,    // this attempt
  kRun,     // until the run ends
  kAlways,  // written to the user's configuration
  kNever,   // not in this run, and not asked again
};
std::string_view UserAnswerName(UserAnswer answer);

// "1" or "once", "2" or "run", "3" or "always", "4", "n", "no" or "never", in any case.
std::optional<UserAnswer> ParseAnswer(std::string_view line);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_ASKING_ANSWER_H_
