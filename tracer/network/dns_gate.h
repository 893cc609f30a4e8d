// Decides the broker's questions by the subject of the process that asked, and brings the reports
// back to the loop's thread.
#ifndef SAFE_TRACE_TRACER_NETWORK_DNS_GATE_H_
#define SAFE_TRACE_TRACER_NETWORK_DNS_GATE_H_

#include <condition_variable>
#include <cstddef>
#include <cstdint>
#include <deque>
#include <map>
#include <memory>
#include <mutex>
#include <set>
#include <string>
#include <utility>
#include <vector>

#include "policy/decision.h"
#include "tracer/deciding/asker.h"
#include "tracer/deciding/violation_reporter.h"
#include "tracer/network/dns_broker.h"
#include "tracer/network/network_rules.h"
#include "tracer/tracee/process_tree.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

// Wiring: `options.decide = [&gate](const DnsQuestion& q) { return gate.Decide(q); }`, the gate
// given to NetworkHandlers, and Flush called when event_fd() is readable and once at the end.
class DnsGate {
 public:
  static constexpr size_t kMaximumClients = 4096;  // the oldest is forgotten
  static constexpr size_t kMaximumReports = 4096;  // between two calls of Flush
  static constexpr size_t kMaximumSeen = 16384;    // names already reported

  // `rules` outlives the gate.
  explicit DnsGate(const NetworkRules& rules);
  // Owns the adaptor.
  explicit DnsGate(const Policy& policy);

  // Loop thread. The value for DnsBroker::RegisterClient: stands for the process as it is now.
  uint64_t ClientFor(const Process& process);
  // Broker's thread. False for clients that are not known.
  bool Decide(const DnsQuestion& question);
  // Broker's thread. After a refusal: the user is being asked, or has just allowed it.
  bool MayBeDecidedLater(const DnsQuestion& question);
  // Before the broker starts. `asker` outlives the gate; null: nobody is asked.
  void SetAsker(Asker* asker) { asker_ = asker; }
  // Loop thread. Reports each name once per process.
  void Flush(Reporter& reporter);
  // An eventfd, readable while reports wait; -1 where it could not be made.
  int event_fd() const { return event_.get(); }
  // Reports that did not fit, although the broker waited for the loop. The decisions were taken all
  // the same, and Flush says of each process how many there were.
  uint64_t untold() const;

 private:
  explicit DnsGate(std::unique_ptr<const NetworkRules> owned);
  std::shared_ptr<const Process> ProcessOf(uint64_t client) const;
  struct Report {
    std::shared_ptr<const Process> process;
    Decision decision;
    std::string name;
    uint16_t type = 0;
  };
  void Queue(uint64_t client, Report report);
  // `count`: of questions that this one stands for.
  static void Send(Reporter& reporter, const Report& report, uint64_t count);

  std::unique_ptr<const NetworkRules> owned_rules_;
  const NetworkRules& rules_;
  Asker* asker_ = nullptr;
  UniqueFd event_;
  mutable std::mutex mutex_;
  uint64_t next_client_ = 1;
  std::map<uint64_t, std::shared_ptr<const Process>> clients_;  // serial numbers: oldest first
  std::map<std::pair<std::string, uint64_t>, uint64_t> by_process_;
  std::set<std::pair<uint64_t, std::string>> seen_;
  std::deque<Report> reports_;
  std::condition_variable space_;  // in reports_
  bool is_stuck_ = false;          // the broker waited in vain
  struct Untold {
    Report first;
    uint64_t count = 0;
  };
  std::map<std::pair<uint64_t, bool>, Untold> untold_;  // by client, and whether it was allowed
  uint64_t untold_count_ = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_DNS_GATE_H_
