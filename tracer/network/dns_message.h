// DNS messages (RFC 1035, 6891) as the broker needs them: strict about questions that clients send,
// bounded about answers that resolvers send. Pure; every byte is hostile.
#ifndef SAFE_TRACE_TRACER_NETWORK_DNS_MESSAGE_H_
#define SAFE_TRACE_TRACER_NETWORK_DNS_MESSAGE_H_

#include <cstddef>
#include <cstdint>
#include <optional>
#include <span>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/access_request.h"

namespace safe_trace {

using DnsBytes = std::vector<uint8_t>;

inline constexpr uint16_t kDnsTypeA = 1;
inline constexpr uint16_t kDnsTypeCname = 5;
inline constexpr uint16_t kDnsTypePtr = 12;
inline constexpr uint16_t kDnsTypeAaaa = 28;
inline constexpr uint16_t kDnsTypeOpt = 41;
inline constexpr uint16_t kDnsTypeSvcb = 64;
inline constexpr uint16_t kDnsTypeHttps = 65;
inline constexpr uint16_t kDnsClassInternet = 1;

enum class DnsResponseCode : uint8_t {
  kNoError = 0,
  kFormatError = 1,
  kServerFailure = 2,
  kNoSuchName = 3,
  kNotImplemented = 4,
  kRefused = 5,
};

// A query with exactly one question.
struct DnsQuery {
  uint16_t id = 0;
  uint8_t opcode = 0;
  bool recursion_desired = false;
  bool authentic_data = false;
  bool checking_disabled = false;
  DnsBytes wire_name;  // as sent, case kept, uncompressed, with the root's zero byte
  std::string name;    // lower case, no trailing dot; bytes that are not printable as \DDD
  uint16_t type = 0;
  uint16_t klass = 0;
  bool has_edns = false;
  uint16_t edns_payload = 0;  // bytes that the client takes by UDP
  bool dnssec_ok = false;
};

// InvalidArgument for anything but one well-formed query with one question: compression in the
// question, labels or names that are too long, answers in a query.
absl::StatusOr<DnsQuery> ParseDnsQuery(std::span<const uint8_t> message);

// The query as the broker sends it on: only what was parsed, so that nothing else travels.
DnsBytes BuildDnsQuery(const DnsQuery& query, uint16_t id);

// A response without records, or with the addresses of `query.type`'s family as records of the
// asked name (ttl in seconds).
DnsBytes BuildDnsResponse(const DnsQuery& query, DnsResponseCode code,
                          std::span<const IpAddress> addresses = {}, uint32_t ttl = 60);

struct DnsAnswer {
  DnsResponseCode code = DnsResponseCode::kNoError;
  bool truncated = false;
  // A and AAAA records of the asked name or of a CNAME that it leads to. At most 64.
  std::vector<IpAddress> addresses;
  uint32_t ttl = 0;  // seconds; the least of these records and of the CNAMEs that led to them
};

// InvalidArgument where `message` does not answer `query` under `id`: then it is not to be believed
// and the wait goes on. A message that answers but is malformed further on yields no addresses.
absl::StatusOr<DnsAnswer> ParseDnsAnswer(std::span<const uint8_t> message, const DnsQuery& query,
                                         uint16_t id);

// Of a message that is at least a header long.
void SetDnsId(DnsBytes& message, uint16_t id);

// "1.2.0.192.in-addr.arpa" and the nibble form under ip6.arpa; nothing for other names.
std::optional<IpAddress> ParseReverseName(std::string_view name);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_DNS_MESSAGE_H_
