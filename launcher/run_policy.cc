#include "launcher/run_policy.h"

#include <algorithm>
#include <cstddef>
#include <cstdio>
#include <sstream>

#include "launcher/concat.h"
#include "launcher/host_facts_reader.h"
#include "launcher/host_paths.h"
#include "launcher/lock_file.h"
#include "launcher/terminal_text.h"
#include "launcher/trace_options.h"
#include "policy/credential_catalog.h"
#include "policy/lexical_path.h"
#include "policy/profile.h"

namespace safe_trace {
namespace {

absl::StatusOr<const Profile*> ProfileFor(const LaunchOptions& options,
                                          const std::vector<std::string>& command,
                                          const std::string& executable) {
  if (options.guard) return &ShippedProfile("python");
  if (!options.profile.has_value()) return &RecognizeProfile(command, executable);
  std::string all;
  for (const Profile& profile : ShippedProfileHeads()) {
    if (profile.name == *options.profile) return &ShippedProfile(profile.name);
    all += Concat(all.empty() ? "" : ", ", profile.name);
  }
  return absl::InvalidArgumentError(Concat("--profile '", EscapeAndShorten(*options.profile, 40),
                                           "': there is no such profile; wanted one of ", all));
}

}  // namespace

namespace {

// Shims, and scripts of that kind: "#!/bin/sh", "#!/usr/bin/env bash".
bool IsShellScript(const std::string& path) {
  constexpr size_t kHeadBytes = 256;
  const std::string head = ReadFileHead(path, kHeadBytes);
  if (!head.starts_with("#!")) return false;
  std::istringstream words(head.substr(2, head.find('\n') - 2));
  for (std::string word; words >> word;) {
    const std::string name = BaseNameOf(word);
    if (name != "env" && !name.starts_with('-')) return IsShellName(name);
  }
  return false;
}

std::vector<std::string> WordsBehind(const Profile& profile,
                                     const std::vector<std::string>& command) {
  const size_t begin = std::min(command.size(), ManagerWordsBegin(profile, command));
  return {command.begin() + static_cast<std::ptrdiff_t>(begin), command.end()};
}

// For managers that the command, or a script of the project, starts. What they are told on their
// command line is not the user's word: it names no host. `facts`: of the run.
NestedPolicyBuilder NestedBuilder(const HostFacts& run, const Profile& own, const Config& config,
                                  std::shared_ptr<StartupFiles> startup_files,
                                  std::shared_ptr<const Allowances> allowances) {
  HostSources sources;
  for (const auto& [name, value] : run.environment) {
    sources.environment.push_back(Concat(name, "=", value));
  }
  sources.user_id = run.user_id;
  sources.terminals = run.terminals;
  sources.working_directory = run.working_directory;
  return [sources, config, startup_files, allowances, &own, through_shell = run.through_shell,
          words = WordsBehind(own, run.arguments), project = run.Project(),
          temporary = run.temporary_directories](
             const Profile& profile,
             const ExecFacts& exec) -> absl::StatusOr<std::unique_ptr<const Policy>> {
    HostSources nested = sources;
    // Its directory becomes a place to write: only where the command may write anyway. So does the
    // root of its project, which is looked for no further up than that.
    const bool in_project = IsWithin(exec.working_directory, project);
    const bool in_temporary = std::any_of(
        temporary.begin(), temporary.end(),
        [&](const std::string& directory) { return IsWithin(exec.working_directory, directory); });
    if (in_project || in_temporary) nested.working_directory = exec.working_directory;
    if (in_project || !in_temporary) nested.project_limit = project;
    std::vector<std::string> command = exec.arguments;
    // The words behind a shim are the user's own where they came through unchanged.
    nested.nested =
        !through_shell || profile.name != own.name || WordsBehind(profile, command) != words;
    if (nested.nested) {
      command.resize(std::min(command.size(), ManagerWordsBegin(profile, command)));
    }
    absl::StatusOr<HostFacts> facts = ReadHostFacts(command, exec.executable, profile, nested);
    if (!facts.ok()) return facts.status();
    AddCatalogLinks(ShippedCatalog(), *facts);
    startup_files->Watch(profile, *facts);
    return Policy::Build(*facts, config, ShippedCatalog(), profile, {}, allowances);
  };
}

}  // namespace

absl::StatusOr<RunPolicy> BuildRunPolicy(const LaunchOptions& options,
                                         const std::vector<std::string>& command,
                                         const std::string& executable,
                                         const ConfigLocations& locations) {
  absl::StatusOr<const Profile*> profile = ProfileFor(options, command, executable);
  if (!profile.ok()) return profile.status();
  absl::StatusOr<HostFacts> facts = ReadHostFacts(command, executable, **profile);
  if (!facts.ok()) return facts.status();
  ConfigLocations here = locations;
  here.working_directory = facts->working_directory;
  here.project = facts->Project();
  absl::StatusOr<LoadedConfig> loaded = LoadConfig(here, options.config_file, options.overrides);
  if (!loaded.ok()) return loaded.status();
  for (const auto* notices : {&loaded->notices, &facts->notices}) {
    for (const std::string& notice : *notices) {
      std::fprintf(stderr, "safe-trace: %s\n", notice.c_str());
    }
  }
  if (options.guard) {
    for (Entry& name : loaded->config.guard_keep_env) {
      loaded->config.keep_env.push_back(std::move(name));
    }
  }
  GuardTraceFiles(facts->working_directory, options.output_file, loaded->config);
  facts->through_shell = IsShellScript(facts->command_executable);
  AddCatalogLinks(ShippedCatalog(), *facts);
  auto allowances = std::make_shared<Allowances>();
  auto startup_files = std::make_shared<StartupFiles>();
  startup_files->Watch(**profile, *facts);
  absl::StatusOr<std::shared_ptr<const BehaviourLock>> lock = LoadLock(options, here, *facts);
  if (!lock.ok()) return lock.status();
  NestedPolicyBuilder nested;
  if (!options.profile.has_value()) {
    nested = NestedBuilder(*facts, **profile, loaded->config, startup_files, allowances);
  }
  absl::StatusOr<std::unique_ptr<const Policy>> policy = Policy::Build(
      *facts, loaded->config, ShippedCatalog(), **profile, std::move(nested), allowances, *lock);
  if (!policy.ok()) return policy.status();
  return RunPolicy{std::move(loaded->config), *std::move(facts),        *profile,
                   *std::move(policy),        std::move(startup_files), std::move(allowances),
                   *std::move(lock)};
}

}  // namespace safe_trace
