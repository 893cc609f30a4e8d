// Whether a thread of a guarded program imports a package, and whose code it is that acts.
//
// Both come from the shim, out of the program's own memory. Python code cannot change what is
// there; native code can, and then passes for the program itself: it gets what the program may, and
// no more.
#ifndef SAFE_TRACE_TRACER_GUARD_IMPORT_WATCH_H_
#define SAFE_TRACE_TRACER_GUARD_IMPORT_WATCH_H_

#include <sys/types.h>

#include <cstdint>
#include <memory>
#include <optional>
#include <set>
#include <string>
#include <unordered_map>

#include "tracer/stacks/distribution_index.h"
#include "tracer/tracee/process_tree.h"
#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

// Whose code made a call.
struct ActingCode {
  bool importing = false;
  std::string package;  // "" for the program's own code
  std::string version;
  std::string file;  // "" where nothing is known
  uint32_t line = 0;

  // "importing evil 1.0 (evil/__init__.py:3)", "evil 1.0 (evil/api.py:7)", "program (app.py:2)".
  std::string Describe() const;
};

// Loop thread only.
class ImportWatch {
 public:
  explicit ImportWatch(const TraceeMemory& memory) : memory_(memory) {}

  // False for what is no guarded program.
  bool IsImporting(const Process& process, pid_t tid) const;
  // `maker` made `task`, a thread of `process` or a process: what is started by an import belongs
  // to it for good.
  void NoteNewTask(const Process& parent, pid_t maker, Process& process, pid_t task) const;
  // `process` has ended: an interpreter that never told of its imports was not held.
  void NoteEnd(const Process& process);
  // Paths of such interpreters.
  const std::set<std::string>& unheld() const { return unheld_; }
  // The domain of code of a program's domain that is imported; made once.
  std::shared_ptr<const Domain> DomainAtImport(const std::shared_ptr<const Domain>& domain);
  // Nothing for what is no guarded program.
  std::optional<ActingCode> WhoActs(const Process& process, pid_t tid);

 private:
  const TraceeMemory& memory_;
  DistributionIndex distributions_;
  static constexpr size_t kMaximumUnheld = 16;
  std::set<std::string> unheld_;
  // By the domain that the program has otherwise, which is kept alive beside it.
  struct Twin {
    std::shared_ptr<const Domain> domain, at_import;
  };
  std::unordered_map<const Domain*, Twin> twins_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_GUARD_IMPORT_WATCH_H_
