// `safe-trace trace keygen`, and the key of `safe-trace trace verify --key`.
#ifndef SAFE_TRACE_TOOLS_TRACE_KEY_FILES_H_
#define SAFE_TRACE_TOOLS_TRACE_KEY_FILES_H_

#include <map>
#include <ostream>
#include <string>

#include "absl/status/statusor.h"
#include "tracer/events/signing_key.h"

namespace safe_trace {

// Both are written into one directory; the catalogue hides the secret one from what is supervised.
inline constexpr char kSecretKeyName[] = "sign.key";
inline constexpr char kPublicKeyName[] = "sign.pub";

// $XDG_CONFIG_HOME/safe-trace, else $HOME/.config/safe-trace; FailedPrecondition where neither is
// an absolute path.
absl::StatusOr<std::string> DefaultKeyDirectory(
    const std::map<std::string, std::string>& environment);

// Makes the directory (0700) and a new pair of keys in it: sign.key (0600) and sign.pub. An
// existing file is never replaced. Returns the public key.
absl::StatusOr<VerifyingKey> MakeKeys(const std::string& directory);

// `text`: 64 hexadecimal digits, or a file that holds a public key.
absl::StatusOr<VerifyingKey> ReadVerifyingKey(const std::string& text);

// The verb; returns the exit status.
int KeyGen(const std::string& directory, std::ostream& out, std::ostream& err);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_KEY_FILES_H_
