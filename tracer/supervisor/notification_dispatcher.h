// Turns notifications into answers: finds the process, asks the handler of the call's group, and
// answers the kernel.
#ifndef SAFE_TRACE_TRACER_SUPERVISOR_NOTIFICATION_DISPATCHER_H_
#define SAFE_TRACE_TRACER_SUPERVISOR_NOTIFICATION_DISPATCHER_H_

#include <cstdint>
#include <vector>

#include "tracer/deciding/attribute_handlers.h"
#include "tracer/deciding/exec_handlers.h"
#include "tracer/deciding/name_handlers.h"
#include "tracer/deciding/open_handlers.h"
#include "tracer/deciding/refused_handlers.h"
#include "tracer/deciding/target_handlers.h"
#include "tracer/filter/seccomp_listener.h"
#include "tracer/guard/import_watch.h"
#include "tracer/network/network_handlers.h"
#include "tracer/stacks/stack_collector.h"
#include "tracer/supervisor/run_reporter.h"
#include "tracer/supervisor/worker_pool.h"

namespace safe_trace {

// Which handler takes which group. References outlive the dispatcher.
struct Handlers {
  OpenHandlers& open;
  const NameHandlers& names;
  const AttributeHandlers& attributes;
  const ExecHandlers& exec;
  const TargetHandlers& target;
  NetworkHandlers& network;
  const RefusedHandlers& refused;
};

// Answers the injected openat of an exec surgery: the ruleset to hand in, -1 where none is due.
class SurgeryRoom {
 public:
  virtual ~SurgeryRoom() = default;
  virtual int RulesetFor(pid_t tid) const = 0;
};

// Loop thread only.
class NotificationDispatcher {
 public:
  NotificationDispatcher(SeccompListener& listener, ProcessTree& tree, Handlers handlers,
                         const SurgeryRoom& surgery, const TraceeMemory& memory,
                         RunReporter& reporter, WorkerPool& workers, StackCollector& stacks,
                         ImportWatch& imports)
      : listener_(listener),
        tree_(tree),
        handlers_(handlers),
        surgery_(surgery),
        memory_(memory),
        reporter_(reporter),
        workers_(workers),
        stacks_(stacks),
        imports_(imports) {}

  // One notification waits. An error means that supervision is lost.
  absl::Status ReceiveOne();
  // Answers what the workers have finished.
  void AnswerFinishedWork();
  // Breaks off work, and ends waiting, whose task was killed or got a signal that would have
  // interrupted the call.
  void InterruptAbandonedWork();
  // Something is there that InterruptAbandonedWork must look after.
  bool HasWaitingCalls() const { return workers_.HasUnfinished() || !parked_.empty(); }
  // Decides anew what waited for an answer of the user's.
  void DecideParked();
  uint64_t count() const { return count_; }

 private:
  SyscallAction Decide(const SyscallInvocation& call);
  SyscallAction DecideFor(const SyscallInvocation& call, Process& process);
  SyscallAction HandleIoctl(const SyscallInvocation& call, Process& process);
  SyscallAction HandleShimRecord(const SyscallInvocation& call, Process& process);
  bool IsAbandoned(uint64_t id, pid_t tid) const;
  void Act(const SyscallInvocation& call);
  void Answer(uint64_t id, const Deferred::Result& result);

  SeccompListener& listener_;
  ProcessTree& tree_;
  Handlers handlers_;
  const SurgeryRoom& surgery_;
  const TraceeMemory& memory_;
  RunReporter& reporter_;
  WorkerPool& workers_;
  StackCollector& stacks_;
  ImportWatch& imports_;
  // Calls that wait for an answer of the user's; at most one for each task.
  std::vector<SyscallInvocation> parked_;
  uint64_t count_ = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_SUPERVISOR_NOTIFICATION_DISPATCHER_H_
