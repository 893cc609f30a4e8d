// What the packages of a project were seen to do (safe-trace.lock): consulted after everything
// else allowed an act, it can only refuse. docs/behaviour-lock.md describes the file.
#ifndef SAFE_TRACE_POLICY_BEHAVIOUR_LOCK_H_
#define SAFE_TRACE_POLICY_BEHAVIOUR_LOCK_H_

#include <map>
#include <optional>
#include <set>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/status/statusor.h"
#include "policy/access_request.h"
#include "policy/path_class.h"

namespace safe_trace {

// Whose behaviour: a version is not part of it.
struct BehaviourKey {
  Role role = Role::kPackage;
  std::string ecosystem;
  std::string package;  // "" for others than packages, and for a package of unknown name
  auto operator<=>(const BehaviourKey&) const = default;
};
BehaviourKey BehaviourKeyOf(const Subject& subject);

// The name without what differs from run to run: where nothing else names a package, its name is
// that of the directory into which pip unpacked it.
std::string ComparablePackage(std::string_view name);

// How any text stands in a lock: what is not printable ASCII as \xHH, so that a reader sees what is
// there, and each backslash doubled.
std::string LockText(std::string_view text);

// What one subject was seen to do. All texts are LockText.
struct LockedBehaviour {
  std::set<std::string> versions;                // that were seen; another one is said, not refused
  std::set<std::string> hosts;                   // names and addresses, and "unix socket PATH"
  std::set<std::string> listeners;               // addresses
  std::set<std::string> programs;                // comparable paths
  std::map<std::string, std::string> artifacts;  // comparable path -> sha256 of the program
  std::set<std::string> variables;               // hidden ones that were asked for
  // Path classes. Known only from traces that hold every open: absent, paths are not held to it.
  std::optional<std::set<std::string>> reads;
  std::optional<std::set<std::string>> writes;
};

inline constexpr int kBehaviourLockVersion = 1;

// Immutable after Parse and SetPlaces; then safe to share between threads.
class BehaviourLock {
 public:
  // InvalidArgument ("ORIGIN:LINE: ...") for anything but a whole lock of a known version: at most
  // kMaxDocumentBytes, known keys, each subject once.
  static absl::StatusOr<BehaviourLock> Parse(std::string_view text, std::string_view origin);

  // Where the run has its project and its home: what its paths are compared by.
  void SetPlaces(PathPlaces places) { places_ = std::move(places); }
  const PathPlaces& places() const { return places_; }

  // Null where the lock has nothing of that subject.
  const LockedBehaviour* Find(const BehaviourKey& key) const;
  const LockedBehaviour* Find(const Subject& subject) const {
    return Find(BehaviourKeyOf(subject));
  }
  const std::map<BehaviourKey, LockedBehaviour>& subjects() const { return subjects_; }
  const std::set<std::string>& startup_files() const { return startup_files_; }
  // The SHA-256 of the text.
  const std::string& digest() const { return digest_; }

  bool HasHost(const Subject& subject, std::string_view host) const;
  bool HasSocket(const Subject& subject, std::string_view path) const;
  bool HasListener(const Subject& subject, std::string_view address) const;
  bool HasProgram(const Subject& subject, std::string_view path) const;
  // `access` is one bit. True, too, where the lock does not hold the subject to path classes.
  bool HasPath(const Subject& subject, std::string_view path, Access access) const;
  // True where a path that policy allows may be refused: nothing may be left to the kernel then,
  // whose floor knows nothing of the lock.
  bool HoldsPaths(const Subject& subject) const;

 private:
  std::map<BehaviourKey, LockedBehaviour> subjects_;
  std::set<std::string> startup_files_;  // of the whole project
  std::string digest_;
  PathPlaces places_;
};

// What the lock never asks about, by the rule that allows it: the package's own source, output and
// scratch space, shared memory, and devices and kernel files that everybody has.
bool IsBeyondLock(std::string_view rule_id);

// How a Unix socket stands among the hosts.
std::string ComparableSocket(std::string_view path, const PathPlaces& places,
                             std::string_view version);

// Lower case, without the root's dot: as hosts stand in a lock.
std::string ComparableHost(std::string_view name);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_BEHAVIOUR_LOCK_H_
