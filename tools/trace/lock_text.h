// A lock made of what runs did: safe-trace.lock.
#ifndef SAFE_TRACE_TOOLS_TRACE_LOCK_TEXT_H_
#define SAFE_TRACE_TOOLS_TRACE_LOCK_TEXT_H_

#include <map>
#include <set>
#include <string>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/behaviour_lock.h"
#include "tools/trace/behaviour.h"

namespace safe_trace {

// What several runs did together. The order in which they are added does not show.
class LockMaker {
 public:
  static constexpr size_t kMaxRefusalsTold = 12;  // of one subject

  void Add(const RunBehaviour& run);

  // The file's text: sorted, the same for the same runs. ResourceExhausted where a lock of it would
  // be larger than a run believes.
  absl::StatusOr<std::string> Text() const;

  // Packages of which no trace holds every open.
  bool knows_all_paths() const { return knows_all_paths_; }
  size_t packages() const;

 private:
  struct Learned {
    LockedBehaviour behaviour;
    std::set<std::string> refused;  // "host evil.example"
    std::set<std::string> unstable_artifacts;
    bool ran_without_every_open = false;
  };
  Learned& At(const BehaviourKey& key, bool has_every_open);
  void AddAllowed(const Behaviour& behaviour, LockedBehaviour& locked);
  void AddHashes(const RunBehaviour& run);

  std::map<BehaviourKey, Learned> subjects_;
  std::set<std::string> startup_files_;
  std::set<std::string> runs_;
  bool knows_all_paths_ = true;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_LOCK_TEXT_H_
