// From a violation to the line in the trace that says through which calls it came: stops the thread
// behind its call, keeps a sample, and has it unwound while the thread goes on.
#ifndef SAFE_TRACE_TRACER_STACKS_STACK_COLLECTOR_H_
#define SAFE_TRACE_TRACER_STACKS_STACK_COLLECTOR_H_

#include <sys/types.h>

#include <functional>
#include <map>
#include <string>

#include "tracer/events/trace_event.h"
#include "tracer/stacks/distribution_index.h"
#include "tracer/stacks/stack_sample.h"
#include "tracer/stacks/thread_context.h"
#include "tracer/stacks/unwind_helper.h"
#include "tracer/tracee/process_tree.h"
#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

// Loop thread, but for Finish.
class StackCollector {
 public:
  // Runs `work` on another thread; it is told when it should give up.
  using Stopping = std::function<bool()>;
  using Work = std::function<void(const Stopping&)>;
  using Background = std::function<void(Work)>;

  StackCollector(const TraceeMemory& memory, TraceSink& sink, Background background,
                 std::string unwinder)
      : memory_(memory),
        sink_(sink),
        background_(std::move(background)),
        helper_(std::move(unwinder)) {}

  // To be called before the call is answered: then the thread stops on its return, with the whole
  // stack as it was (kernel: the notification must have been received under WAIT_KILLABLE_RECV, or
  // the interruption would cancel it). `event` says whose stack it is and for which violation.
  void Await(pid_t tid, const Process& process, TraceEvent event);
  // The thread is in a ptrace stop, whatever for. Takes the sample if one is awaited.
  void AtStop(pid_t tid);
  // The thread ended, or runs another program: no stack will come.
  void Forget(pid_t tid);

 private:
  struct Awaited {
    TraceEvent event;
    uint64_t context_table = 0;
    pid_t maker = 0;
  };
  // What there is to know of one stack.
  struct Taken {
    TraceEvent event;
    StackSample sample;
    ThreadContext python;  // without frames: none
  };
  void Take(pid_t tid, Awaited awaited);
  void Finish(Taken taken, const Stopping& stopping);
  std::string PackageOf(const std::string& file);

  const TraceeMemory& memory_;
  TraceSink& sink_;
  Background background_;
  std::map<pid_t, Awaited> awaited_;
  // The background thread's.
  UnwindHelper helper_;
  DistributionIndex distributions_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_STACKS_STACK_COLLECTOR_H_
