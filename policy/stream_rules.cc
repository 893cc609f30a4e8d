// What a client may say, inside an allowed connection, about whom it wants: an address is shared by
// many hosts, and a proxy reaches every one.
#include <algorithm>

#include "policy/network_pattern.h"
#include "policy/policy_impl.h"

namespace safe_trace {
namespace {

constexpr uint16_t kHttpPort = 80;
constexpr uint16_t kHttpsPort = 443;

bool Contains(std::span<const std::string> names, std::string_view name) {
  return std::find(names.begin(), names.end(), name) != names.end();
}

// Where servers of many hosts share an address, and tell by what the client says whom it wants.
bool IsSharedPort(uint16_t port) { return port == kHttpPort || port == kHttpsPort; }

// The connection, and what of it the rules let through.
class ClaimJudge {
 public:
  ClaimJudge(const Policy::Impl& impl, const Subject& subject, const StreamRequest& request)
      : impl_(impl),
        subject_(subject),
        request_(request),
        address_(UnmapAddress(request.address)) {}

  // The address itself is allowed, whatever names it has.
  const Rule* Literal() const { return Reached({}); }

  // `name` was answered with this address, or is allowed where the address is allowed as such.
  const Rule* Named(const std::string& name) const {
    if (Contains(request_.names, name)) return Reached({&name, 1});
    const Rule* literal = Literal();
    if (literal == nullptr) return nullptr;
    const bool is_local = address_.IsLoopback() || address_.IsUnspecified();
    if (is_local && name == "localhost") return literal;
    return impl_.NameAllowed(subject_, name) ? literal : nullptr;
  }

  // The Host of a request to the server itself.
  const Rule* Host(const std::string& name) const {
    IpAddress said;
    if (ParseIpAddress(name, said)) return UnmapAddress(said) == address_ ? Literal() : nullptr;
    // HTTP/1.0 without a Host is for whoever listens there.
    return name.empty() ? Literal() : Named(name);
  }

 private:
  const Rule* Reached(std::span<const std::string> names) const {
    NetworkRequest request;
    request.address = address_;
    request.port = request_.port;
    request.names = names;
    return impl_.HostRule(subject_, request, address_);
  }

  const Policy::Impl& impl_;
  const Subject& subject_;
  const StreamRequest& request_;
  const IpAddress address_;
};

Decision DenyClaim(const Rule* rule) { return Deny(rule, true); }

bool IsMetadata(std::string_view host) {
  IpAddress address;
  return ParseIpAddress(host, address) ? IsMetadataAddress(address) : IsMetadataName(host);
}

// Inside a tunnel only its own host may be meant.
Decision InTunnel(const CommonRules& rules, const StreamClaim& claim) {
  IpAddress literal;
  switch (claim.kind) {
    case StreamClaim::Kind::kTlsName:
      return claim.name == claim.tunnel ? Allow(rules.allowed_host) : DenyClaim(rules.server_name);
    case StreamClaim::Kind::kHttpHost:
      return claim.name == claim.tunnel ? Allow(rules.allowed_host) : DenyClaim(rules.request_host);
    case StreamClaim::Kind::kTlsWithoutName:
      return ParseIpAddress(claim.tunnel, literal) ? Allow(rules.allowed_host)
                                                   : DenyClaim(rules.nameless);
    default:
      return IsSharedPort(claim.tunnel_port) ? DenyClaim(rules.unknown_protocol)
                                             : Allow(rules.allowed_host);
  }
}

}  // namespace

Decision Policy::DecideStream(const Subject& subject, const StreamRequest& request) const {
  const Impl& impl = *For(subject).impl_;
  const CommonRules& rules = impl.common;
  const StreamClaim& claim = request.claim;
  if (IsMetadata(claim.name)) {
    Decision decision = DenyClaim(rules.metadata);
    decision.never_allowed = true;
    return decision;
  }
  if (claim.kind == StreamClaim::Kind::kProxyTarget) {
    const Rule* rule = impl.ClaimRule(subject, claim.name, claim.port);
    return rule != nullptr ? Allow(rule) : DenyClaim(rules.proxy_target);
  }
  if (!claim.tunnel.empty()) return InTunnel(rules, claim);
  const ClaimJudge judge(impl, subject, request);
  const Rule* rule = nullptr;
  switch (claim.kind) {
    case StreamClaim::Kind::kTlsName:
      rule = judge.Named(claim.name);
      return rule != nullptr ? Allow(rule) : DenyClaim(rules.server_name);
    case StreamClaim::Kind::kHttpHost:
      rule = judge.Host(claim.name);
      return rule != nullptr ? Allow(rule) : DenyClaim(rules.request_host);
    case StreamClaim::Kind::kTlsWithoutName:
      rule = judge.Literal();
      return rule != nullptr ? Allow(rule) : DenyClaim(rules.nameless);
    default:
      rule = judge.Literal();
      if (rule == nullptr && !IsSharedPort(request.port)) rule = rules.allowed_host;
      return rule != nullptr ? Allow(rule) : DenyClaim(rules.unknown_protocol);
  }
}

}  // namespace safe_trace
