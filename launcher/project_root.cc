#include "launcher/project_root.h"

#include <sys/stat.h>

#include <algorithm>
#include <cstddef>
#include <optional>
#include <string_view>

#include "launcher/concat.h"
#include "launcher/host_paths.h"
#include "launcher/registry_settings.h"
#include "launcher/trusted_files.h"
#include "policy/document.h"
#include "policy/path_pattern.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

constexpr size_t kMostAncestors = 64;

bool IsUsersAlone(const struct stat& info, uid_t user) {
  return (info.st_uid == user || info.st_uid == 0) && (info.st_mode & S_IWOTH) == 0;
}

// The directories in which a marker may lie, from the working directory up.
std::vector<std::string> Candidates(const ProjectSearch& search) {
  std::vector<std::string> candidates = {search.working_directory};
  const auto holds_home = [&](const std::string& path) {
    return std::any_of(search.homes.begin(), search.homes.end(),
                       [&](const std::string& home) { return IsWithin(home, path); });
  };
  const auto is_temporary = [&](const std::string& path) {
    return std::find(search.temporaries.begin(), search.temporaries.end(), path) !=
           search.temporaries.end();
  };
  if (holds_home(search.working_directory)) return candidates;
  while (candidates.size() < kMostAncestors && candidates.back() != search.limit) {
    const std::string above = ParentOf(candidates.back());
    struct stat info {};
    if (holds_home(above) || is_temporary(above) || IsSharedDirectory(above) ||
        lstat(above.c_str(), &info) != 0 || !S_ISDIR(info.st_mode) ||
        !IsUsersAlone(info, search.user)) {
      break;
    }
    candidates.push_back(above);
  }
  return candidates;
}

bool HasFile(const std::string& path, uid_t user) {
  struct stat info {};
  return stat(path.c_str(), &info) == 0 && S_ISREG(info.st_mode) && IsUsersAlone(info, user);
}

bool HasMarker(const Profile& profile, const std::string& directory, uid_t user) {
  return std::any_of(
      profile.project_markers.begin(), profile.project_markers.end(), [&](const std::string& name) {
        struct stat info {};
        return stat(AbsolutePath(directory, name).c_str(), &info) == 0 &&
               (S_ISREG(info.st_mode) || S_ISDIR(info.st_mode)) && IsUsersAlone(info, user);
      });
}

const DocumentNode* FindKey(const DocumentNode& document, std::string_view key) {
  const DocumentNode* node = &document;
  for (std::string_view part : Split(key, '.')) {
    const auto member = std::find_if(node->members.begin(), node->members.end(),
                                     [&](const DocumentMember& m) { return m.key == part; });
    if (member == node->members.end()) return nullptr;
    node = &member->value;
  }
  return node;
}

// A glob on paths from the workspace's root, as the managers write it: "./crates/*/", "{a,b}/*".
bool MatchesMember(std::string_view glob, std::string_view path) {
  if (glob.starts_with("./")) glob.remove_prefix(2);
  while (glob.ends_with('/')) glob.remove_suffix(1);
  // Braces and the like are not worked out: too wide a root is a directory of the user's all the
  // same, too narrow a one breaks the manager.
  if (glob.find_first_of("{(") != std::string_view::npos) return true;
  return MatchesPathGlob(Concat("/", glob), path);
}

// Nothing where none of the keys holds a list of texts.
std::optional<bool> MatchesAnyOf(const DocumentNode& document, const std::vector<std::string>& keys,
                                 std::string_view path) {
  std::optional<bool> matches;
  for (const std::string& key : keys) {
    const DocumentNode* list = FindKey(document, key);
    if (list == nullptr || list->kind != DocumentNode::Kind::kList) continue;
    if (!matches) matches = false;
    for (const DocumentNode& item : list->items) {
      const std::string_view glob = item.text;
      const bool takes_away = glob.starts_with('!');
      if (MatchesMember(takes_away ? glob.substr(1) : glob, path)) matches = !takes_away;
    }
  }
  return matches;
}

// `project` is `directory` or lies beneath it.
bool Claims(const WorkspaceMarker& marker, const std::string& directory, const std::string& project,
            uid_t user) {
  const std::string file = AbsolutePath(directory, marker.file);
  if (!HasFile(file, user)) return false;
  if (marker.format.empty()) return true;
  absl::StatusOr<std::string> text = ReadBelievedFile(file, user);
  if (!text.ok()) return false;
  absl::StatusOr<DocumentNode> document = ParseSettingsTree(*text, marker.format, marker.file);
  // The manager will refuse it, or reads what this cannot; its directory is the user's.
  if (!document.ok()) return false;
  if (!marker.key.empty() && FindKey(*document, marker.key) == nullptr) return false;
  const std::string_view path = std::string_view(project).substr(directory.size());
  if (path.empty()) return true;
  for (std::string_view at = path; !at.empty(); at = at.substr(0, at.rfind('/'))) {
    if (MatchesAnyOf(*document, marker.excludes, at).value_or(false)) return false;
  }
  return MatchesAnyOf(*document, marker.members, path).value_or(true);
}

}  // namespace

std::string FindProjectRoot(const Profile& profile, const ProjectSearch& search) {
  if (profile.project_markers.empty() && profile.workspaces.empty()) {
    return search.working_directory;
  }
  const std::vector<std::string> candidates = Candidates(search);
  auto nearest = std::find_if(candidates.begin(), candidates.end(), [&](const std::string& at) {
    return HasMarker(profile, at, search.user);
  });
  // In a workspace without a project of its own there the workspace is asked all the same.
  const std::string& project = nearest == candidates.end() ? search.working_directory : *nearest;
  const auto first = nearest == candidates.end() ? candidates.begin() : nearest;
  for (auto at = first; at != candidates.end(); ++at) {
    for (const WorkspaceMarker& marker : profile.workspaces) {
      if (Claims(marker, *at, project, search.user)) return *at;
    }
  }
  return project;
}

}  // namespace safe_trace
