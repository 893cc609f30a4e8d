#include "policy/policy.h"

#include <nettle/sha2.h>

#include <algorithm>
#include <array>
#include <functional>
#include <utility>

#include "policy/lexical_path.h"
#include "policy/network_pattern.h"
#include "policy/policy_impl.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

std::string TextOf(const ProjectPlace::Components& components) {
  std::string text;
  for (const std::string& component : components) text += Cat("/", component);
  return text.substr(1);
}

std::string HostText(const HostPort& host) {
  std::string text = host.host.find(':') == std::string::npos ? host.host : "[" + host.host + "]";
  return host.port == 0 ? text : text + ":" + std::to_string(host.port);
}

struct LayerText {
  Layer layer;
  const char* effect;
  const char* roles;
};
constexpr LayerText kLayerTexts[] = {
    {Layer::kState, "may not be written; hidden from packages", "all roles"},
    {Layer::kUserHide, "hidden", "all roles"},
    {Layer::kUserRead, "may be read", "all roles"},
    {Layer::kUserWrite, "may be read and written", "all roles"},
    {Layer::kCredential, "hidden", "all roles"},
    {Layer::kOwnCredential, "may be read all the same", "manager"},
    {Layer::kProtected, "may not be written", "all roles"},
    {Layer::kCommandWrite, "may be written", "all roles but package"},
    {Layer::kPackageRead, "may be read and run", "package"},
    {Layer::kQuiet, "absent", "package"},
    {Layer::kDevice, "may be used", "all roles"},
    {Layer::kInputDevice, "may be read", "all roles"},
};

// Calls `visit` for each of Policy::Items without building it: the digest is made on every run.
using ItemVisitor =
    std::function<void(std::string_view kind, std::string_view what, std::string_view effect,
                       std::string_view roles, const Rule* rule)>;

void VisitPathItems(const Policy::Impl& impl, const ItemVisitor& visit) {
  auto say = [&](const std::string& path, Layer layer, const Rule* rule) {
    for (const LayerText& text : kLayerTexts) {
      if (text.layer == layer) visit("path", path, text.effect, text.roles, rule);
    }
  };
  impl.tree.ForEachPath([&](const std::string& path, const PlaceTree::Marks& marks) {
    for (const LayerText& text : kLayerTexts) {
      for (const auto& [layer, rule] : marks) {
        if (text.layer == layer) visit("path", path, text.effect, text.roles, rule);
      }
    }
  });
  for (const auto& glob : impl.tree.globs()) say(glob.glob, glob.layer, glob.rule);
}

void VisitItems(const Policy::Impl& impl, const ItemVisitor& visit) {
  VisitPathItems(impl, visit);
  for (const auto& entry : impl.hidden_names.entries()) {
    visit("file name", entry.glob, "hidden", entry.is_own ? "all roles but manager" : "all roles",
          entry.rule);
  }
  for (const ProjectPlace& place : impl.project_places) {
    visit("project path", TextOf(place.components), "may not be written",
          place.package_only ? "package" : "all roles", place.rule);
    for (const auto& except : place.exceptions) {
      visit("project path", TextOf(except), "may be written all the same", "all roles but package",
            place.rule);
    }
  }
  for (const auto& entry : impl.denied_programs.entries()) {
    visit("program", entry.glob, "may not be run", "package", entry.rule);
  }
  for (const SocketPattern& socket : impl.sockets) {
    visit("socket", socket.pattern, "refused", "all roles", socket.rule);
  }
  for (const SocketPattern& socket : impl.abstract_sockets) {
    visit("abstract socket", socket.pattern, "refused", "all roles", socket.rule);
  }
  for (const HostPort& host : impl.hosts) {
    visit("host", HostText(host), Cat("may be reached (", host.origin, ")"),
          "manager, command, program", impl.common.allowed_host);
  }
  for (const PackageGrant& grant : impl.grants) {
    visit("host", HostText(grant.host), "may be reached",
          Cat("package ", grant.package, grant.version.empty() ? "" : "@", grant.version),
          impl.common.granted_host);
  }
  for (const std::string& name : impl.kept_variables) {
    visit("variable", name, "kept", "all roles", impl.common.variable_kept);
  }
  for (const auto& [name, rule] : impl.user_hidden_variables) {
    visit("variable", name, "removed", "all roles", rule);
  }
  for (const std::string& name : impl.profile.own_variables) {
    visit("variable", name, "kept", "manager", impl.common.variable_own);
  }
  for (const auto& [pattern, rule] : impl.url_variable_patterns) {
    visit("variable", pattern, "removed where it names a user", "all roles", rule);
  }
  for (const auto& [pattern, rule] : impl.variable_patterns) {
    visit("variable", pattern, "removed", "all roles", rule);
  }
}

absl::Status CheckPath(const std::string& path, std::string_view what) {
  if (path.empty() || NormalizePath(path) == path) return absl::OkStatus();
  return absl::InvalidArgumentError(
      Cat("the ", what, " \"", path, "\" is not an absolute path in its plain form"));
}

}  // namespace

const Rule* Policy::Impl::AddRule(std::string_view id, std::string_view reason) {
  for (const Rule& rule : rules) {
    if (rule.id == id && rule.reason == reason) return &rule;
  }
  rules.push_back({std::string(id), std::string(reason)});
  return &rules.back();
}

Policy::Policy(std::unique_ptr<const Impl> impl) : impl_(std::move(impl)) {}
Policy::~Policy() = default;

absl::StatusOr<std::unique_ptr<const Policy>> Policy::Build(
    const HostFacts& facts, const Config& config, const CredentialCatalog& catalog,
    const Profile& profile, NestedPolicyBuilder nested,
    std::shared_ptr<const Allowances> allowances, std::shared_ptr<const BehaviourLock> lock) {
  if (absl::Status status = CheckPath(facts.home, "home"); !status.ok()) return status;
  if (absl::Status status = CheckPath(facts.working_directory, "working directory"); !status.ok()) {
    return status;
  }
  if (absl::Status status = CheckPath(facts.project, "project"); !status.ok()) return status;
  auto impl = std::make_unique<Impl>();
  impl->facts = facts;
  if (impl->facts.working_directory.empty()) impl->facts.working_directory = "/";
  if (!IsWithin(impl->facts.working_directory, impl->facts.Project())) impl->facts.project.clear();
  impl->profile = profile;
  impl->allowances = std::move(allowances);
  impl->lock = std::move(lock);
  if (nested) impl->nested = std::make_unique<NestedPolicies>(std::move(nested));
  AddCommonRules(*impl);
  AddPlaces(*impl, config, catalog);
  for (const std::string& program : catalog.denied_programs) {
    impl->denied_programs.Add({program, impl->common.package_program, false, {}});
  }
  AddImportPlaces(*impl, config);
  if (absl::Status status = AddNetwork(*impl, config, catalog); !status.ok()) return status;
  AddVariables(*impl, config, catalog);
  AddFloorKeys(*impl);
  return std::unique_ptr<const Policy>(new Policy(std::move(impl)));
}

const std::vector<HostPort>& Policy::allowed_hosts() const { return impl_->hosts; }

std::vector<PolicyItem> Policy::Items() const {
  std::vector<PolicyItem> items;
  VisitItems(*impl_, [&](std::string_view kind, std::string_view what, std::string_view effect,
                         std::string_view roles, const Rule* rule) {
    items.push_back(
        {std::string(kind), std::string(what), std::string(effect), std::string(roles), rule});
  });
  return items;
}

std::string Policy::Digest() const {
  sha256_ctx context;
  sha256_init(&context);
  std::string framed;
  auto add = [&](std::string_view text) {
    // Length first, so that no two sequences of texts look the same.
    framed.assign(std::to_string(text.size()));
    framed += ':';
    framed += text;
    sha256_update(&context, framed.size(), reinterpret_cast<const uint8_t*>(framed.data()));
  };
  add("safe-trace policy 1");
  add(impl_->profile.name);
  VisitItems(*impl_, [&](std::string_view kind, std::string_view what, std::string_view effect,
                         std::string_view roles, const Rule* rule) {
    for (std::string_view text : {kind, what, effect, roles, std::string_view(rule->id)}) add(text);
  });
  for (const std::string& name : impl_->harmless_variables) add(name);
  for (const std::string& place : impl_->exempt_places) add(place);
  for (const ExecRule& rule : impl_->profile.exec_rules) {
    add(rule.id);
    add(RoleName(rule.role));
    for (const auto* list : {&rule.arguments, &rule.environment_set, &rule.reads, &rule.writes}) {
      add(std::to_string(list->size()));
      for (const std::string& text : *list) add(text);
    }
  }
  for (const std::string& home : impl_->facts.homes) add(home);
  add(impl_->facts.working_directory);
  add(impl_->facts.Project());
  if (impl_->lock != nullptr) add(impl_->lock->digest());
  std::array<uint8_t, SHA256_DIGEST_SIZE> digest{};
  sha256_digest(&context, digest.size(), digest.data());
  std::string hex;
  for (uint8_t byte : digest) {
    hex += "0123456789abcdef"[byte >> 4];
    hex += "0123456789abcdef"[byte & 15];
  }
  return hex;
}

}  // namespace safe_trace
