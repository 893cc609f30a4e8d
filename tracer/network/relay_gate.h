// Decides what relayed connections may carry, by the subject of the process that began them, and
// brings what became of them back to the loop's thread.
#ifndef SAFE_TRACE_TRACER_NETWORK_RELAY_GATE_H_
#define SAFE_TRACE_TRACER_NETWORK_RELAY_GATE_H_

#include <sys/types.h>

#include <chrono>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <unordered_map>

#include "tracer/deciding/asker.h"
#include "tracer/deciding/violation_reporter.h"
#include "tracer/network/network_report.h"
#include "tracer/network/network_rules.h"
#include "tracer/relay/relay_watcher.h"
#include "tracer/relay/socket_name.h"
#include "tracer/tracee/process_tree.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// A connection as the supervised side knows it.
struct RelayedConnection {
  NetworkSubjectMatter matter;  // with the address and its names
  ino_t inode = 0;              // of the supervised socket
  SocketName peer;              // what it asked for, as it wrote it
};

class RelayGate final : public RelayWatcher {
 public:
  static constexpr size_t kMaximumReports = 8192;  // between two calls of Flush
  // A flow of an install that sends more than this, and more than it got, is remarked on.
  static constexpr uint64_t kRemarkableBytes = 1 << 20;

  struct Options {
    // What managers may send to one host during a run; 0: as much as they like.
    uint64_t outward_limit = 0;  // bytes
  };
  // `rules` outlives the gate.
  RelayGate(const NetworkRules& rules, Options options);

  // Loop thread. The number by which the relay knows the connection.
  uint64_t Register(const Process& process, RelayedConnection connection);
  // Any thread. The connection came to nothing before the relay had it.
  void Forget(uint64_t id);
  // Any thread. Our socket towards the host, once it is connected.
  void SetLocalName(uint64_t id, const SocketName& name);
  // Loop thread. What getpeername and getsockname of a relayed socket would say without the relay.
  bool HasConnections() const;
  std::optional<SocketName> PeerOf(ino_t inode) const;
  std::optional<SocketName> LocalOf(ino_t inode) const;

  // Relay's thread.
  Judgement Judge(uint64_t id, const StreamClaim& claim) override;
  // Before the first connection. `asker` outlives the gate; null: nobody is asked.
  void SetAsker(Asker* asker) { asker_ = asker; }
  void Unreadable(uint64_t id, std::string_view why) override;
  bool MaySend(uint64_t id, uint64_t bytes) override;
  void Unreachable(uint64_t id, int error) override;
  void Ended(uint64_t id, const RelayedFlow& flow) override;

  // Loop thread.
  void Flush(Reporter& reporter);
  // Readable while reports wait.
  int event_fd() const { return event_.get(); }
  uint64_t dropped() const;

 private:
  struct Entry {
    std::shared_ptr<const Process> process;
    RelayedConnection connection;
    SocketName local;
    std::string claimed;  // the last name that was let through
    uint64_t sent = 0;
    bool remarked = false;
    std::chrono::steady_clock::time_point begun = std::chrono::steady_clock::now();
  };
  struct Report {
    std::shared_ptr<const Process> process;
    TraceEvent event;
    std::optional<Decision> decision;  // none: an event like any other
    std::string doing, how_to_allow;
  };
  // Both with the lock held.
  void Queue(Report report);
  static Report RefusalOf(const Entry& entry, const Decision& decision, std::string doing,
                          std::string how_to_allow);

  Asker* asker_ = nullptr;
  const NetworkRules& rules_;
  const Options options_;
  UniqueFd event_;
  mutable std::mutex mutex_;
  uint64_t next_ = 1;
  std::unordered_map<uint64_t, Entry> entries_;
  std::unordered_map<ino_t, uint64_t> by_inode_;
  std::map<std::string, uint64_t> sent_to_;  // by host, of managers
  std::deque<Report> reports_;
  uint64_t dropped_ = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_RELAY_GATE_H_
