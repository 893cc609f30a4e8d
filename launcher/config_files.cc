#include "launcher/config_files.h"

#include <fcntl.h>
#include <nettle/sha2.h>
#include <pwd.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cerrno>
#include <cstdlib>
#include <filesystem>

#include "absl/strings/escaping.h"
#include "launcher/concat.h"
#include "launcher/config_paths.h"
#include "launcher/host_paths.h"
#include "launcher/registry_trust.h"
#include "launcher/terminal_text.h"
#include "launcher/trusted_files.h"
#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

namespace fs = std::filesystem;

std::string VariableOr(const char* name, std::string otherwise) {
  const char* value = getenv(name);
  return value != nullptr && *value == '/' ? value : otherwise;
}

std::string HomeDirectory() {
  const char* home = getenv("HOME");
  if (home != nullptr && *home == '/') return home;
  std::array<char, 4096> buffer;
  passwd entry{};
  passwd* found = nullptr;
  const int error = getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found);
  return error == 0 && found != nullptr && found->pw_dir != nullptr ? found->pw_dir : "";
}

ConfigFormat FormatOf(std::string_view path) {
  return path.ends_with(".json") ? ConfigFormat::kJson : ConfigFormat::kToml;
}

// Keys that configuration knows and this version does not act on must not look as if it did.
absl::Status RefuseLaterKeys(const Config& config, std::string_view origin) {
  const auto refuse = [origin](std::string_view key) {
    return absl::InvalidArgumentError(
        Concat(EscapeForTerminal(origin), ": ", key, " is not part of this version"));
  };
  if (config.exe.has_value()) return refuse("[run] exe");
  if (config.user.has_value()) return refuse("[run] user");
  if (config.root_dir.has_value()) return refuse("[run] root_dir");
  if (config.decoys.value_or(false)) return refuse("[policy] decoys = true");
  return absl::OkStatus();
}

struct ParsedFile {
  Config config;
  std::string digest;
};

// NotFound where there is no such file.
absl::StatusOr<ParsedFile> ReadConfigFile(const ConfigLocations& locations,
                                          const std::string& path) {
  absl::StatusOr<std::string> text = ReadBelievedFile(path, locations.user);
  if (!text.ok()) return text.status();
  absl::StatusOr<Config> config = ParseConfig(*text, FormatOf(path), EscapeForTerminal(path));
  if (!config.ok()) return config.status();
  if (absl::Status status = RefuseLaterKeys(*config, path); !status.ok()) return status;
  const std::string directory = fs::path(path).parent_path().string();
  absl::Status status = MakePathsAbsolute(*config, directory, locations.home);
  if (!status.ok()) return status;
  return ParsedFile{*std::move(config), Sha256Hex(*text)};
}

// Adds layer on layer; the first failure stays.
class Overlay {
 public:
  explicit Overlay(const ConfigLocations& locations) : locations_(locations) {}

  absl::Status AddFile(const std::string& path, bool must_exist) {
    absl::StatusOr<ParsedFile> file = ReadConfigFile(locations_, path);
    if (absl::IsNotFound(file.status()) && !must_exist) return absl::OkStatus();
    if (!file.ok()) return file.status();
    loaded_.files.push_back(path);
    AddConfig(file->config);
    return absl::OkStatus();
  }

  // config.toml or config.json; with both, nobody could tell which one counts.
  absl::Status AddDirectory(const std::string& directory) {
    if (directory.empty()) return absl::OkStatus();
    const std::string toml = directory + "/config.toml";
    const std::string json = directory + "/config.json";
    if (access(toml.c_str(), F_OK) == 0 && access(json.c_str(), F_OK) == 0) {
      return absl::InvalidArgumentError(Concat(
          EscapeForTerminal(directory), " holds config.toml and config.json; keep one of them"));
    }
    if (absl::Status status = AddFile(toml, false); !status.ok()) return status;
    return AddFile(json, false);
  }

  // From the project's root down to the working directory.
  absl::Status AddProjectFiles() {
    std::vector<std::string> directories = {locations_.working_directory};
    const std::string& root = locations_.project;
    while (!root.empty() && directories.back() != root && IsWithin(directories.back(), root)) {
      directories.push_back(ParentOf(directories.back()));
    }
    for (auto directory = directories.rbegin(); directory != directories.rend(); ++directory) {
      absl::Status status = AddProjectFile(*directory);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  absl::Status AddProjectFile(const std::string& directory) {
    const bool is_here = directory == locations_.working_directory;
    const std::string path = AbsolutePath(directory, "safe-trace.toml");
    const std::string shown = is_here ? "./safe-trace.toml" : EscapeForTerminal(path);
    absl::StatusOr<ParsedFile> file = ReadConfigFile(locations_, path);
    if (absl::IsNotFound(file.status())) return absl::OkStatus();
    if (!file.ok()) return file.status();
    absl::StatusOr<bool> trusted =
        IsTrusted(locations_.state_directory, locations_.user, file->digest, path);
    if (!trusted.ok()) return trusted.status();
    loaded_.files.push_back(path);
    std::vector<std::string> ignored;
    loaded_.config =
        OverlayConfig(std::move(loaded_.config), file->config,
                      *trusted ? ConfigTrust::kFull : ConfigTrust::kTightenOnly, ignored);
    for (const std::string& what : ignored) {
      loaded_.notices.push_back(Concat(shown, ": ", EscapeAndShorten(what, 300)));
    }
    if (!ignored.empty()) {
      loaded_.notices.push_back(
          Concat("to trust that file as it is now: safe-trace policy trust",
                 is_here ? "" : Concat(" ", EscapeForTerminal(ShellQuote(path)))));
    }
    return absl::OkStatus();
  }

  void AddConfig(const Config& config) {
    std::vector<std::string> ignored;  // stays empty: nothing is ignored under kFull
    loaded_.config = OverlayConfig(std::move(loaded_.config), config, ConfigTrust::kFull, ignored);
  }

  LoadedConfig Finish() { return std::move(loaded_); }

 private:
  const ConfigLocations& locations_;
  LoadedConfig loaded_;
};

}  // namespace

absl::StatusOr<ConfigLocations> FindConfigLocations() {
  ConfigLocations locations;
  locations.user = geteuid();
  locations.home = HomeDirectory();
  locations.system_directory = "/etc/safe-trace";
  const auto below = [](const std::string& base, std::string_view relative) {
    return base.empty() ? "" : AbsolutePath(base, relative);
  };
  const std::string config = VariableOr("XDG_CONFIG_HOME", below(locations.home, ".config"));
  const std::string state = VariableOr("XDG_STATE_HOME", below(locations.home, ".local/state"));
  locations.user_directory = below(config, "safe-trace");
  locations.state_directory = below(state, "safe-trace");
  std::error_code error;
  locations.working_directory = fs::current_path(error).string();
  if (error) return ErrnoStatus(error.value(), "finding the current directory");
  return locations;
}

absl::StatusOr<LoadedConfig> LoadConfig(const ConfigLocations& locations,
                                        const std::optional<std::string>& config_file,
                                        const Config& overrides) {
  Overlay overlay(locations);
  absl::Status status = overlay.AddDirectory(locations.system_directory);
  if (status.ok()) status = overlay.AddDirectory(locations.user_directory);
  if (status.ok()) status = overlay.AddProjectFiles();
  if (status.ok() && config_file.has_value()) {
    const std::string path =
        ResolveOptionPath(*config_file, locations.working_directory, locations.home);
    status = overlay.AddFile(path, /*must_exist=*/true);
  }
  Config last = overrides;
  if (status.ok()) status = MakePathsAbsolute(last, locations.working_directory, locations.home);
  if (!status.ok()) return status;
  overlay.AddConfig(last);
  return overlay.Finish();
}

absl::StatusOr<std::string> TrustProjectFile(const ConfigLocations& locations,
                                             const std::string& path) {
  const std::string absolute = ResolveOptionPath(path.empty() ? "safe-trace.toml" : path,
                                                 locations.working_directory, locations.home);
  if (fs::path(absolute).filename() != "safe-trace.toml") {
    if (IsRegistryFileName(absolute, ShippedProfiles())) {
      return TrustRegistryFile(absolute, {locations.state_directory, locations.user},
                               ShippedProfiles());
    }
    return absl::InvalidArgumentError(
        Concat(EscapeForTerminal(absolute),
               ": only a project's safe-trace.toml, or a file in which a package manager names its "
               "registries, needs trust; --config is believed"));
  }
  absl::StatusOr<ParsedFile> file = ReadConfigFile(locations, absolute);
  if (!file.ok()) return file.status();
  absl::Status status =
      AddTrusted(locations.state_directory, locations.user, file->digest, absolute);
  if (!status.ok()) return status;
  return Concat("trusted: ", EscapeForTerminal(absolute), "\nsha256:  ", file->digest,
                "\nAny change to the file ends this trust.");
}

}  // namespace safe_trace
