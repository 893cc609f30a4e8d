// Makes the tighter domain that package code runs in: its own subject, floor, and temporary
// directory.
#ifndef SAFE_TRACE_TRACER_DECIDING_PACKAGE_DOMAIN_H_
#define SAFE_TRACE_TRACER_DECIDING_PACKAGE_DOMAIN_H_

#include <memory>
#include <string>

#include "absl/status/statusor.h"
#include "policy/policy.h"
#include "tracer/tracee/process_tree.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

struct ConfinedDomain {
  std::shared_ptr<const Domain> domain;
  UniqueFd ruleset;  // invalid where the kernel has no Landlock
};

// Lists a directory for ExpandFloor.
std::vector<DirectoryEntry> ListDirectory(const std::string& path);

// Builds the floor of a subject and its ruleset.
absl::StatusOr<ConfinedDomain> BuildDomain(const Policy& policy, Subject subject, int landlock_abi);

// The script that node loads before a package's own, installed beside the shim.
std::string NodeHookBeside(const std::string& shim_path);

// Owns the private temporary directories of the run's packages.
class PackageDomains {
 public:
  // `temporary_root` exists, belongs to this run alone and is removed by its owner.
  // `shim_path`: what LD_PRELOAD names, which the dynamic linker must be able to open; "" for none.
  PackageDomains(const Policy& policy, std::string temporary_root, std::string shim_path,
                 int landlock_abi)
      : policy_(policy),
        temporary_root_(std::move(temporary_root)),
        shim_path_(std::move(shim_path)),
        landlock_abi_(landlock_abi) {}

  // The subject's paths are made canonical where they exist.
  absl::StatusOr<ConfinedDomain> Make(Subject subject, std::shared_ptr<const Domain> outer);
  // For a manager, or a helper of one, that something else started: the kernel's floor stays the
  // outer one, and what it may do beyond that is done on its behalf.
  absl::StatusOr<ConfinedDomain> MakeManager(Subject subject, std::shared_ptr<const Domain> outer);

 private:
  const Policy& policy_;
  std::string temporary_root_;
  std::string shim_path_;
  int landlock_abi_;
  int next_directory_ = 1;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_DECIDING_PACKAGE_DOMAIN_H_
