// How the network's decisions become trace events and lines for the user.
#ifndef SAFE_TRACE_TRACER_NETWORK_NETWORK_REPORT_H_
#define SAFE_TRACE_TRACER_NETWORK_NETWORK_REPORT_H_

#include <cstdint>
#include <optional>
#include <set>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/decision.h"
#include "tracer/deciding/syscall_action.h"
#include "tracer/deciding/violation_reporter.h"
#include "tracer/network/network_rules.h"
#include "tracer/network/remote_socket.h"
#include "tracer/network/socket_address.h"
#include "tracer/tracee/process_tree.h"

namespace safe_trace {

// What the mechanism itself refuses, whatever the policy says.
enum class BuiltInRefusal : uint8_t {
  kUnsupportedSocket,   // a family or protocol that is not watched: EACCES
  kFastOpen,            // MSG_FASTOPEN connects past the decision: EPERM
  kNoDnsQuery,          // a datagram addressed to port 53: ECONNREFUSED, packages EACCES
  kNoResolver,          // the broker has no address for this socket: ECONNREFUSED
  kPackageListener,     // package code listening beyond loopback: EACCES
  kUnsupportedControl,  // ancillary data that could change where a packet goes: EPERM
  kUnresolvablePath,    // a socket path through another process's links: EACCES
};
Decision BuiltInDecision(BuiltInRefusal refusal, Role role);

// What a call was about, for the report.
struct NetworkSubjectMatter {
  std::string_view syscall;    // "connect"
  std::string_view transport;  // "tcp", "udp", "unix", ...
  std::string action;          // event.action: "network-connect"
  std::string target;          // for a person: "192.0.2.1:443 (example.com)"
  std::string how_to_allow;
  std::optional<InetAddress> inet;
  std::vector<std::string> names;
  std::string path;  // of a unix socket
  // The rule that lets the run reach what it listens on itself; "" for everything outside.
  std::string own_rule;
};

std::string_view TransportName(const RemoteSocket& socket);
// Fills target, names and how_to_allow for an internet destination.
NetworkSubjectMatter DescribeInet(std::string_view syscall, const RemoteSocket& socket,
                                  const InetAddress& address, std::vector<std::string> names,
                                  const Subject& subject);
NetworkSubjectMatter DescribeUnix(std::string_view syscall, std::string path);
// For a person: "send to 192.0.2.1:443".
std::string DescribeAttempt(const NetworkSubjectMatter& matter);
TraceEvent NetworkEvent(const NetworkSubjectMatter& matter, std::string_view outcome);
// "--allow-host HOST:PORT", for package code "--grant NAME@VERSION=HOST:PORT"; "" where no name is
// known to grant it to.
std::string AllowHostFlag(const Subject& subject, std::string_view host, uint16_t port);

// Which destinations are in the trace already, by process: one line each, not one per attempt.
class ReportedDestinations {
 public:
  // True the first time.
  bool Add(const Process& process, const NetworkSubjectMatter& matter);

 private:
  static constexpr size_t kMaximum = 4096;  // then it starts anew
  std::set<std::pair<std::string, std::string>> seen_;
};

// Reports a refusal and gives the answer to the call: Fail, or NoAnswer after killing on kKill.
SyscallAction Refuse(Reporter& reporter, Process& process, const Decision& decision,
                     const NetworkSubjectMatter& matter);
// The subject of a process, or one that may do nothing where none is known.
const Subject& SubjectOf(const Process& process);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_NETWORK_REPORT_H_
