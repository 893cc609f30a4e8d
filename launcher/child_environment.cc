#include "launcher/child_environment.h"

#include <algorithm>
#include <string_view>

#include "preload/shim_protocol.h"

namespace safe_trace {
namespace {

constexpr size_t kRemovedListBytes = 4095;  // the shim's 4 KiB hold the closing NUL too
constexpr std::string_view kPreload = "LD_PRELOAD=";

// ld.so splits LD_PRELOAD at blanks and colons and knows no quoting.
bool CanBePreloaded(const std::string& path) {
  return !path.empty() && path.find_first_of(" \t:") == std::string::npos;
}

bool StartsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// Of several LD_PRELOAD entries ld.so takes the last: the shim goes into each.
void Preload(const std::string& shim_path, std::vector<std::string>& variables) {
  bool found = false;
  for (std::string& variable : variables) {
    if (!StartsWith(variable, kPreload)) continue;
    found = true;
    std::string_view others = std::string_view(variable).substr(kPreload.size());
    bool has_it = StartsWith(others, shim_path) &&
                  (others.size() == shim_path.size() || others[shim_path.size()] == ':' ||
                   others[shim_path.size()] == ' ');
    if (has_it) continue;
    std::string list(kPreload);
    list += shim_path;
    if (!others.empty()) {
      list += ':';
      list += others;
    }
    variable = std::move(list);
  }
  if (!found) variables.push_back(std::string(kPreload) + shim_path);
}

std::string RemovedList(const std::vector<std::string>& removed) {
  std::string list;
  for (const std::string& name : removed) {
    if (name.find(':') != std::string::npos) continue;
    if (list.size() + 1 + name.size() > kRemovedListBytes) break;
    if (!list.empty()) list += ':';
    list += name;
  }
  return list;
}

}  // namespace

ChildEnvironment ScrubEnvironment(const VariableHider& hides,
                                  const std::vector<std::string>& environment,
                                  const std::string& shim_path) {
  ChildEnvironment child;
  for (const std::string& entry : environment) {
    size_t equals = entry.find('=');
    if (equals == std::string::npos) {
      child.variables.push_back(entry);
      continue;
    }
    std::string_view name = std::string_view(entry).substr(0, equals);
    if (name == ST_REMOVED_VARIABLES) continue;  // of an outer run; ours replaces it
    if (hides({name, std::string_view(entry).substr(equals + 1)})) {
      child.removed.emplace_back(name);
    } else {
      child.variables.push_back(entry);
    }
  }
  std::sort(child.removed.begin(), child.removed.end());
  child.removed.erase(std::unique(child.removed.begin(), child.removed.end()), child.removed.end());
  if (CanBePreloaded(shim_path)) Preload(shim_path, child.variables);
  if (std::string list = RemovedList(child.removed); !list.empty()) {
    child.variables.push_back(std::string(ST_REMOVED_VARIABLES "=") + list);
  }
  return child;
}

ChildEnvironment ScrubEnvironment(const Policy& policy, const Subject& subject,
                                  const std::vector<std::string>& environment,
                                  const std::string& shim_path) {
  return ScrubEnvironment(
      [&](const VariableRequest& request) {
        return !policy.EvaluateVariable(subject, request).allowed();
      },
      environment, shim_path);
}

}  // namespace safe_trace
