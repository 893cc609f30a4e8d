// Programs of others that a manager runs for itself, and what those are given back: git, and the
// ssh that git starts.
#include <gmock/gmock.h>

#include "made_up_machine.h"

namespace safe_trace {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

std::unique_ptr<const Policy> PolicyWithHelpers() {
  Profile profile = MadeUpPip();
  ExecRule ssh;
  ssh.id = "pip.ssh";
  ssh.executables = {"*/ssh"};
  ssh.role = Role::kManager;
  ssh.helper = true;
  ssh.gives = {"credential.ssh"};
  ExecRule git;
  git.id = "pip.git";
  git.executables = {"*/git"};
  git.role = Role::kManager;
  git.helper = true;
  ExecRule other;
  other.id = "pip.other";
  other.arguments = {"*"};
  other.role = Role::kProject;
  profile.exec_rules = {ssh, git, other};
  return MustBuild(MadeUpFacts(), {}, profile);
}

ExecFacts Exec(std::string executable, std::vector<std::string> arguments) {
  ExecFacts facts;
  facts.executable = std::move(executable);
  facts.arguments = std::move(arguments);
  facts.working_directory = "/home/ann/project";
  return facts;
}

const FileRequest kKey{.path = "/home/ann/.ssh/known_hosts", .access = Access::kRead};

TEST(HelperRulesTest, WhatGitStartsStaysWithTheManager) {
  auto policy = PolicyWithHelpers();
  const Subject manager = policy->InitialSubject();
  const ExecFacts shell = Exec("/bin/dash", {"sh", "-c", "ssh -F config host"});
  EXPECT_EQ(policy->SubjectAfterExec(manager, shell).role, Role::kProject);
  const Subject git = policy->SubjectAfterExec(manager, Exec("/usr/bin/git", {"git", "clone"}));
  const Subject its_shell = policy->SubjectAfterExec(git, shell);
  EXPECT_EQ(its_shell.Describe(), "manager pip");
  const Subject ssh = policy->SubjectAfterExec(its_shell, Exec("/usr/bin/ssh", {"ssh", "host"}));
  EXPECT_EQ(ssh.Describe(), "manager pip");
  EXPECT_THAT(ssh.given_back, ElementsAre("credential.ssh"));
}

TEST(HelperRulesTest, WhatSshIsGivenIsForSshAlone) {
  auto policy = PolicyWithHelpers();
  const Subject git =
      policy->SubjectAfterExec(policy->InitialSubject(), Exec("/usr/bin/git", {"git", "clone"}));
  EXPECT_FALSE(policy->EvaluateFile(git, kKey).allowed());
  const Subject ssh = policy->SubjectAfterExec(git, Exec("/usr/bin/ssh", {"ssh", "host"}));
  EXPECT_TRUE(policy->EvaluateFile(ssh, kKey).allowed());
  const Subject its_shell =
      policy->SubjectAfterExec(ssh, Exec("/bin/dash", {"sh", "-c", "exec proxy-command"}));
  EXPECT_THAT(its_shell.given_back, IsEmpty());
  EXPECT_FALSE(policy->EvaluateFile(its_shell, kKey).allowed());
}

TEST(HelperRulesTest, WhatTheManagerCouldHaveWrittenIsNoHelper) {
  auto policy = PolicyWithHelpers();
  const Subject manager = policy->InitialSubject();
  for (const char* program :
       {"/home/ann/project/node_modules/.bin/ssh", "/tmp/x/ssh", "/home/ann/.cache/pip/git"}) {
    const Subject after = policy->SubjectAfterExec(manager, Exec(program, {"x"}));
    EXPECT_EQ(after.role, Role::kProject) << program;
    EXPECT_THAT(after.given_back, IsEmpty()) << program;
  }
}

TEST(HelperRulesTest, NobodyElsesSshIsGivenAnything) {
  auto policy = PolicyWithHelpers();
  for (const Subject& before : {EvilPackage(), Command(), Subject{.role = Role::kProject}}) {
    EXPECT_EQ(policy->SubjectAfterExec(before, Exec("/usr/bin/ssh", {"ssh"})), before);
  }
}

}  // namespace
}  // namespace safe_trace
