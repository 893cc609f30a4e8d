#include <algorithm>
#include <optional>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "policy/config.h"
#include "policy/document.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

// Lays one configuration over another. Holds nothing longer than the call to OverlayConfig.
class Overlay {
 public:
  Overlay(ConfigTrust trust, std::vector<std::string>& ignored)
      : tighten_only_(trust == ConfigTrust::kTightenOnly), ignored_(ignored) {}

  // Lists that only tighten.
  void Stack(std::vector<Entry>& base, const std::vector<Entry>& over) {
    for (const Entry& entry : over) {
      const bool known = std::any_of(base.begin(), base.end(),
                                     [&](const Entry& old) { return old.value == entry.value; });
      if (!known) base.push_back(entry);
    }
  }
  // Lists that loosen.
  void StackLoosening(std::vector<Entry>& base, const std::vector<Entry>& over,
                      std::string_view key) {
    if (!tighten_only_) return Stack(base, over);
    for (const Entry& entry : over) {
      const bool known = std::any_of(base.begin(), base.end(),
                                     [&](const Entry& old) { return old.value == entry.value; });
      if (!known) Ignore(Cat(key, " '", Printable(entry.value), "' (", entry.origin, ")"));
    }
  }
  // A value that may be anything once the file is trusted, and nothing before.
  void ReplaceTrusted(std::optional<std::string>& base, const std::optional<std::string>& over,
                      std::string_view key) {
    if (!over || base == over) return;
    if (tighten_only_) return Ignore(Cat(key, " '", Printable(*over), "'"));
    base = over;
  }
  // A switch; `tight` is the value that tightens, `initial` what holds when nobody sets it.
  void Switch(std::optional<bool>& base, const std::optional<bool>& over, bool tight, bool initial,
              std::string_view key) {
    if (!over) return;
    const bool loosens = *over != tight && base.value_or(initial) == tight;
    if (tighten_only_ && loosens) return Ignore(Cat(key, *over ? " = true" : " = false"));
    base = over;
  }
  // A limit: the smaller is the tighter; no limit is the loosest.
  template <typename Number>
  void Limit(std::optional<Number>& base, const std::optional<Number>& over, std::string_view key) {
    if (!over) return;
    if (tighten_only_ && base && *over > *base) return Ignore(Cat(key, " = ", *over));
    base = over;
  }
  // The same with a default; 0 is no limit.
  void LimitWithDefault(std::optional<uint64_t>& base, const std::optional<uint64_t>& over,
                        uint64_t initial, std::string_view key) {
    if (!over) return;
    const uint64_t current = base.value_or(initial);
    const bool loosens = current != 0 && (*over == 0 || *over > current);
    if (tighten_only_ && loosens) return Ignore(Cat(key, " = ", *over));
    base = over;
  }
  void Action(std::optional<ViolationAction>& base, const std::optional<ViolationAction>& over) {
    if (!over) return;
    const bool loosens = base == ViolationAction::kKill && *over == ViolationAction::kDeny;
    if (tighten_only_ && loosens) return Ignore("[policy] on_violation = \"deny\"");
    base = over;
  }

 private:
  void Ignore(std::string_view what) {
    ignored_.push_back(
        Cat(what, " was ignored: it would loosen the policy and the file is not trusted"));
  }

  bool tighten_only_;
  std::vector<std::string>& ignored_;
};

}  // namespace

Config OverlayConfig(Config base, const Config& over, ConfigTrust trust,
                     std::vector<std::string>& ignored) {
  Overlay overlay(trust, ignored);
  overlay.Switch(base.enabled, over.enabled, true, true, "[sandbox] enabled");
  overlay.Limit(base.memory_limit_bytes, over.memory_limit_bytes, "[sandbox] memory_limit");
  overlay.Limit(base.cpu_limit, over.cpu_limit, "[sandbox] cpu_limit");
  overlay.Limit(base.timeout_seconds, over.timeout_seconds, "[sandbox] timeout");
  overlay.Limit(base.pids, over.pids, "[sandbox] pids");
  overlay.Stack(base.extra_paths, over.extra_paths);
  overlay.Stack(base.extra_env_vars, over.extra_env_vars);
  overlay.StackLoosening(base.allowed_hosts, over.allowed_hosts, "[network] allowed_hosts");
  overlay.StackLoosening(base.grants, over.grants, "[network] grants");
  overlay.Switch(base.offline, over.offline, true, false, "[network] offline");
  overlay.StackLoosening(base.direct_hosts, over.direct_hosts, "[network] direct_hosts");
  overlay.LimitWithDefault(base.outward_limit_bytes, over.outward_limit_bytes, kDefaultOutwardLimit,
                           "[network] outward_limit");
  overlay.ReplaceTrusted(base.exe, over.exe, "[run] exe");
  overlay.ReplaceTrusted(base.user, over.user, "[run] user");
  overlay.ReplaceTrusted(base.root_dir, over.root_dir, "[run] root_dir");
  overlay.StackLoosening(base.keep_env, over.keep_env, "[run] keep_env");
  overlay.StackLoosening(base.guard_keep_env, over.guard_keep_env, "[guard] keep_env");
  overlay.StackLoosening(base.guard_import_programs, over.guard_import_programs,
                         "[guard] import_programs");
  overlay.StackLoosening(base.guard_own_code, over.guard_own_code, "[guard] own_code");
  overlay.Action(base.on_violation, over.on_violation);
  overlay.Switch(base.fail_on_violation, over.fail_on_violation, true, true,
                 "[policy] fail_on_violation");
  // A decoy gives something where hiding gives nothing, so an untrusted file may not switch it on;
  // switching it off hides, but also takes the alarm away that a used decoy gives: neither way.
  if (trust == ConfigTrust::kTightenOnly) {
    const bool current = base.decoys.value_or(false);
    overlay.Switch(base.decoys, over.decoys, current, current, "[policy] decoys");
  } else if (over.decoys) {
    base.decoys = over.decoys;
  }
  overlay.StackLoosening(base.allow_read, over.allow_read, "[policy] allow_read");
  overlay.StackLoosening(base.allow_write, over.allow_write, "[policy] allow_write");
  overlay.ReplaceTrusted(base.sign_key, over.sign_key, "[trace] sign_key");
  if (over.compress) base.compress = over.compress;
  overlay.StackLoosening(base.sinks, over.sinks, "[trace] sinks");
  return base;
}

}  // namespace safe_trace
