// Paths as text: no symlink is followed, nothing is looked up.
#ifndef SAFE_TRACE_POLICY_LEXICAL_PATH_H_
#define SAFE_TRACE_POLICY_LEXICAL_PATH_H_

#include <string>
#include <string_view>

namespace safe_trace {

// Without ".", "..", doubled and trailing slashes; ".." at the root stays there. Only right where
// no component is a symlink. "" for a path that is not absolute.
std::string NormalizePath(std::string_view absolute);

// `path` taken from `directory` where it is relative, then normalised.
std::string JoinPath(std::string_view directory, std::string_view path);

// True where `path` is `tree` or lies beneath it. Both normalised.
bool IsWithin(std::string_view path, std::string_view tree);

// What follows the last slash; "" for "/".
std::string_view BaseName(std::string_view path);

// The containing directory; "/" for "/" and for its entries.
std::string_view ParentPath(std::string_view path);

// True where some directory component or the base name equals `component`.
bool HasComponent(std::string_view path, std::string_view component);

// A directory that many share, itself ("/", "/var", "/srv"): no project.
bool IsSharedDirectory(std::string_view path);

// 1 for "/", one more for each component. `path` normalised.
int PathDepth(std::string_view path);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_LEXICAL_PATH_H_
