// The immutable policy of one run. Pure and thread-safe: every method is const, makes no system
// call, and takes microseconds.
#ifndef SAFE_TRACE_POLICY_POLICY_H_
#define SAFE_TRACE_POLICY_POLICY_H_

#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/access_request.h"
#include "policy/behaviour_lock.h"
#include "policy/config.h"
#include "policy/credential_catalog.h"
#include "policy/decision.h"
#include "policy/host_facts.h"
#include "policy/profile.h"

namespace safe_trace {

// What the kernel floor must let through and what it must leave out, for one subject, before
// anything is known about what exists. policy/floor_plan.h turns it into single grants.
struct FloorRequest {
  std::vector<PathGrant> grants;      // hierarchies that are allowed
  std::vector<PathGrant> carve_outs;  // hierarchies (or files) inside them that are not, by right
  std::vector<PathGrant> regrants;    // allowed again inside a carve-out: a manager's own file
  // In these directories (not beneath) entries whose name matches a credential pattern (".env",
  // "id_rsa") are carve-outs too; IsHiddenName tells.
  std::vector<std::string> scanned_directories;
  // As carve_outs, with a glob in some component ("/home/u/.mozilla/*/key4.db"): what exists and
  // matches is left out.
  std::vector<PathGrant> carve_out_globs;
};

// One line of what a policy holds, for `policy show`.
struct PolicyItem {
  std::string kind;    // "path", "file name", "project path", "variable", "host", ...
  std::string what;    // the path, pattern or name
  std::string effect;  // "hidden", "write-protected", "may be written", ...
  std::string roles;   // "all roles", "package", ...
  const Rule* rule = nullptr;
};

// Every path that the catalogue names for these homes, globs left out. The launcher resolves those
// that exist and fills HostFacts.links with the ones that lead elsewhere.
std::vector<std::string> CatalogPaths(const HostFacts& facts, const CredentialCatalog& catalog);

class Allowances;
class Policy;
// Makes the policy of a manager that something else of the run starts. Called at an exec, once for
// each profile; where it fails, the process stays what it was.
using NestedPolicyBuilder = std::function<absl::StatusOr<std::unique_ptr<const Policy>>(
    const Profile& profile, const ExecFacts& facts)>;

class Policy {
 public:
  // Without a `nested` builder, only the command itself can be a manager. `allowances`: what is
  // allowed later on; null where nothing will be. `lock`: to what everything is held that the rest
  // allows; null where it is not.
  static absl::StatusOr<std::unique_ptr<const Policy>> Build(
      const HostFacts& facts, const Config& config, const CredentialCatalog& catalog,
      const Profile& profile, NestedPolicyBuilder nested = {},
      std::shared_ptr<const Allowances> allowances = nullptr,
      std::shared_ptr<const BehaviourLock> lock = nullptr);
  ~Policy();
  Policy(const Policy&) = delete;
  Policy& operator=(const Policy&) = delete;

  // The subject that the command itself starts as.
  Subject InitialSubject() const;

  Decision EvaluateFile(const Subject& subject, const FileRequest& request) const;
  // What a client says on a connection that EvaluateNetwork allowed.
  Decision EvaluateStream(const Subject& subject, const StreamRequest& request) const;
  // [network] direct_hosts: connections to this host are not relayed, so nothing in them is seen.
  bool IsDirect(const Subject& subject, const NetworkRequest& request) const;
  // Whether datagrams may go where EvaluateNetwork lets `request` reach. Nothing in them says whom
  // they are for, so an address that is allowed by its name only carries none.
  bool CarriesDatagrams(const Subject& subject, const NetworkRequest& request) const;
  // [network] outward_limit: what managers may send to one host during a run; 0: no limit.
  uint64_t outward_limit_bytes() const;
  Decision EvaluateNetwork(const Subject& subject, const NetworkRequest& request) const;
  Decision EvaluateName(const Subject& subject, const NameRequest& request) const;
  Decision EvaluateUnixSocket(const Subject& subject, const UnixSocketRequest& request) const;
  // kHide: remove the variable from the subject's environment.
  Decision EvaluateVariable(const Subject& subject, const VariableRequest& request) const;
  // A command line as it may be shown and written: see argument_mask.h.
  std::vector<std::string> WithoutSecrets(const std::vector<std::string>& arguments) const;
  // `executable` is the canonical path of what would run, or really runs.
  Decision EvaluateExecute(const Subject& subject, std::string_view executable) const;
  // What the lock says of a program that EvaluateExecute let through: asked of the image itself, not
  // of a script that names it. Refuses, too, code of a package that the lock does not have.
  Decision EvaluateLockedProgram(const Subject& subject, std::string_view executable) const;
  // True where the lock may refuse a path that the kernel's floor grants.
  bool HoldsPathsByLock(const Subject& subject) const;
  // Null where the run is not locked.
  const BehaviourLock* lock() const;

  // The subject after an exec: the same, or what a role rule of the profile makes of it; or a
  // manager, where a command, a project's script or another manager starts one. Package and program
  // are sticky. May read files through the nested builder.
  Subject SubjectAfterExec(const Subject& before, const ExecFacts& facts) const;
  // False where no exec of this subject can change it.
  static bool MayChangeAtExec(const Subject& subject);
  // What an image of `subject` gets where the variable is not set: of the profile, and of what the
  // launcher kept back (`withheld`, "NAME=value") what a nested manager may have.
  // `exists` looks at a path, for variables that make sense only where something is installed.
  std::vector<std::string> VariablesFor(
      const Subject& subject, const std::vector<std::string>& withheld,
      const std::function<bool(const std::string& path)>& exists) const;

  FloorRequest FloorFor(const Subject& subject) const;
  // True where an entry with this base name is a credential wherever it lies (".env", "id_rsa").
  bool IsHiddenName(std::string_view base_name) const;

  // Hosts that the broker may resolve for the manager (and for --allow-host).
  const std::vector<HostPort>& allowed_hosts() const;

  // Everything that decides, in a stable order.
  std::vector<PolicyItem> Items() const;

  // A stable hexadecimal digest of everything that decides, for the trace's first line.
  std::string Digest() const;

  // The policy that decides for a subject: of its manager's profile.
  const Policy& For(const Subject& subject) const;

  struct Impl;  // policy_impl.h, for policy's own files only

 private:
  // What policy says before the lock is asked.
  Decision DecideFile(const Subject& subject, const FileRequest& request) const;
  Decision DecideStream(const Subject& subject, const StreamRequest& request) const;
  Decision DecideNetwork(const Subject& subject, const NetworkRequest& request) const;
  Decision DecideName(const Subject& subject, const NameRequest& request) const;
  Decision DecideUnixSocket(const Subject& subject, const UnixSocketRequest& request) const;

  explicit Policy(std::unique_ptr<const Impl> impl);
  std::unique_ptr<const Impl> impl_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_POLICY_H_
