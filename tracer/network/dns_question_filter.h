// Decides what becomes of one question: answered here, refused, or sent on to the machine's
// resolvers. No sockets. Used on the broker's thread.
#ifndef SAFE_TRACE_TRACER_NETWORK_DNS_QUESTION_FILTER_H_
#define SAFE_TRACE_TRACER_NETWORK_DNS_QUESTION_FILTER_H_

#include <cstdint>
#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "policy/access_request.h"
#include "tracer/network/address_book.h"
#include "tracer/network/dns_broker.h"
#include "tracer/network/dns_message.h"

namespace safe_trace {

class DnsQuestionFilter {
 public:
  using Decide = std::function<bool(const DnsQuestion&)>;
  using StaticNames = std::vector<std::pair<std::string, IpAddress>>;

  // `book` outlives the filter. Static names are entered into it at once: the C library reads
  // /etc/hosts by itself and never asks for them.
  // Loopback names are answered without a decision: what is asked about them goes nowhere. They are
  // not entered into the book: a connection to loopback is decided by its listener.
  DnsQuestionFilter(Decide decide, StaticNames static_names, StaticNames loopback_names,
                    std::vector<std::string> own_names, std::vector<std::string> search_domains,
                    AddressBook& book);

  struct LocalAnswer {
    DnsBytes message;
    bool is_refusal = false;  // `decide` said no to the name that was asked for
  };
  // The response to give at once; nothing where the question may be sent on. A refused name gets
  // NXDOMAIN, so that programs fail cleanly and without waiting.
  std::optional<LocalAnswer> AnswerLocally(const DnsQuery& query, uint64_t client) const;
  // The machine's own: nobody is asked about it.
  bool IsLocalName(const std::string& name) const;

 private:
  std::optional<LocalAnswer> AnswerReverse(const DnsQuery& query, const IpAddress& address,
                                           uint64_t client) const;
  std::optional<DnsBytes> AnswerLoopback(const DnsQuery& query) const;
  bool IsOwnName(const std::string& name) const;
  // `name` without the search domain that it ends with; "" where there is none.
  std::string WithoutSearchDomain(const std::string& name, size_t domain) const;
  bool Allowed(const std::string& name, uint16_t type, uint64_t client) const;

  Decide decide_;
  std::map<std::string, std::vector<IpAddress>> static_names_;
  std::map<std::string, std::vector<IpAddress>> loopback_names_;
  std::vector<std::string> own_names_;
  std::vector<std::string> search_domains_;
  AddressBook& book_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_DNS_QUESTION_FILTER_H_
