#include "tracer/network/dns_question_filter.h"

#include <algorithm>

namespace safe_trace {
namespace {

// Meta types (zone transfers, ANY, transaction keys) begin at 128: never sent on.
constexpr uint16_t kFirstMetaType = 128;

std::string CanonicalName(std::string name) {
  std::transform(name.begin(), name.end(), name.begin(), [](char c) {
    return c >= 'A' && c <= 'Z' ? static_cast<char>(c + ('a' - 'A')) : c;
  });
  if (!name.empty() && name.back() == '.') name.pop_back();
  return name;
}

}  // namespace

DnsQuestionFilter::DnsQuestionFilter(Decide decide,
                                     std::vector<std::pair<std::string, IpAddress>> static_names,
                                     AddressBook& book)
    : decide_(std::move(decide)), book_(book) {
  for (auto& [name, address] : static_names) {
    std::string canonical = CanonicalName(std::move(name));
    book_.AddStatic(canonical, address);
    static_names_[std::move(canonical)].push_back(address);
  }
}

bool DnsQuestionFilter::Allowed(const std::string& name, uint16_t type, uint64_t client) const {
  return decide_ && decide_(DnsQuestion{.client = client, .name = name, .type = type});
}

std::optional<DnsBytes> DnsQuestionFilter::AnswerLocally(const DnsQuery& query,
                                                         uint64_t client) const {
  if (query.opcode != 0) return BuildDnsResponse(query, DnsResponseCode::kNotImplemented);
  if (query.klass != kDnsClassInternet) return BuildDnsResponse(query, DnsResponseCode::kRefused);
  if (query.type == kDnsTypePtr) {
    std::optional<IpAddress> address = ParseReverseName(query.name);
    if (address.has_value()) return AnswerReverse(query, *address, client);
  }
  if (!Allowed(query.name, query.type, client)) {
    return BuildDnsResponse(query, DnsResponseCode::kNoSuchName);
  }
  // Hints for other ports and protocols: without them programs use the plain way, which is watched.
  if (query.type == kDnsTypeSvcb || query.type == kDnsTypeHttps) {
    return BuildDnsResponse(query, DnsResponseCode::kNoError);
  }
  if (query.type >= kFirstMetaType || query.type == kDnsTypeOpt || query.type == 0) {
    return BuildDnsResponse(query, DnsResponseCode::kNotImplemented);
  }
  auto known = static_names_.find(query.name);
  if (known == static_names_.end()) return std::nullopt;
  return BuildDnsResponse(query, DnsResponseCode::kNoError, known->second);
}

std::optional<DnsBytes> DnsQuestionFilter::AnswerReverse(const DnsQuery& query,
                                                         const IpAddress& address,
                                                         uint64_t client) const {
  // Only of addresses that were handed out, and only to one who may ask for the name itself.
  for (const std::string& name : book_.NamesOf(address)) {
    if (static_names_.contains(name)) continue;
    if (Allowed(name, kDnsTypePtr, client)) return std::nullopt;
    break;
  }
  return BuildDnsResponse(query, DnsResponseCode::kNoSuchName);
}

}  // namespace safe_trace
