#include "policy/lexical_path.h"

#include <algorithm>

namespace safe_trace {

std::string NormalizePath(std::string_view absolute) {
  if (absolute.empty() || absolute[0] != '/') return "";
  std::string result;
  size_t begin = 1;
  while (begin <= absolute.size()) {
    size_t end = std::min(absolute.find('/', begin), absolute.size());
    std::string_view component = absolute.substr(begin, end - begin);
    if (component == "..") {
      result.resize(result.empty() ? 0 : result.rfind('/'));
    } else if (!component.empty() && component != ".") {
      result += '/';
      result += component;
    }
    begin = end + 1;
  }
  return result.empty() ? "/" : result;
}

std::string JoinPath(std::string_view directory, std::string_view path) {
  if (!path.empty() && path[0] == '/') return NormalizePath(path);
  std::string joined(directory);
  joined += '/';
  joined += path;
  return NormalizePath(joined);
}

bool IsWithin(std::string_view path, std::string_view tree) {
  if (tree == "/") return !path.empty() && path[0] == '/';
  return !tree.empty() && path.size() >= tree.size() && path.substr(0, tree.size()) == tree &&
         (path.size() == tree.size() || path[tree.size()] == '/');
}

std::string_view BaseName(std::string_view path) {
  size_t slash = path.rfind('/');
  return slash == std::string_view::npos ? path : path.substr(slash + 1);
}

std::string_view ParentPath(std::string_view path) {
  size_t slash = path.rfind('/');
  return slash == std::string_view::npos || slash == 0 ? "/" : path.substr(0, slash);
}

bool HasComponent(std::string_view path, std::string_view component) {
  size_t at = 0;
  while ((at = path.find(component, at)) != std::string_view::npos) {
    size_t end = at + component.size();
    if ((at == 0 || path[at - 1] == '/') && (end == path.size() || path[end] == '/')) return true;
    ++at;
  }
  return false;
}

int PathDepth(std::string_view path) {
  if (path == "/") return 1;
  return 1 + static_cast<int>(std::count(path.begin(), path.end(), '/'));
}

namespace {

constexpr std::string_view kSharedDirectories[] = {
    "/",    "/opt",   "/var",  "/var/lib", "/var/log",  "/var/cache", "/var/spool", "/srv",
    "/mnt", "/media", "/home", "/run",     "/run/user", "/proc",      "/sys",       "/dev"};

}  // namespace

bool IsSharedDirectory(std::string_view path) {
  return std::find(std::begin(kSharedDirectories), std::end(kSharedDirectories), path) !=
         std::end(kSharedDirectories);
}

}  // namespace safe_trace
