#include "launcher/install_targets.h"

#include <algorithm>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "absl/strings/str_cat.h"
#include "launcher/host_paths.h"
#include "launcher/pip_command_line.h"
#include "launcher/pip_configuration.h"
#include "launcher/python_layout.h"

namespace safe_trace {
namespace {

// Debian's Python installs below PREFIX/local so that dpkg's own PREFIX/lib/python3 stays its own;
// the directory of the packaged distributions tells such a Python.
bool IsDebianLayout(const PythonLayout& layout) {
  return IsDirectory(layout.base_prefix + "/lib/python3/dist-packages");
}

void AddScheme(const std::string& base, const std::vector<std::string>& libraries,
               const char* packages, std::vector<std::string>& targets) {
  for (const std::string& library : libraries) {
    targets.push_back(absl::StrCat(base, "/lib/", library, "/", packages));
    std::string platform = absl::StrCat(base, "/lib64/", library, "/", packages);
    if (IsDirectory(platform)) targets.push_back(platform);
  }
  for (const char* part : {"/bin", "/include", "/share", "/etc", "/man"}) {
    targets.push_back(base + part);
  }
}

std::vector<std::string> GlobalTargets(const PythonLayout& layout) {
  std::vector<std::string> targets;
  if (layout.is_virtual) return {layout.prefix};
  if (IsDebianLayout(layout)) {
    AddScheme(layout.prefix + "/local", layout.libraries, "dist-packages", targets);
  } else {
    AddScheme(layout.prefix, layout.libraries, "site-packages", targets);
  }
  return targets;
}

// Not all of share: it holds keyrings, desktop entries and D-Bus services.
std::vector<std::string> UserTargets(const HostFacts& facts, const PythonLayout& layout) {
  std::string base = facts.Variable("PYTHONUSERBASE");
  if (base.empty()) base = facts.home.empty() ? "" : AbsolutePath(facts.home, ".local");
  if (base.empty()) return {};
  base = AbsolutePath(facts.working_directory, base);
  std::vector<std::string> targets;
  for (const std::string& library : layout.libraries) {
    targets.push_back(absl::StrCat(base, "/lib/", library, "/site-packages"));
    targets.push_back(absl::StrCat(base, "/include/", library));
  }
  for (const char* part : {"/bin", "/share/man", "/share/doc", "/share/jupyter", "/etc/jupyter"}) {
    targets.push_back(base + part);
  }
  return targets;
}

void AppendAll(const std::vector<std::string>& from, std::vector<std::string>& to) {
  to.insert(to.end(), from.begin(), from.end());
}

}  // namespace

std::vector<std::string> PipInstallTargets(const HostFacts& facts) {
  std::optional<PythonLayout> layout = LayoutOfPip(facts);
  if (!layout) return {};
  PipCommandLine line = ParsePipCommandLine(facts.arguments);
  absl::StatusOr<PipConfiguration> configuration =
      PipConfiguration::Read(facts, layout->prefix, line.isolated);
  bool user = line.user || (configuration.ok() && configuration->IsTrue("install", "user"));

  std::vector<std::string> targets = GlobalTargets(*layout);
  // pip falls back to the user scheme where it cannot write the first directory of the global one.
  bool global_writable = !targets.empty() && CouldWrite(targets.front());
  if (user || !global_writable) targets.clear();
  if (!layout->is_virtual && targets.empty()) AppendAll(UserTargets(facts, *layout), targets);
  for (const char* key : {"target", "prefix", "root"}) {
    if (!configuration.ok()) break;
    const PipSetting* setting = configuration->Find("install", key);
    if (setting != nullptr) {
      targets.push_back(AbsolutePath(facts.working_directory, setting->value));
    }
  }
  for (std::string& target : targets) target = CanonicalPath(target);
  return WithoutNested(std::move(targets));
}

}  // namespace safe_trace
