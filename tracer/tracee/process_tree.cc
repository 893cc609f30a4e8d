#include "tracer/tracee/process_tree.h"

#include <utility>

namespace safe_trace {

Process& ProcessTree::AddRoot(pid_t tgid) {
  auto process = std::make_unique<Process>();
  process->tgid = tgid;
  process->serial = next_serial_++;
  process->entity_id = std::to_string(tgid) + "-" + std::to_string(process->serial);
  process->domain = root_domain_;
  process->threads.insert(tgid);
  Process& added = *process;
  by_thread_[tgid] = &added;
  processes_[tgid] = std::move(process);
  return added;
}

Process& ProcessTree::AddThread(pid_t parent_tid, pid_t tid) {
  Process* parent = FindByThread(parent_tid);
  if (parent == nullptr) return AddRoot(tid);
  parent->threads.insert(tid);
  by_thread_[tid] = parent;
  return *parent;
}

Process& ProcessTree::AddChild(pid_t parent_tid, pid_t tgid) {
  Process* parent = FindByThread(parent_tid);
  Process& child = AddRoot(tgid);
  if (parent == nullptr) return child;
  // A process that runs no program of its own has no line in the trace: its children belong to the
  // nearest one that has.
  child.parent_entity_id = parent->exec_generation > 0 || parent->parent_entity_id.empty()
                               ? parent->entity_id
                               : parent->parent_entity_id;
  child.executable = parent->executable;
  child.arguments = parent->arguments;
  child.domain = parent->domain;
  child.maker = parent_tid;
  child.context_table = parent->context_table;  // with all memory
  return child;
}

Process* ProcessTree::FindByThread(pid_t tid) {
  auto it = by_thread_.find(tid);
  return it == by_thread_.end() ? nullptr : it->second;
}

std::optional<Process> ProcessTree::RemoveThread(pid_t tid) {
  auto it = by_thread_.find(tid);
  if (it == by_thread_.end()) return std::nullopt;
  Process* process = it->second;
  by_thread_.erase(it);
  process->threads.erase(tid);
  process->threads_of_imports.erase(tid);
  if (!process->threads.empty()) return std::nullopt;
  auto owner = processes_.find(process->tgid);
  Process last = std::move(*owner->second);
  processes_.erase(owner);
  return last;
}

void ProcessTree::CollapseThreads(Process& process) {
  for (pid_t tid : process.threads) {
    if (tid != process.tgid) by_thread_.erase(tid);
  }
  process.threads = {process.tgid};
  process.threads_of_imports.clear();
  by_thread_[process.tgid] = &process;
}

}  // namespace safe_trace
