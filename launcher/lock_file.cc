#include "launcher/lock_file.h"

#include <string>
#include <utility>
#include <vector>

#include "launcher/concat.h"
#include "launcher/config_paths.h"
#include "launcher/host_paths.h"
#include "launcher/terminal_text.h"
#include "launcher/trusted_files.h"

namespace safe_trace {
namespace {

std::vector<std::string> Candidates(const LaunchOptions& options,
                                    const ConfigLocations& locations) {
  if (options.lock_file.has_value()) {
    return {ResolveOptionPath(*options.lock_file, locations.working_directory, locations.home)};
  }
  std::vector<std::string> paths = {AbsolutePath(locations.working_directory, kLockFileName)};
  if (!locations.project.empty() && locations.project != locations.working_directory) {
    paths.push_back(AbsolutePath(locations.project, kLockFileName));
  }
  return paths;
}

}  // namespace

absl::StatusOr<std::shared_ptr<const BehaviourLock>> LoadLock(const LaunchOptions& options,
                                                              const ConfigLocations& locations,
                                                              const HostFacts& facts) {
  if (!options.locked) return nullptr;
  const std::vector<std::string> paths = Candidates(options, locations);
  for (const std::string& path : paths) {
    absl::StatusOr<std::string> text = ReadBelievedFile(path, locations.user);
    if (absl::IsNotFound(text.status())) continue;
    if (!text.ok()) return text.status();
    absl::StatusOr<BehaviourLock> lock = BehaviourLock::Parse(*text, EscapeForTerminal(path));
    if (!lock.ok()) return lock.status();
    lock->SetPlaces({facts.Project(), facts.home});
    return std::make_shared<const BehaviourLock>(*std::move(lock));
  }
  return absl::NotFoundError(Concat("--locked: there is no ", EscapeForTerminal(paths.front()),
                                    "\n  To make one: run the command without --locked, then\n"
                                    "    safe-trace policy learn\n"
                                    "  and review what it wrote."));
}

}  // namespace safe_trace
