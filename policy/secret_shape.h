// What a token looks like. Pure.
#ifndef SAFE_TRACE_POLICY_SECRET_SHAPE_H_
#define SAFE_TRACE_POLICY_SECRET_SHAPE_H_

#include <string_view>

namespace safe_trace {

// The kind of secret that `value` is or holds ("GitHub token", "private key", "URL with a
// password"), or nullptr. Static storage. Looks at the first 64 KiB, in linear time. Judges by
// prefixes and lengths that issuers document, never by randomness alone: a commit hash, a UUID or
// a checksum is not a secret.
const char* SecretShape(std::string_view value);

// For a variable that holds URLs, hosts or paths: whether one of them names a user, with or without
// a password ("https://TOKEN@host/"). The account of a URL of ssh is no secret, its password is. In
// linear time; true, as the safe answer, for what is longer than 64 KiB.
bool HasUserInfo(std::string_view value);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_SECRET_SHAPE_H_
