// The pseudo-terminals that the run itself made: the only ones, besides its own terminal, that it
// may open by name.
#ifndef SAFE_TRACE_TRACER_DECIDING_TERMINAL_REGISTRY_H_
#define SAFE_TRACE_TRACER_DECIDING_TERMINAL_REGISTRY_H_

#include <sys/types.h>

#include <cstddef>
#include <vector>

#include "tracer/unique_fd.h"

namespace safe_trace {

// Numbers are used again: when the run closes a terminal, the next shell outside may get
// /dev/pts/N. So not the number is remembered but the inode, pinned; the kernel unlinks it with its
// terminal. Loop thread only.
class TerminalRegistry {
 public:
  // Each costs a descriptor. Beyond it further terminals can be used, but not opened by name.
  static constexpr size_t kMaximum = 128;

  // `master` was opened for the run. Nothing happens where it is no master.
  void NoteMaster(int master);
  // Whether `object` is the other side of a noted master that is still there.
  bool Holds(int object) const;
  // The pin of the terminal with this device number, -1 where it is none of the run's.
  int Find(dev_t terminal) const;
  size_t size() const { return slaves_.size(); }

 private:
  struct Slave {
    UniqueFd pin;  // O_PATH: keeps the inode, not the terminal
    dev_t device = 0;
    ino_t inode = 0;
    dev_t terminal = 0;
  };
  std::vector<Slave> slaves_;
};

// "/dev/ptmx", under any name.
bool IsPseudoTerminalMaster(int object);
// Opens the other side of `master` as TIOCGPTPEER does, never as a controlling terminal. Returns
// the descriptor, or a negative errno value: -ENOTTY where it is no master.
int OpenPeerOf(int master, int flags);
// The device number of the controlling terminal of a task's session, 0 where it has none.
dev_t SessionTerminalOf(pid_t task);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_DECIDING_TERMINAL_REGISTRY_H_
