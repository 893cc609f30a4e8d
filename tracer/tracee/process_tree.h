// The supervised processes and what is known about each. Lives on the loop's thread.
#ifndef SAFE_TRACE_TRACER_TRACEE_PROCESS_TREE_H_
#define SAFE_TRACE_TRACER_TRACEE_PROCESS_TREE_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <string>
#include <unordered_map>
#include <unordered_set>
#include <vector>

#include "policy/access_request.h"
#include "policy/floor_plan.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// What a process may do: shared by all processes of one domain. Immutable once published.
struct Domain {
  Subject subject;
  // The domain that this one lies in: the kernel allows only what both do. Null for the first.
  std::shared_ptr<const Domain> outer;
  FloorPlan floor;                  // what the kernel lets this domain do by itself
  std::string temporary_directory;  // private to a package; "" for others
  // The floor covers a hierarchy in which a file is hidden by its name (".env"): no call that names
  // a file may be left to the kernel, which would read the name again.
  bool on_behalf_only = false;
  std::vector<std::string> writable_roots;  // hierarchies with kWrite, whether they exist or not
};

struct Process {
  pid_t tgid = 0;
  uint64_t serial = 0;           // number within the run, never reused; the broker's client value
  std::string entity_id;         // unique in the run: "<tgid>-<serial>"
  std::string parent_entity_id;  // "" for the first
  std::string executable;        // canonical path of the image
  std::vector<std::string> arguments;  // to be shown: secrets are masked
  uint64_t exec_generation = 0;
  std::shared_ptr<const Domain> domain;
  std::unordered_set<pid_t> threads;
  pid_t maker = 0;  // the task that made it
  // Where its memory has the shim's st_context_table; 0: nowhere. What it says is hostile.
  uint64_t context_table = 0;
  // Of a guarded program: started by the import of a package, as a whole or some of its threads.
  bool made_by_import = false;
  std::unordered_set<pid_t> threads_of_imports;
  UniqueFd pidfd;  // opened on first use
};

class ProcessTree {
 public:
  explicit ProcessTree(std::shared_ptr<const Domain> root) : root_domain_(std::move(root)) {}

  Process& AddRoot(pid_t tgid);
  // A new thread or process. `parent` is the task that made it.
  Process& AddThread(pid_t parent_tid, pid_t tid);
  Process& AddChild(pid_t parent_tid, pid_t tgid);
  // Null where the task is not (yet) known.
  Process* FindByThread(pid_t tid);
  // Forgets a thread; returns the process when it was its last one.
  std::optional<Process> RemoveThread(pid_t tid);
  // After an exec all other threads are gone and `tgid` is the only one.
  void CollapseThreads(Process& process);

  size_t process_count() const { return processes_.size(); }
  size_t thread_count() const { return by_thread_.size(); }
  const std::unordered_map<pid_t, std::unique_ptr<Process>>& processes() const {
    return processes_;
  }

 private:
  std::shared_ptr<const Domain> root_domain_;
  uint64_t next_serial_ = 1;
  std::unordered_map<pid_t, std::unique_ptr<Process>> processes_;
  std::unordered_map<pid_t, Process*> by_thread_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_TRACEE_PROCESS_TREE_H_
