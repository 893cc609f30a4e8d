#include "launcher/config_paths.h"

#include <filesystem>

#include "launcher/concat.h"
#include "launcher/host_paths.h"
#include "launcher/terminal_text.h"

namespace safe_trace {
namespace {

namespace fs = std::filesystem;

std::string WithoutTrailingSlash(std::string path) {
  while (path.size() > 1 && path.back() == '/') path.pop_back();
  return path;
}

absl::Status CheckEntry(const Entry& entry, const std::string& home) {
  const auto bad = [&entry](std::string_view why) {
    return absl::InvalidArgumentError(
        Concat(entry.origin, ": path '", EscapeAndShorten(entry.value, 120), "' ", why));
  };
  if (entry.value.empty()) return bad("is empty");
  if ((entry.value.find('\0') != std::string_view::npos)) return bad("holds a NUL byte");
  if (entry.value.front() != '~') return absl::OkStatus();
  if (entry.value.size() > 1 && entry.value[1] != '/') {
    return bad("names another user's home; write it out");
  }
  if (home.empty()) return bad("needs a home directory, and $HOME is not set");
  return absl::OkStatus();
}

absl::Status MakeListAbsolute(std::vector<Entry>& entries, const std::string& base,
                              const std::string& home) {
  std::vector<Entry> all;
  for (const Entry& entry : entries) {
    if (absl::Status status = CheckEntry(entry, home); !status.ok()) return status;
    const std::string lexical = ResolveOptionPath(entry.value, base, home);
    all.push_back({lexical, entry.origin});
    if (lexical.front() != '/') continue;
    // Of the path as it was written: "link/../x" is not "x" where link leads elsewhere.
    const bool from_home = entry.value.front() == '~';
    const fs::path written = from_home ? fs::path(lexical) : fs::path(base) / entry.value;
    const std::string canonical = WithoutTrailingSlash(CanonicalPath(written.string()));
    if (canonical != lexical) all.push_back({canonical, entry.origin});
  }
  entries = std::move(all);
  return absl::OkStatus();
}

}  // namespace

std::string ResolveOptionPath(std::string_view path, const std::string& base,
                              const std::string& home) {
  if (!path.empty() && path.front() == '$') return std::string(path);
  fs::path absolute;
  if (path == "~") {
    absolute = home;
  } else if (path.starts_with("~/")) {
    absolute = fs::path(Concat(home, path.substr(1)));
  } else {
    absolute = fs::path(base) / std::string(path);
  }
  return WithoutTrailingSlash(absolute.lexically_normal().string());
}

absl::Status MakePathsAbsolute(Config& config, const std::string& base, const std::string& home) {
  for (std::vector<Entry>* list : {&config.extra_paths, &config.allow_read, &config.allow_write}) {
    if (absl::Status status = MakeListAbsolute(*list, base, home); !status.ok()) return status;
  }
  if (config.sign_key.has_value()) {
    const Entry entry{*config.sign_key, "sign_key"};
    if (absl::Status status = CheckEntry(entry, home); !status.ok()) return status;
    config.sign_key = ResolveOptionPath(*config.sign_key, base, home);
  }
  return absl::OkStatus();
}

}  // namespace safe_trace
