// What a report from another thread needs of a process, without its descriptors.
#ifndef SAFE_TRACE_TRACER_NETWORK_PROCESS_SNAPSHOT_H_
#define SAFE_TRACE_TRACER_NETWORK_PROCESS_SNAPSHOT_H_

#include <memory>

#include "tracer/tracee/process_tree.h"

namespace safe_trace {

// As it is now.
inline std::shared_ptr<const Process> SnapshotOf(const Process& process) {
  auto copy = std::make_shared<Process>();
  copy->tgid = process.tgid;
  copy->entity_id = process.entity_id;
  copy->parent_entity_id = process.parent_entity_id;
  copy->executable = process.executable;
  copy->arguments = process.arguments;
  copy->exec_generation = process.exec_generation;
  copy->domain = process.domain;
  return copy;
}

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_PROCESS_SNAPSHOT_H_
