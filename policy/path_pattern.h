// Patterns on names and paths as catalogues and profiles write them. Pure.
#ifndef SAFE_TRACE_POLICY_PATH_PATTERN_H_
#define SAFE_TRACE_POLICY_PATH_PATTERN_H_

#include <cstddef>
#include <map>
#include <string>
#include <string_view>
#include <vector>

namespace safe_trace {

// Glob on a single base name: `*` any run of bytes, `?` one byte, `[a-z]` and `[!a-z]` one byte of
// (not of) a set, `\x` the byte x. A '[' without its ']' stands for itself. Case counts.
// O(|glob| * |name|) at worst, never exponential. A name longer than `max_length` bytes matches
// nothing.
bool MatchesGlob(std::string_view glob, std::string_view name, size_t max_length = 4096);

// The same for an absolute path: `*`, `?` and sets never match '/', and the number of components
// is equal, except that a component `**` stands for zero or more whole components.
bool MatchesPathGlob(std::string_view glob, std::string_view path);

// True where `text` holds a character that MatchesGlob treats specially.
bool HasGlobCharacters(std::string_view text);

// What a catalogue's path means for one home. Understood at the beginning of `pattern`:
//   ~                 the home
//   $XDG_CONFIG_HOME  (DATA, STATE, CACHE) the variable, else ~/.config (~/.local/share,
//                     ~/.local/state, ~/.cache)
//   $XDG_RUNTIME_DIR  the variable; no default
//   $NAME             any other variable; no default
// Variables count only where they hold an absolute path without ".." that is not the home, a
// parent of it, or a directory of the system as a whole ("/", "/usr", anything in /dev, /proc):
// NETRC=/dev/null must not hide /dev/null. Pass the environment for the user's own home only.
// The result has no "//" and no trailing '/'; globs in it stay. "" where it cannot be expanded.
std::string ExpandPath(std::string_view pattern, const std::string& home,
                       const std::map<std::string, std::string>& env);

// The same where the variable may be a list ("$KUBECONFIG"): one path per usable element; for an
// XDG variable that is set, its default place too, since old data may lie there.
std::vector<std::string> ExpandPaths(std::string_view pattern, const std::string& home,
                                     const std::map<std::string, std::string>& env);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_PATH_PATTERN_H_
