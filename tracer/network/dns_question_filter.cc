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

DnsQuestionFilter::DnsQuestionFilter(Decide decide, StaticNames static_names,
                                     StaticNames loopback_names, std::vector<std::string> own_names,
                                     std::vector<std::string> search_domains, AddressBook& book)
    : decide_(std::move(decide)), book_(book) {
  for (auto& [name, address] : static_names) {
    std::string canonical = CanonicalName(std::move(name));
    book_.AddStatic(canonical, address);
    static_names_[std::move(canonical)].push_back(address);
  }
  for (auto& [name, address] : loopback_names) {
    if (address.IsLoopback()) loopback_names_[CanonicalName(std::move(name))].push_back(address);
  }
  for (std::string& name : own_names) own_names_.push_back(CanonicalName(std::move(name)));
  for (std::string& domain : search_domains) {
    domain = CanonicalName(std::move(domain));
    if (!domain.empty()) search_domains_.push_back(std::move(domain));
  }
}

bool DnsQuestionFilter::IsLocalName(const std::string& name) const {
  return loopback_names_.contains(name.ends_with(".localhost") ? "localhost" : name) ||
         IsOwnName(name);
}

std::string DnsQuestionFilter::WithoutSearchDomain(const std::string& name, size_t domain) const {
  const std::string suffix = "." + search_domains_[domain];
  return name.ends_with(suffix) ? name.substr(0, name.size() - suffix.size()) : "";
}

bool DnsQuestionFilter::IsOwnName(const std::string& name) const {
  const auto is_own = [this](const std::string& text) {
    return std::find(own_names_.begin(), own_names_.end(), text) != own_names_.end();
  };
  if (is_own(name)) return true;
  for (size_t i = 0; i < search_domains_.size(); ++i) {
    if (is_own(WithoutSearchDomain(name, i))) return true;
  }
  return false;
}

std::optional<DnsBytes> DnsQuestionFilter::AnswerLoopback(const DnsQuery& query) const {
  if (static_names_.contains(query.name)) return std::nullopt;
  const bool is_below = query.name.ends_with(".localhost");
  auto known = loopback_names_.find(is_below ? "localhost" : query.name);
  if (known != loopback_names_.end()) {
    return BuildDnsResponse(query, DnsResponseCode::kNoError, known->second);
  }
  for (size_t i = 0; i < search_domains_.size(); ++i) {
    if (loopback_names_.contains(WithoutSearchDomain(query.name, i))) {
      return BuildDnsResponse(query, DnsResponseCode::kNoSuchName);
    }
  }
  return std::nullopt;
}

bool DnsQuestionFilter::Allowed(const std::string& name, uint16_t type, uint64_t client) const {
  return decide_ && decide_(DnsQuestion{
                        .client = client, .name = name, .type = type, .is_own = IsOwnName(name)});
}

std::optional<DnsQuestionFilter::LocalAnswer> DnsQuestionFilter::AnswerLocally(
    const DnsQuery& query, uint64_t client) const {
  const auto answer = [&query](DnsResponseCode code) {
    return LocalAnswer{BuildDnsResponse(query, code)};
  };
  if (query.opcode != 0 || query.klass != kDnsClassInternet) {
    // Asked for the record's sake: no such question goes out.
    (void)Allowed(query.name, query.type, client);
    return answer(query.opcode != 0 ? DnsResponseCode::kNotImplemented
                                    : DnsResponseCode::kRefused);
  }
  if (query.type == kDnsTypePtr) {
    std::optional<IpAddress> address = ParseReverseName(query.name);
    if (address.has_value()) return AnswerReverse(query, *address, client);
  }
  if (std::optional<DnsBytes> known = AnswerLoopback(query)) return LocalAnswer{*std::move(known)};
  if (!Allowed(query.name, query.type, client)) {
    return LocalAnswer{BuildDnsResponse(query, DnsResponseCode::kNoSuchName),
                       !IsOwnName(query.name)};
  }
  // Hints for other ports and protocols: without them programs use the plain way, which is watched.
  if (query.type == kDnsTypeSvcb || query.type == kDnsTypeHttps) {
    return answer(DnsResponseCode::kNoError);
  }
  if (query.type >= kFirstMetaType || query.type == kDnsTypeOpt || query.type == 0) {
    return answer(DnsResponseCode::kNotImplemented);
  }
  auto known = static_names_.find(query.name);
  if (known == static_names_.end()) return std::nullopt;
  return LocalAnswer{BuildDnsResponse(query, DnsResponseCode::kNoError, known->second)};
}

std::optional<DnsQuestionFilter::LocalAnswer> DnsQuestionFilter::AnswerReverse(
    const DnsQuery& query, const IpAddress& address, uint64_t client) const {
  // Only of addresses that were handed out, and only to one who may ask for the name itself.
  for (const std::string& name : book_.NamesOf(address)) {
    if (static_names_.contains(name)) continue;
    if (Allowed(name, kDnsTypePtr, client)) return std::nullopt;
    break;
  }
  return LocalAnswer{BuildDnsResponse(query, DnsResponseCode::kNoSuchName)};
}

}  // namespace safe_trace
