// Managers behind a shell's script: pyenv's, asdf's and nodenv's shims, and pip's own script where
// the interpreter's path holds a blank.
#include <gmock/gmock.h>

#include <string>
#include <utility>
#include <vector>

#include "made_up_machine.h"

namespace safe_trace {
namespace {

using testing::ElementsAre;
using testing::IsEmpty;

ExecFacts Exec(std::string executable, std::vector<std::string> arguments) {
  ExecFacts facts;
  facts.executable = std::move(executable);
  facts.arguments = std::move(arguments);
  facts.working_directory = "/home/ann/project";
  return facts;
}

// `started`: the executables for which a policy was built.
std::unique_ptr<const Policy> PolicyBehind(bool through_shell, const Profile& profile,
                                           std::vector<std::string>& started) {
  HostFacts facts = MadeUpFacts();
  facts.through_shell = through_shell;
  auto built = Policy::Build(facts, {}, MadeUpCatalog(), profile,
                             [&started](const Profile& manager, const ExecFacts& exec) {
                               started.push_back(exec.executable);
                               return Policy::Build(MadeUpFacts(), {}, MadeUpCatalog(), manager);
                             });
  EXPECT_TRUE(built.ok()) << built.status();
  return built.ok() ? *std::move(built) : nullptr;
}

const ExecFacts kProper =
    Exec("/opt/versions/3.12/bin/python3.12",
         {"/opt/versions/3.12/bin/python3", "/opt/versions/3.12/bin/pip", "install", "x"});

TEST(LauncherScriptTest, TheManagerProperTellsWhereItLies) {
  std::vector<std::string> started;
  auto policy = PolicyBehind(true, MadeUpPip(), started);
  const Subject first = policy->InitialSubject();
  EXPECT_EQ(first.Describe(), "manager pip");
  const Subject shim =
      policy->SubjectAfterExec(first, Exec("/bin/dash", {"sh", "/opt/libexec/exec", "pip"}));
  EXPECT_EQ(shim.scope, "");
  EXPECT_THAT(started, IsEmpty());
  const Subject proper = policy->SubjectAfterExec(shim, kProper);
  EXPECT_EQ(proper.Describe(), "manager pip");
  EXPECT_EQ(proper.scope, "/home/ann/project");
  EXPECT_THAT(started, ElementsAre(kProper.executable));
  // From here on it is there already.
  EXPECT_EQ(policy->SubjectAfterExec(proper, kProper).scope, proper.scope);
  EXPECT_EQ(started.size(), 1U);
}

TEST(LauncherScriptTest, WhatIsNoScriptIsTheManagerItself) {
  std::vector<std::string> started;
  auto policy = PolicyBehind(false, MadeUpPip(), started);
  EXPECT_EQ(policy->SubjectAfterExec(policy->InitialSubject(), kProper).scope, "");
  EXPECT_THAT(started, IsEmpty());
}

TEST(LauncherScriptTest, AScriptThatACommandStartsIsNotTheManagerYet) {
  std::vector<std::string> started;
  auto policy = PolicyBehind(false, MadeUpGeneric(), started);
  const Subject script = policy->SubjectAfterExec(
      Command(), Exec("/bin/dash", {"/bin/sh", "/home/ann/my venv/bin/pip", "install", "x"}));
  EXPECT_EQ(script, Command());
  EXPECT_THAT(started, IsEmpty());
  const Subject proper = policy->SubjectAfterExec(script, kProper);
  EXPECT_EQ(proper.Describe(), "manager pip");
  EXPECT_THAT(started, ElementsAre(kProper.executable));
}

TEST(LauncherScriptTest, PackageCodeIsNoManagerByAnyScript) {
  std::vector<std::string> started;
  auto policy = PolicyBehind(true, MadeUpPip(), started);
  EXPECT_EQ(policy->SubjectAfterExec(EvilPackage(), kProper), EvilPackage());
  EXPECT_THAT(started, IsEmpty());
}

}  // namespace
}  // namespace safe_trace
