// A manager that prepares fetched code, which may tell it what to do.
#include <gmock/gmock.h>

#include "made_up_machine.h"

namespace safe_trace {
namespace {

std::unique_ptr<const Policy> PolicyWithFetchedManager() {
  Profile profile = MadeUpPip();
  ExecRule inner;
  inner.id = "pip.inner";
  inner.arguments = {"*/inner.py"};
  inner.role = Role::kManager;
  inner.downloaded = true;
  profile.exec_rules.insert(profile.exec_rules.begin(), inner);
  return MustBuild(MadeUpFacts(), {}, profile);
}

ExecFacts Exec(std::vector<std::string> arguments) {
  ExecFacts facts;
  facts.executable = "/usr/bin/python3";
  facts.arguments = std::move(arguments);
  facts.working_directory = "/home/ann/project";
  return facts;
}

TEST(DefaultVariableTest, IsForTheManagerOrForItsScripts) {
  Profile profile = MadeUpPip();
  profile.default_variables = {
      {.name = "FOR_IT", .value = "1", .at = "", .needs = ""},
      {.name = "FOR_SCRIPTS", .value = "2", .at = "", .needs = "", .for_scripts = true}};
  auto policy = MustBuild(MadeUpFacts(), {}, profile);
  const auto given = [&](Role role) {
    Subject subject = policy->InitialSubject();
    subject.role = role;
    return policy->VariablesFor(subject, {}, [](const std::string&) { return true; });
  };
  EXPECT_THAT(given(Role::kManager), ::testing::ElementsAre("FOR_IT=1"));
  EXPECT_THAT(given(Role::kPackage), ::testing::ElementsAre("FOR_SCRIPTS=2"));
  EXPECT_THAT(given(Role::kProject), ::testing::ElementsAre("FOR_SCRIPTS=2"));
  EXPECT_THAT(given(Role::kCommand), ::testing::IsEmpty());
}

TEST(FetchedManagerTest, LosesItsCredentialsWithoutAnAlarm) {
  auto policy = PolicyWithFetchedManager();
  const Subject manager = policy->InitialSubject();
  const FileRequest netrc{.path = "/home/ann/.netrc", .access = Access::kRead};
  EXPECT_TRUE(policy->EvaluateFile(manager, netrc).allowed());
  const Subject inner = policy->SubjectAfterExec(manager, Exec({"python3", "/usr/x/inner.py"}));
  EXPECT_EQ(inner.role, Role::kManager);
  EXPECT_TRUE(inner.downloaded);
  const Decision own = policy->EvaluateFile(inner, netrc);
  EXPECT_EQ(own.verdict, Verdict::kHide);
  EXPECT_FALSE(own.is_violation) << "it looks for them as it always does";
  const FileRequest key{.path = "/home/ann/.ssh/id_rsa", .access = Access::kRead};
  EXPECT_TRUE(policy->EvaluateFile(inner, key).is_violation);
  const FileRequest write{.path = "/home/ann/.netrc", .access = Access::kWrite};
  EXPECT_TRUE(policy->EvaluateFile(inner, write).is_violation);
}

TEST(FetchedManagerTest, ProgramInAPlaceThatItWritesIsPackageCode) {
  auto policy = PolicyWithFetchedManager();
  const Subject manager = policy->InitialSubject();
  const Subject inner = policy->SubjectAfterExec(manager, Exec({"python3", "/usr/x/inner.py"}));
  for (const char* script : {"./evil.py", "tools/evil.py", "/home/ann/project/evil.py"}) {
    const Subject after = policy->SubjectAfterExec(inner, Exec({"python3", script}));
    EXPECT_EQ(after.role, Role::kPackage) << script;
    EXPECT_TRUE(after.own.empty());
  }
  ExecFacts program = Exec({"git", "clone"});
  program.executable = "/home/ann/project/git";
  EXPECT_EQ(policy->SubjectAfterExec(inner, program).role, Role::kPackage);
  // Helpers of the system stay what they are.
  EXPECT_EQ(policy->SubjectAfterExec(inner, Exec({"git", "clone"})).role, Role::kManager);
}

// A hook of git, an interpreter of an environment in the project, a program that a project's
// configuration names: with the manager's rights it would have its credentials.
TEST(FetchedManagerTest, WhatAManagerStartsOfTheProjectIsTheProjects) {
  auto policy = PolicyWithFetchedManager();
  const Subject manager = policy->InitialSubject();
  for (const char* script : {"./mine.py", "sub/../mine.py", "/home/ann/project/mine.py"}) {
    const Subject after = policy->SubjectAfterExec(manager, Exec({"python3", script}));
    EXPECT_EQ(after.role, Role::kProject) << script;
  }
  ExecFacts program = Exec({"git", "status"});
  program.executable = "/home/ann/project/tools/git";
  EXPECT_EQ(policy->SubjectAfterExec(manager, program).role, Role::kProject);
  EXPECT_EQ(policy->SubjectAfterExec(manager, Exec({"python3", "/usr/share/x.py"})).role,
            Role::kManager);
}

TEST(FetchedManagerTest, ToolThatTheUserAskedForIsNamed) {
  Subject tool{.role = Role::kProject, .ecosystem = "npm", .package = "tool"};
  EXPECT_EQ(tool.Describe(), "project tool (npm)");
  tool.package.clear();
  EXPECT_EQ(tool.Describe(), "project npm");
}

}  // namespace
}  // namespace safe_trace
