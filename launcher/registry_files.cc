#include "launcher/registry_files.h"

#include <unistd.h>

#include <algorithm>
#include <cstddef>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "launcher/concat.h"
#include "launcher/host_paths.h"
#include "launcher/registry_values.h"
#include "launcher/trusted_files.h"
#include "policy/lexical_path.h"

namespace safe_trace {
namespace {

constexpr size_t kMostAncestors = 64;
constexpr size_t kMostTemplateFile = size_t{64} << 10;
constexpr std::string_view kAncestors = "{ancestors}";
constexpr std::string_view kWorkingDirectory = "{cwd}";

// Where a template is asked for: `{cwd}` in it stands for `directory`.
void AddFiles(const std::string& tmpl, const std::string& directory, bool is_project,
              TemplateFacts templates, std::vector<RegistryFile>& files) {
  templates.working_directory = directory;
  for (std::string& path : ExpandTemplate(tmpl, templates)) {
    const bool known = std::any_of(files.begin(), files.end(),
                                   [&](const RegistryFile& file) { return file.path == path; });
    if (!known) files.push_back({std::move(path), is_project});
  }
}

std::vector<std::string> Ancestors(const std::string& directory) {
  std::vector<std::string> ancestors;
  for (std::string at = directory; !at.empty() && ancestors.size() < kMostAncestors;
       at = ParentOf(at)) {
    ancestors.push_back(at);
    if (at == "/") break;
  }
  return ancestors;
}

bool LiesInProject(const std::string& path, const HostFacts& facts) {
  if (!facts.home.empty() && IsWithin(facts.home, facts.Project())) return false;
  return IsWithin(path, facts.Project()) || IsWithin(CanonicalPath(path), facts.Project());
}

}  // namespace

TemplateFacts TemplatesOfCommand(const HostFacts& facts, const Profile& profile) {
  TemplateFacts templates = TemplatesOfHost(facts);
  if (facts.nested) {
    templates.arguments.clear();
  } else {
    const size_t begin = ManagerWordsBegin(profile, facts.arguments);
    templates.script_index = begin == 0 ? 0 : begin - 1;
  }
  templates.read_file = [](const std::string& path) {
    absl::StatusOr<std::string> text = ReadSmallFile(path, kMostTemplateFile);
    return text.ok() ? *std::move(text) : std::string();
  };
  return templates;
}

std::vector<RegistryFile> RegistryFiles(const ConfigurationSource& source, const HostFacts& facts,
                                        const TemplateFacts& templates) {
  std::vector<RegistryFile> files;
  for (const std::string& tmpl : source.files) {
    if (tmpl.starts_with(kAncestors)) {
      const std::string local = Concat(kWorkingDirectory, tmpl.substr(kAncestors.size()));
      for (const std::string& directory : Ancestors(facts.working_directory)) {
        AddFiles(local, directory, directory != facts.home, templates, files);
      }
      continue;
    }
    const bool is_users =
        tmpl.starts_with(kWorkingDirectory) && facts.working_directory == facts.home;
    AddFiles(tmpl, facts.working_directory, source.project && !is_users, templates, files);
  }
  for (RegistryFile& file : files) {
    if (!file.is_project) file.is_project = LiesInProject(file.path, facts);
  }
  return files;
}

absl::StatusOr<std::string> ReadRegistryFile(const RegistryFile& file, uid_t user) {
  if (access(file.path.c_str(), R_OK) != 0 || IsDirectory(file.path) ||
      CanonicalPath(file.path) == "/dev/null") {
    return absl::NotFoundError("nothing to read");
  }
  // Trust in a project's file is trust in its content, whoever owns it.
  if (!file.is_project) return ReadBelievedFile(file.path, user);
  if (!IsRegularFile(file.path)) return absl::FailedPreconditionError("not a regular file");
  return ReadSmallFile(file.path, size_t{1} << 20);
}

std::string ShownPath(const std::string& path, const std::string& home) {
  const bool in_home = !home.empty() && path != home && IsWithin(path, home);
  return ShownName(in_home ? Concat("~", path.substr(home.size())) : path);
}

}  // namespace safe_trace
