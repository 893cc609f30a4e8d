// Command lines without the secrets in them, for traces and terminals. Pure.
#ifndef SAFE_TRACE_POLICY_ARGUMENT_MASK_H_
#define SAFE_TRACE_POLICY_ARGUMENT_MASK_H_

#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace safe_trace {

// `is_secret_name` judges the name of a variable ("NPM_TOKEN"), of an option without its dashes
// ("api-key") or of a header. What is masked becomes "***": the user of a URL, what has the shape
// of a token, the value of a name that is secret ("NAME=value", "--name value", "Name: value" in a
// shell's text too), the password of curl's -u. Everything else stays as it is. In linear time;
// looks at all of each word.
std::vector<std::string> MaskSecrets(
    const std::vector<std::string>& arguments,
    const std::function<bool(std::string_view name)>& is_secret_name);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_ARGUMENT_MASK_H_
