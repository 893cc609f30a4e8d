// The inside of a Policy: what Build compiled. Only policy's own .cc files include this.
#ifndef SAFE_TRACE_POLICY_POLICY_IMPL_H_
#define SAFE_TRACE_POLICY_POLICY_IMPL_H_

#include <deque>
#include <map>
#include <memory>
#include <shared_mutex>
#include <string>
#include <string_view>
#include <unordered_map>
#include <utility>
#include <vector>

#include "policy/allowances.h"
#include "policy/env_pattern.h"
#include "policy/name_pattern_set.h"
#include "policy/place_tree.h"
#include "policy/policy.h"

namespace safe_trace {

// A place relative to a project's directories: ".git/hooks" is {".git", "hooks"}.
struct ProjectPlace {
  using Components = std::vector<std::string>;  // each may be a glob
  Components components;
  const Rule* rule = nullptr;
  bool package_only = false;
  // What may be written inside all the same, from the project's directory too: by others than
  // package code, or by it where the place is its alone.
  std::vector<Components> exceptions{};
};

// A place at which some right may change: FloorFor asks there. In the order of PlaceTree's visits.
struct FloorKey {
  std::string path;
  // Rights that the place can only take away, so that where none of them holds nothing changes;
  // kNone where it may give some.
  Access takes = Access::kNone;
};

struct SocketPattern {
  std::string pattern;
  const Rule* rule = nullptr;
};

struct PackageGrant {
  std::string package;  // as the user wrote it
  std::string version;  // "" for any
  HostPort host;
};

// Rules that every policy has. Point into Policy::Impl::rules.
struct CommonRules {
  const Rule *state, *command_read, *command_write, *working_directory, *temporary, *profile_write,
      *option_write, *cache_write, *home_write, *system_write, *package_read, *package_write,
      *package_own, *package_home, *package_foreign, *package_library_write, *package_program,
      *quiet, *device, *other_device, *kernel_write, *moves_guarded, *toolchain, *system,
      *kernel_files, *install_target;
  const Rule *metadata, *own_listener, *allowed_host, *granted_host, *answered_host,
      *refused_host,
      *package_network, *bind_allowed, *bind_refused, *refused_name, *socket_own, *socket_quiet,
      *socket_refused, *socket_user;
  const Rule *server_name, *request_host, *proxy_target, *nameless, *unknown_protocol,
      *datagram;
  const Rule *variable_kept, *variable_plain, *variable_own, *variable_hidden, *variable_shape;
  const Rule *guard_recorded, *guard_write, *guard_import_network, *guard_import_program,
      *guard_import_write;
  const Rule *lock_package, *lock_program, *lock_host, *lock_listener, *lock_path;
};

// The policies of managers that something else started, by ecosystem and working directory.
// Thread-safe: the broker asks from its own thread.
class NestedPolicies {
 public:
  explicit NestedPolicies(NestedPolicyBuilder builder) : builder_(std::move(builder)) {}
  // Null where there is none (yet).
  const Policy* Find(const Subject& subject) const;
  // Null where the builder failed, or there are too many.
  const Policy* FindOrBuild(const Profile& profile, const ExecFacts& facts);

 private:
  NestedPolicyBuilder builder_;
  mutable std::shared_mutex mutex_;
  // A builder that failed is not asked again: null.
  std::map<std::pair<std::string, std::string>, std::unique_ptr<const Policy>> policies_;
};

struct Policy::Impl {
  std::unique_ptr<NestedPolicies> nested;  // null in a nested policy itself

  HostFacts facts;
  Profile profile;
  bool offline = false;

  std::deque<Rule> rules;  // addresses stay: Decisions point at them
  CommonRules common{};

  PlaceTree tree;
  NamePatternSet hidden_names;
  std::vector<std::string> exempt_places;  // path globs in which hidden_names do not apply
  std::vector<ProjectPlace> project_places;
  // Indices of project_places by first component; those that begin with a glob stand under "".
  std::unordered_map<std::string_view, std::vector<uint32_t>> project_by_first;
  std::vector<FloorKey> floor_keys;
  NamePatternSet denied_programs;

  // Of a program, while packages are imported: what they may start and write.
  NamePatternSet import_programs;
  std::vector<std::string> import_writes;  // absolute

  std::vector<HostPort> hosts;
  std::vector<HostPort> user_hosts;  // of these, what the user allowed by --allow-host and the like
  std::vector<PackageGrant> grants;
  std::vector<HostPort> direct_hosts;
  std::shared_ptr<const Allowances> allowances;  // may be null
  std::shared_ptr<const BehaviourLock> lock;     // null: the run is not locked
  uint64_t outward_limit = 0;  // bytes; 0: none
  std::vector<SocketPattern> sockets, abstract_sockets;

  VariablePatternSet secret_variables, url_variables;
  // By Find's index.
  std::vector<std::pair<std::string, const Rule*>> variable_patterns, url_variable_patterns;
  std::vector<std::string> harmless_variables, kept_variables;
  std::vector<std::pair<std::string, const Rule*>> user_hidden_variables;

  const Rule* AddRule(std::string_view id, std::string_view reason);

  // file_rules.cc. `places` is what Find said about the path.
  Decision DecideRequest(const Subject& subject, const Places& places,
                         const FileRequest& request) const;
  Decision DecideBit(const Subject& subject, const Places& places, std::string_view path,
                     Access bit, bool empty_directory = false) const;
  Decision DecideGrant(const Subject& subject, const Places& places, std::string_view path,
                       Access bit) const;
  Decision DecidePackage(const Subject& subject, const Places& places, std::string_view path,
                         Access bit) const;
  Decision DecideCommand(const Subject& subject, const Places& places, std::string_view path,
                         Access bit) const;
  const NamePatternSet::Entry* HiddenName(const Subject& subject, const Places& places,
                                          std::string_view path, Access bit) const;
  const Rule* ProjectPlaceRule(const Subject& subject, const Places& places, std::string_view path,
                               bool empty_directory) const;

  // guard_rules.cc. What is taken away while a package is imported: the decision as it was, or a
  // refusal.
  Decision AtImport(const Subject& subject, const Places& places, const FileRequest& request,
                    const Decision& decision) const;
  // True where a program may reach everything, and it is recorded.
  bool IsOpen(const Subject& subject) const;
  // True for a destination that the user named: imports may reach that too.
  bool IsUserHost(const NetworkRequest& request, const IpAddress& address) const;

  // network_rules.cc
  const std::vector<HostPort>& HostsFor(const Subject& subject) const;
  const Rule* HostRule(const Subject& subject, const NetworkRequest& request,
                       const IpAddress& address) const;
  // The rule that lets `subject` reach a host that it calls by name or by a literal address.
  const Rule* ClaimRule(const Subject& subject, std::string_view host, uint16_t port) const;
  bool NameAllowed(const Subject& subject, std::string_view name) const;

  // place_builder.cc
  bool IsHomeOrAbove(std::string_view path) const;
  // True where a subject's own place may not be: see SubjectAfterExec. `installed`: it must lie
  // inside an install target, or beneath what the manager alone writes.
  bool IsTooWideForOwn(std::string_view path, bool for_writing, bool installed = false) const;
};

inline Decision Allow(const Rule* rule) { return {Verdict::kAllow, 0, rule, false}; }
// True where a helper of a manager was given this catalogue entry back.
bool IsGivenBack(const Subject& subject, const Rule* rule);
Decision Hide(const Rule* rule);                     // ENOENT, a violation
Decision Deny(const Rule* rule, bool is_violation);  // EACCES

// What the distribution owns. Lexical; the same on every machine.
bool IsSystemPath(std::string_view path);

// policy.cc calls these in this order. place_builder.cc:
void AddCommonRules(Policy::Impl& impl);
void AddPlaces(Policy::Impl& impl, const Config& config, const CredentialCatalog& catalog);
// network_rules.cc, variable_rules.cc
// network_rules.cc
bool Reaches(const HostPort& host, const NetworkRequest& request, const IpAddress& address);
// guard_rules.cc
void AddImportPlaces(Policy::Impl& impl, const Config& config);
absl::Status AddNetwork(Policy::Impl& impl, const Config& config, const CredentialCatalog& catalog);
void AddVariables(Policy::Impl& impl, const Config& config, const CredentialCatalog& catalog);
// floor_rules.cc, once all places are known
void AddFloorKeys(Policy::Impl& impl);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_POLICY_IMPL_H_
