// A small policy over a real tree, with the test itself as the task: paths and structures are read
// from its own memory.
#ifndef SAFE_TRACE_TESTS_UNIT_TRACER_DECIDING_DECIDING_FIXTURE_H_
#define SAFE_TRACE_TESTS_UNIT_TRACER_DECIDING_DECIDING_FIXTURE_H_

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <array>
#include <cstdint>
#include <memory>
#include <string>
#include <utility>
#include <variant>
#include <vector>

#include "policy/policy.h"
#include "tests/unit/tracer/temporary_tree.h"
#include "tracer/deciding/syscall_action.h"
#include "tracer/deciding/syscall_invocation.h"
#include "tracer/deciding/violation_reporter.h"
#include "tracer/tracee/floor_view.h"
#include "tracer/tracee/path_resolver.h"
#include "tracer/tracee/process_tree.h"
#include "tracer/tracee/tracee_memory.h"

namespace safe_trace {

class CollectingReporter final : public Reporter {
 public:
  struct Reported {
    Decision decision;
    std::string action, doing, how_to_allow;
  };
  void ReportDecision(const Process&, const Decision& decision, TraceEvent event,
                      std::string_view doing, std::string_view how_to_allow) override {
    decisions.push_back({decision, event.action, std::string(doing), std::string(how_to_allow)});
  }
  void NoteChange(const Process&, std::string_view, const struct stat*) override {}
  void ReportEvent(const Process&, TraceEvent event) override {
    events.push_back(std::move(event));
  }
  std::vector<Reported> decisions;
  std::vector<TraceEvent> events;
};

inline uint64_t Address(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }
// As the C library passes an int: only the low half means anything.
inline uint64_t Int(int value) { return 0xdead'0000'0000'0000U | static_cast<uint32_t>(value); }

template <typename Kind>
const Kind* As(const SyscallAction& action) {
  return std::get_if<Kind>(&action);
}
// 0 for every answer but Fail.
inline int ErrorOf(const SyscallAction& action) {
  const Fail* fail = As<Fail>(action);
  return fail == nullptr ? 0 : fail->error;
}
inline bool IsContinue(const SyscallAction& action, ContinueReason reason) {
  const Continue* answer = As<Continue>(action);
  return answer != nullptr && answer->reason == reason;
}
inline bool IsSuccess(const SyscallAction& action) {
  const Return* answer = As<Return>(action);
  return answer != nullptr && answer->value == 0;
}

class DecidingTest : public testing::Test {
 protected:
  static constexpr Access kAll = Access::kRead | Access::kWrite | Access::kExecute;

  DecidingTest() {
    home_ = files_.Directory("home");
    project_ = files_.Directory("home/project");
    build_ = files_.Directory("scratch/build");
    key_ = files_.File("home/.ssh/id_made_up", "a made-up key");
    files_.File("home/project/readme", "read me");
    HostFacts facts;
    facts.home = home_;
    facts.homes = {home_};
    facts.working_directory = project_;
    facts.command_executable = "/bin/true";
    facts.temporary_directories = {files_.Path("scratch")};
    facts.user_id = getuid();
    CredentialCatalog catalog;
    CredentialEntry ssh;
    ssh.id = "credential.ssh";
    ssh.description = "SSH keys";
    ssh.paths = {"~/.ssh"};
    ssh.file_names = {".env"};
    catalog.credentials = {ssh};
    ProtectedEntry shell;
    shell.id = "persistence.shell";
    shell.description = "shell start-up files";
    shell.paths = {"~/.bashrc"};
    catalog.protected_places = {shell};
    catalog.denied_programs = {"ssh"};
    Profile profile;
    profile.name = "generic";
    profile.role = Role::kCommand;
    auto built = Policy::Build(facts, {}, catalog, profile);
    EXPECT_TRUE(built.ok()) << built.status();
    if (built.ok()) policy_ = *std::move(built);
    Confine({.role = Role::kCommand}, {});
  }

  // Makes the test's own process a process of the run, of this subject with this floor.
  void Confine(Subject subject, std::vector<PathGrant> floor, bool on_behalf_only = false) {
    auto domain = std::make_shared<Domain>();
    domain->subject = std::move(subject);
    domain->floor = FloorPlan(std::move(floor));
    domain->on_behalf_only = on_behalf_only;
    tree_ = std::make_unique<ProcessTree>(std::move(domain));
    process_ = &tree_->AddRoot(getpid());
    process_->exec_generation = 1;
    if (gettid() != getpid()) tree_->AddThread(getpid(), gettid());
  }
  void ConfinePackage(std::vector<PathGrant> floor = {}) {
    Subject subject{.role = Role::kPackage, .ecosystem = "pip", .package = "evil"};
    subject.own = {{build_, Access::kRead | Access::kWrite}};
    Confine(std::move(subject), std::move(floor));
  }
  void CoverProject() { Confine({.role = Role::kCommand}, {{project_, kAll}}); }

  static SyscallInvocation Call(int number, std::array<uint64_t, 6> arguments) {
    SyscallInvocation call;
    call.notification_id = 1;
    call.tid = gettid();
    call.number = number;
    call.arguments = arguments;
    return call;
  }
  std::string InProject(const std::string& name) const { return project_ + "/" + name; }

  // The one decision reported, by its rule's id.
  std::string ReportedRule() const {
    if (reporter_.decisions.size() != 1) return std::to_string(reporter_.decisions.size());
    return reporter_.decisions[0].decision.rule->id;
  }
  static bool SameObject(int fd, const std::string& path) {
    struct stat a {};
    struct stat b {};
    return fstat(fd, &a) == 0 && lstat(path.c_str(), &b) == 0 && a.st_dev == b.st_dev &&
           a.st_ino == b.st_ino;
  }

  TemporaryTree files_;
  std::string home_, project_, build_, key_;
  std::unique_ptr<const Policy> policy_;
  ProcessVmMemory memory_;
  PathResolver resolver_;
  FloorView floor_;
  CollectingReporter reporter_;
  std::unique_ptr<ProcessTree> tree_;
  Process* process_ = nullptr;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TESTS_UNIT_TRACER_DECIDING_DECIDING_FIXTURE_H_
