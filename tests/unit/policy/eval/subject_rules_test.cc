#include <gmock/gmock.h>

#include <map>

#include "made_up_machine.h"

namespace safe_trace {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::Field;
using testing::IsEmpty;
using testing::Not;

constexpr Access kAll = Access::kRead | Access::kWrite | Access::kExecute;

ExecFacts BackendExec(const std::string& directory) {
  ExecFacts facts;
  facts.executable = "/home/ann/venv/bin/python3";
  facts.arguments = {"python3", "/tmp/x/_in_process.py", "build_wheel", "/tmp/tmpctl"};
  facts.working_directory = directory;
  facts.read_file = [](const std::string&) { return std::string(); };
  return facts;
}

std::vector<std::string> OwnPaths(const Subject& subject) {
  std::vector<std::string> paths;
  for (const PathGrant& grant : subject.own) paths.push_back(grant.path);
  return paths;
}

TEST(SubjectRulesTest, TheCommandStartsAsItsProfileSays) {
  EXPECT_EQ(PipPolicy()->InitialSubject().Describe(), "manager pip");
  auto generic = MustBuild(MadeUpFacts(), {}, MadeUpGeneric());
  EXPECT_EQ(generic->InitialSubject().Describe(), "command");
}

TEST(SubjectRulesTest, ABuildBackendBecomesThePackageOfItsDirectory) {
  auto policy = PipPolicy();
  ExecFacts facts =
      BackendExec("/tmp/pip-install-ab12cd34/evil-thing_0123456789abcdef0123456789abcdef");
  Subject after = policy->SubjectAfterExec(policy->InitialSubject(), facts);
  EXPECT_EQ(after.role, Role::kPackage);
  EXPECT_EQ(after.ecosystem, "pip");
  EXPECT_EQ(after.package, "evil-thing");
  EXPECT_THAT(after.own, Contains(PathGrant{facts.working_directory, kAll}));
  EXPECT_THAT(after.own, Contains(PathGrant{"/tmp/tmpctl", kAll}));
}

TEST(SubjectRulesTest, HelpersAndTheBuildEnvironmentStayManager) {
  auto policy = PipPolicy();
  const Subject manager = policy->InitialSubject();
  ExecFacts helper;
  helper.arguments = {"rustc", "--version"};
  EXPECT_EQ(policy->SubjectAfterExec(manager, helper).role, Role::kManager);
  ExecFacts runner;
  runner.arguments = {"python3", "/x/pip/__pip-runner__.py", "install", "/x/_in_process.py"};
  EXPECT_EQ(policy->SubjectAfterExec(manager, runner).role, Role::kManager);
}

TEST(SubjectRulesTest, EveryRoleButManagerIsSticky) {
  auto policy = PipPolicy();
  ExecFacts runner;
  runner.arguments = {"python3", "/x/pip/__pip-runner__.py", "install"};
  for (const Subject& before : {EvilPackage(), Command(), Subject{.role = Role::kProject},
                                Subject{.role = Role::kProgram}}) {
    EXPECT_EQ(policy->SubjectAfterExec(before, runner).role, before.role);
    Subject after = policy->SubjectAfterExec(before, BackendExec("/tmp/pip-install-x/other_1"));
    EXPECT_EQ(after.Describe(), before.Describe());
    EXPECT_EQ(after.own, before.own);
  }
}

TEST(SubjectRulesTest, AnInTreeBuildOwnsTheProject) {
  auto policy = PipPolicy();
  Subject after = policy->SubjectAfterExec(Manager(), BackendExec("/home/ann/project"));
  EXPECT_THAT(after.own, Contains(PathGrant{"/home/ann/project", kAll}));
}

TEST(SubjectRulesTest, HostileWordsOfAnExecWidenNothing) {
  auto policy = PipPolicy();
  for (const char* wide : {"/",
                           "/home",
                           "/home/ann",
                           "/home/bob",
                           "/home/ann/.ssh",
                           "/home/ann/.ssh/keys",
                           "/home/ann/.config",
                           "/home/ann/.config/autostart",
                           "/home/ann/.bashrc",
                           "/tmp",
                           "/var/tmp",
                           "/var",
                           "/usr",
                           "/usr/lib/python3",
                           "/etc",
                           "/etc/cron.d/x",
                           "/bin",
                           "/boot",
                           "/dev/shm",
                           "/proc/1",
                           "/sys",
                           "/home/ann/venv",
                           "/home/ann/venv/lib/python3.11/site-packages",
                           "/home/ann/venv/lib/python3.11/site-packages/pip",
                           "/home/ann/venv/bin",
                           "/home/ann/.cache/pip",
                           "/home/ann/.local/state/safe-trace/traces",
                           "/home/ann/.local/state",
                           "/home/ann/.pyenv/versions/3.11/lib",
                           "/etc/safe-trace"}) {
    ExecFacts facts = BackendExec("/tmp/pip-install-x/evil_1");
    facts.arguments[3] = wide;
    Subject after = policy->SubjectAfterExec(Manager(), facts);
    EXPECT_THAT(OwnPaths(after), ElementsAre("/tmp/pip-install-x/evil_1")) << wide;

    facts = BackendExec("/tmp/pip-install-x/evil_1");
    facts.read_file = [&](const std::string& path) {
      if (path != "/tmp/tmpctl/input.json") return std::string();
      return "{\"kwargs\": {\"wheel_directory\": \"" + std::string(wide) + "\"}}";
    };
    after = policy->SubjectAfterExec(Manager(), facts);
    EXPECT_THAT(OwnPaths(after), ElementsAre("/tmp/pip-install-x/evil_1", "/tmp/tmpctl")) << wide;

    facts = BackendExec(wide);
    facts.arguments[3] = "/tmp/tmpctl";
    after = policy->SubjectAfterExec(Manager(), facts);
    for (const PathGrant& grant : after.own) {
      if (grant.path != wide) continue;
      EXPECT_FALSE(Any(grant.access & Access::kWrite)) << wide;
    }
  }
}

TEST(SubjectRulesTest, DotDotAndNonsenseInAnExecGiveNothing) {
  auto policy = PipPolicy();
  for (std::string bad : {"/tmp/a/../../home/ann/.ssh", "..", "", "/tmp/../etc"}) {
    ExecFacts facts = BackendExec("/tmp/pip-install-x/evil_1");
    facts.arguments[3] = bad;
    Subject after = policy->SubjectAfterExec(Manager(), facts);
    EXPECT_THAT(OwnPaths(after), ElementsAre("/tmp/pip-install-x/evil_1")) << bad;
  }
}

TEST(SubjectRulesTest, OwnPlacesAreBounded) {
  auto policy = PipPolicy();
  ExecFacts facts = BackendExec("/tmp/pip-install-x/evil_1");
  std::string list = "PYTHONPATH=";
  for (int i = 0; i < 5000; ++i) list += "/tmp/p" + std::to_string(i) + ":";
  facts.environment = {list};
  EXPECT_LE(policy->SubjectAfterExec(Manager(), facts).own.size(), 64u);
}

TEST(SubjectRulesTest, AnExecWithNothingKnownStaysManagerWithoutGrants) {
  auto policy = PipPolicy();
  Subject after = policy->SubjectAfterExec(Manager(), ExecFacts{});
  EXPECT_EQ(after.role, Role::kManager);
  EXPECT_THAT(after.own, IsEmpty());
}

}  // namespace
}  // namespace safe_trace
