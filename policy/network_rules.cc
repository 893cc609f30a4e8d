// Who may reach, look up, listen and connect to what.
#include <algorithm>
#include <cerrno>
#include <optional>

#include "policy/lexical_path.h"
#include "policy/network_pattern.h"
#include "policy/package_identity.h"
#include "policy/path_pattern.h"
#include "policy/policy_impl.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

// libc and the like ask these by themselves; they would look names up, or log, outside the run.
constexpr std::string_view kQuietSockets[] = {
    "/run/nscd/socket",         "/var/run/nscd/socket",
    "/run/systemd/resolve/*",   "/run/systemd/userdb/*",
    "/run/systemd/journal/*",   "/dev/log",
    "/run/avahi-daemon/socket", "/var/run/avahi-daemon/socket",
    "/var/lib/sss/pipes/*",     "/run/systemd/io.system.ManagedOOM"};

Decision Refuse(const Rule* rule, int error, bool is_violation) {
  return {Verdict::kDeny, error, rule, is_violation};
}

// What no --allow-host opens.
Decision Never(const Rule* rule) {
  Decision decision = Deny(rule, true);
  decision.never_allowed = true;
  return decision;
}

// Package and project code have no network of their own.
bool IsOffline(const Subject& subject) {
  return subject.role == Role::kPackage || subject.role == Role::kProject;
}

absl::StatusOr<PackageGrant> ParseGrant(const Entry& entry) {
  const size_t equals = entry.value.find('=');
  if (equals == std::string::npos || equals == 0) {
    return absl::InvalidArgumentError(
        Cat(entry.origin, ": \"", entry.value, "\" is not NAME[@VERSION]=HOST[:PORT]"));
  }
  absl::StatusOr<HostPort> host = ParseHostPort(entry.value.substr(equals + 1), entry.origin);
  if (!host.ok()) return host.status();
  std::string package = entry.value.substr(0, equals);
  PackageGrant grant;
  // A scoped name begins with '@'.
  if (size_t at = package.find('@', 1); at != std::string::npos) {
    grant.version = package.substr(at + 1);
    package.resize(at);
  }
  grant.package = std::move(package);
  grant.host = *std::move(host);
  return grant;
}

// Only Python's names are the same in several spellings: elsewhere "a.b" and "a-b" are two
// packages.
bool GrantCovers(const PackageGrant& grant, const Subject& subject, bool pep503_names) {
  const bool same_name = pep503_names ? NormalizePackageName(grant.package) == subject.package
                                      : grant.package == subject.package;
  return subject.role == Role::kPackage && !subject.package.empty() && same_name &&
         (grant.version.empty() || grant.version == subject.version);
}

bool IsFor(const Allowance& answer, const Subject& subject, bool pep503_names) {
  if (answer.package.empty()) return subject.role != Role::kPackage;
  return GrantCovers({answer.package, answer.version, answer.host}, subject, pep503_names);
}

// A datagram socket that is "connected" to port 0 sends nothing: libc does so to sort addresses.
bool IsRouteProbe(const NetworkRequest& request) {
  return !request.is_stream && request.port == 0 && request.operation == NetworkOperation::kConnect;
}

void AddHost(Policy::Impl& impl, const HostPort& host) {
  for (const HostPort& known : impl.hosts) {
    if (known.host == host.host && known.port == host.port) return;
  }
  impl.hosts.push_back(host);
}

void AddCompanions(Policy::Impl& impl) {
  const size_t configured = impl.hosts.size();
  for (size_t i = 0; i < configured; ++i) {
    for (const auto& [host, companion] : impl.profile.companion_hosts) {
      if (impl.hosts[i].host != CanonicalHost(host)) continue;
      absl::StatusOr<HostPort> parsed = ParseHostPort(companion, Cat("companion of ", host));
      if (!parsed.ok()) continue;
      if (parsed->port == 0) parsed->port = impl.hosts[i].port;
      AddHost(impl, *parsed);
    }
  }
}

void AddSocketPatterns(Policy::Impl& impl, const CredentialCatalog& catalog) {
  for (const CredentialEntry& entry : catalog.credentials) {
    const Rule* rule = impl.AddRule(entry.id, entry.description);
    for (const std::string& pattern : entry.sockets) {
      std::vector<std::string> homes = impl.facts.homes;
      if (homes.empty()) homes.push_back("");
      for (size_t i = 0; i < homes.size(); ++i) {
        const auto environment =
            i == 0 ? impl.facts.environment : decltype(impl.facts.environment)();
        for (std::string& path : ExpandPaths(pattern, homes[i], environment)) {
          if (!path.empty()) impl.sockets.push_back({std::move(path), rule});
        }
      }
    }
    for (const std::string& name : entry.abstract_sockets) {
      impl.abstract_sockets.push_back({name, rule});
    }
  }
}

}  // namespace

bool Reaches(const HostPort& host, const NetworkRequest& request, const IpAddress& address) {
  if (!PortMatches(host.port, request.port) && !IsRouteProbe(request)) return false;
  for (const std::string& name : request.names) {
    if (HostMatches(host.host, name)) return true;
  }
  IpAddress literal;
  if (ParseIpAddress(host.host, literal)) {
    return literal == address || (literal.IsLoopback() && address.IsUnspecified());
  }
  // "localhost" never passes the broker: libc answers it itself.
  return host.host == "localhost" && (address.IsLoopback() || address.IsUnspecified());
}

absl::Status AddNetwork(Policy::Impl& impl, const Config& config,
                        const CredentialCatalog& catalog) {
  AddSocketPatterns(impl, catalog);
  impl.offline = config.offline.value_or(false);
  std::vector<HostPort> asked;
  for (const Entry& entry : config.allowed_hosts) {
    absl::StatusOr<HostPort> host = ParseHostPort(entry.value, entry.origin);
    if (!host.ok()) return host.status();
    asked.push_back(*std::move(host));
  }
  for (const Entry& entry : config.grants) {
    absl::StatusOr<PackageGrant> grant = ParseGrant(entry);
    if (!grant.ok()) return grant.status();
    if (!impl.offline) impl.grants.push_back(*std::move(grant));
  }
  for (const Entry& entry : config.direct_hosts) {
    absl::StatusOr<HostPort> host = ParseHostPort(entry.value, entry.origin);
    if (!host.ok()) return host.status();
    impl.direct_hosts.push_back(*std::move(host));
  }
  impl.outward_limit = config.outward_limit_bytes.value_or(kDefaultOutwardLimit);
  if (impl.offline) return absl::OkStatus();
  for (HostPort host : impl.facts.hosts) {
    host.host = CanonicalHost(host.host);
    IpAddress literal;
    if (ParseIpAddress(host.host, literal)) host.host = literal.ToString();
    if (!host.host.empty()) AddHost(impl, host);
  }
  std::vector<std::string> known = impl.profile.standing_hosts;
  if (!impl.facts.default_hosts_replaced) {
    known.insert(known.end(), impl.profile.default_hosts.begin(), impl.profile.default_hosts.end());
  }
  for (const std::string& text : known) {
    absl::StatusOr<HostPort> host = ParseHostPort(text, Cat(impl.profile.name, "'s default"));
    if (!host.ok()) return host.status();
    AddHost(impl, *host);
  }
  for (const HostPort& host : asked) AddHost(impl, host);
  impl.user_hosts = std::move(asked);
  AddCompanions(impl);
  return absl::OkStatus();
}

// A project's scripts reach what the user allowed; the registry is the manager's.
const std::vector<HostPort>& Policy::Impl::HostsFor(const Subject& subject) const {
  static const std::vector<HostPort> kNone;
  if (subject.role == Role::kPackage) return kNone;
  return subject.role == Role::kProject ? user_hosts : hosts;
}

const Rule* Policy::Impl::HostRule(const Subject& subject, const NetworkRequest& request,
                                   const IpAddress& address) const {
  for (const PackageGrant& grant : grants) {
    if (GrantCovers(grant, subject, profile.pep503_names) &&
        Reaches(grant.host, request, address)) {
      return common.granted_host;
    }
  }
  for (const HostPort& host : HostsFor(subject)) {
    if (Reaches(host, request, address)) return common.allowed_host;
  }
  const bool is_answered = allowances != nullptr && allowances->Any([&](const Allowance& answer) {
    return IsFor(answer, subject, profile.pep503_names) && Reaches(answer.host, request, address);
  });
  return is_answered ? common.answered_host : nullptr;
}

const Rule* Policy::Impl::ClaimRule(const Subject& subject, std::string_view host,
                                    uint16_t port) const {
  NetworkRequest request;
  request.port = port;
  const std::string name(host);
  // What has a name only must not pass for an address that a rule names.
  IpAddress address{.bytes = {}, .is_v6 = true};
  address.bytes.fill(0xff);
  if (IpAddress literal; ParseIpAddress(host, literal)) {
    address = UnmapAddress(literal);
  } else {
    request.names = {&name, 1};
  }
  return HostRule(subject, request, address);
}

Decision Policy::DecideNetwork(const Subject& subject, const NetworkRequest& request) const {
  const Impl& impl = *For(subject).impl_;
  const CommonRules& rules = impl.common;
  const IpAddress address = UnmapAddress(request.address);
  const bool is_local = address.IsLoopback() || address.IsUnspecified();
  const bool is_outward = request.operation != NetworkOperation::kBind && !IsRouteProbe(request);
  if (subject.importing && is_outward && !IsMetadataAddress(address)) {
    const bool is_named = !impl.offline && impl.IsUserHost(request, address);
    return is_named ? Allow(rules.allowed_host) : Deny(rules.guard_import_network, true);
  }
  if (request.operation == NetworkOperation::kBind) {
    if (address.IsLoopback()) return Allow(rules.bind_allowed);
    if (IsOffline(subject) || subject.importing) return Deny(rules.bind_refused, true);
    // No more than the unspecified address, which stands for all of them.
    return Allow(rules.bind_allowed);
  }
  if (IsMetadataAddress(address)) return Never(rules.metadata);
  if (is_local && request.bound_by_this_run) return Allow(rules.own_listener);
  if (impl.IsOpen(subject)) return Allow(rules.guard_recorded);
  if (const Rule* rule = impl.HostRule(subject, request, address)) {
    const bool is_sent = !request.is_stream && request.operation == NetworkOperation::kSend;
    return is_sent && !CarriesDatagrams(subject, request) ? Deny(rules.datagram, true)
                                                          : Allow(rule);
  }
  const Rule* refused = IsOffline(subject) ? rules.package_network : rules.refused_host;
  return impl.offline ? Never(refused) : Deny(refused, true);
}

bool Policy::IsDirect(const Subject& subject, const NetworkRequest& request) const {
  const Impl& impl = *For(subject).impl_;
  const IpAddress address = UnmapAddress(request.address);
  if (subject.role == Role::kProgram) return true;
  return std::any_of(impl.direct_hosts.begin(), impl.direct_hosts.end(),
                     [&](const HostPort& host) { return Reaches(host, request, address); });
}

bool Policy::CarriesDatagrams(const Subject& subject, const NetworkRequest& request) const {
  const Impl& impl = *For(subject).impl_;
  NetworkRequest nameless = request;
  nameless.names = {};
  return request.bound_by_this_run || IsDirect(subject, request) ||
         impl.HostRule(subject, nameless, UnmapAddress(request.address)) != nullptr;
}

uint64_t Policy::outward_limit_bytes() const { return impl_->outward_limit; }

bool Policy::Impl::NameAllowed(const Subject& subject, std::string_view name) const {
  for (const PackageGrant& grant : grants) {
    if (GrantCovers(grant, subject, profile.pep503_names) && HostMatches(grant.host.host, name))
      return true;
  }
  for (const HostPort& host : HostsFor(subject)) {
    if (HostMatches(host.host, name)) return true;
  }
  return allowances != nullptr && allowances->Any([&](const Allowance& answer) {
    return IsFor(answer, subject, profile.pep503_names) && HostMatches(answer.host.host, name);
  });
}

Decision Policy::DecideName(const Subject& subject, const NameRequest& request) const {
  const Impl& impl = *For(subject).impl_;
  const CommonRules& rules = impl.common;
  if (IsMetadataName(request.name)) return Never(rules.metadata);
  if (subject.importing) {
    const bool is_named =
        std::any_of(impl.user_hosts.begin(), impl.user_hosts.end(),
                    [&](const HostPort& host) { return HostMatches(host.host, request.name); });
    return is_named ? Allow(rules.allowed_host) : Deny(rules.guard_import_network, true);
  }
  if (impl.IsOpen(subject)) return Allow(rules.guard_recorded);
  // Reverse lookups carry any label outside as well as forward ones do.
  const bool is_reverse = EndsWithIgnoringCase(request.name, ".arpa");
  const bool is_local = EqualsIgnoringCase(request.name, "localhost") ||
                        EndsWithIgnoringCase(request.name, ".localhost");
  if (!is_reverse && !is_local && impl.NameAllowed(subject, request.name)) {
    return Allow(rules.allowed_host);
  }
  const Rule* refused = IsOffline(subject) ? rules.package_network : rules.refused_name;
  return is_reverse || is_local || impl.offline ? Never(refused) : Deny(refused, true);
}

Decision Policy::DecideUnixSocket(const Subject& subject, const UnixSocketRequest& request) const {
  const Impl& impl = *For(subject).impl_;
  const CommonRules& rules = impl.common;
  if (request.bound_by_this_run) return Allow(rules.socket_own);
  if (request.is_abstract) {
    for (const SocketPattern& socket : impl.abstract_sockets) {
      if (MatchesGlob(socket.pattern, request.name)) {
        return {Verdict::kHide, ECONNREFUSED, socket.rule, true};
      }
    }
    if (impl.IsOpen(subject)) return Allow(rules.guard_recorded);
    return Refuse(rules.socket_refused, ECONNREFUSED, true);
  }
  for (std::string_view quiet : kQuietSockets) {
    if (MatchesPathGlob(quiet, request.name)) return Refuse(rules.socket_quiet, ENOENT, false);
  }
  const Places places = impl.tree.Find(request.name);
  const Mark& allowed = places[Layer::kUserRead].depth > places[Layer::kUserWrite].depth
                            ? places[Layer::kUserRead]
                            : places[Layer::kUserWrite];
  const bool is_named = allowed && allowed.depth == places.depth;
  const bool is_hidden =
      places[Layer::kUserHide].depth >= allowed.depth && places[Layer::kUserHide];
  for (const SocketPattern& socket : impl.sockets) {
    const bool matches =
        socket.pattern == request.name ||
        (HasGlobCharacters(socket.pattern) && MatchesPathGlob(socket.pattern, request.name));
    if (matches && IsGivenBack(subject, socket.rule)) return Allow(rules.socket_user);
    if (matches && !is_named) return {Verdict::kHide, ECONNREFUSED, socket.rule, true};
  }
  const Mark& credential = places[Layer::kCredential];
  if (credential && credential.depth > allowed.depth) {
    return {Verdict::kHide, ECONNREFUSED, credential.rule, true};
  }
  if (is_hidden) return {Verdict::kHide, ECONNREFUSED, places[Layer::kUserHide].rule, true};
  if (allowed && subject.role != Role::kPackage) return Allow(rules.socket_user);
  if (is_named) return Allow(rules.socket_user);
  if (subject.importing) {
    Decision refused = Refuse(rules.guard_import_network, ECONNREFUSED, true);
    refused.never_allowed = true;
    return refused;
  }
  if (impl.IsOpen(subject)) return Allow(rules.guard_recorded);
  return Refuse(rules.socket_refused, ECONNREFUSED, true);
}

}  // namespace safe_trace
