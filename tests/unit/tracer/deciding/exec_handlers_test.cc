#include "tracer/deciding/exec_handlers.h"

#include <elf.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <filesystem>

#include "tests/unit/tracer/deciding/deciding_fixture.h"

namespace safe_trace {
namespace {

class ExecHandlersTest : public DecidingTest {
 protected:
  ExecHandlersTest() : domains_(*policy_, files_.Directory("packages"), "", 0) {
    options_.floor_present = false;
  }
  ExecHandlers Handlers() {
    return {*policy_, memory_, resolver_, floor_, domains_, reporter_, options_};
  }
  SyscallAction Exec(const std::string& path) {
    return Handlers().Handle(Call(SYS_execve, {Address(path.c_str()), 0, 0}), *process_);
  }
  SyscallAction ExecAt(int dirfd, const std::string& path, int flags) {
    return Handlers().Handle(
        Call(SYS_execveat, {Int(dirfd), Address(path.c_str()), 0, 0, Int(flags)}), *process_);
  }
  static bool IsLeft(const SyscallAction& action) {
    return IsContinue(action, ContinueReason::kKernelMustRun);
  }
  static std::string Canonical(const std::string& path) { return std::filesystem::canonical(path); }

  PackageDomains domains_;
  ExecHandlers::Options options_;
};

TEST_F(ExecHandlersTest, AllowedProgramIsLeftToTheKernel) {
  EXPECT_TRUE(IsLeft(Exec("/bin/true")));
  UniqueFd file(open("/bin/true", O_PATH | O_CLOEXEC));
  EXPECT_TRUE(IsLeft(ExecAt(file.get(), "", AT_EMPTY_PATH)));
  EXPECT_TRUE(reporter_.decisions.empty());
}

TEST_F(ExecHandlersTest, ProgramThatPackagesMayNotStartIsRefusedUnderEveryName) {
  ConfinePackage();
  const std::string ssh = files_.File("scratch/build/ssh", "#!/bin/sh\n");
  files_.Link("ssh", "scratch/build/harmless");
  UniqueFd file(open(ssh.c_str(), O_PATH | O_CLOEXEC));
  EXPECT_EQ(ErrorOf(Exec(ssh)), EACCES);
  EXPECT_EQ(ErrorOf(Exec(build_ + "/harmless")), EACCES);
  EXPECT_EQ(ErrorOf(ExecAt(file.get(), "", AT_EMPTY_PATH)), EACCES);
  EXPECT_EQ(reporter_.decisions.size(), 3U);
  EXPECT_TRUE(IsLeft(Exec(files_.File("scratch/build/configure", "#!/bin/sh\n"))));
}

TEST_F(ExecHandlersTest, AbsentProgramsGiveTheKernelsErrors) {
  EXPECT_EQ(ErrorOf(Exec(InProject("absent"))), ENOENT);
  EXPECT_EQ(ErrorOf(Exec("")), ENOENT);
  EXPECT_EQ(ErrorOf(ExecAt(0, "", 0)), ENOENT);
  EXPECT_EQ(ErrorOf(Handlers().Handle(Call(SYS_execve, {16, 0, 0}), *process_)), EFAULT);
}

TEST_F(ExecHandlersTest, MagicLinkOfAnotherProcessIsRefused) {
  EXPECT_EQ(ErrorOf(Exec("/proc/" + std::to_string(getppid()) + "/exe")), EACCES);
}

TEST_F(ExecHandlersTest, ProgramOfAnotherWordSizeIsRefused) {
  std::string bytes(64, '\0');
  bytes.replace(0, SELFMAG, ELFMAG);
  bytes[EI_CLASS] = ELFCLASS32;
  EXPECT_EQ(ErrorOf(Exec(files_.File("home/project/small", bytes))), ENOEXEC);
  EXPECT_EQ(ReportedRule(), "exec.foreign-architecture");
}

TEST_F(ExecHandlersTest, ProgramThatTheFloorDoesNotCoverIsRefusedWithItsReason) {
  options_.floor_present = true;
  const std::string script = files_.File("home/project/script", "#!/bin/sh\n");
  EXPECT_EQ(ErrorOf(Exec(script)), EACCES);
  EXPECT_EQ(ReportedRule(), "floor.made-beside-hidden");
  CoverProject();
  EXPECT_TRUE(IsLeft(Exec(script)));
}

TEST_F(ExecHandlersTest, WhatReallyRunsIsJudgedAgain) {
  ConfinePackage();
  Image image;
  image.executable = build_ + "/ssh";
  image.arguments = {"ssh", "host"};
  absl::StatusOr<ExecOutcome> outcome = Handlers().AfterExec(*process_, image);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_TRUE(outcome->kill);
  ASSERT_EQ(reporter_.decisions.size(), 1U);
  EXPECT_EQ(reporter_.decisions[0].decision.verdict, Verdict::kKill);
}

TEST_F(ExecHandlersTest, PackagesThatStartAPublishingCommandAreKilledOthersAreNot) {
  Image image;
  image.executable = Canonical("/bin/true");
  image.arguments = {"npm", "publish"};
  ASSERT_TRUE(Handlers().AfterExec(*process_, image).ok());
  EXPECT_TRUE(reporter_.decisions.empty());
  ConfinePackage();
  image.arguments = {"npm", "pack"};
  EXPECT_FALSE(Handlers().AfterExec(*process_, image)->kill);
  image.arguments = {"npm", "publish"};
  EXPECT_TRUE(Handlers().AfterExec(*process_, image)->kill);
  EXPECT_EQ(ReportedRule(), "package.publish");
  EXPECT_TRUE(reporter_.decisions[0].decision.is_violation);
}

TEST_F(ExecHandlersTest, AllowedImageIsNotedInTheProcess) {
  Image image;
  image.executable = Canonical("/bin/true");
  image.arguments = {"true", "x"};
  const uint64_t before = process_->exec_generation;
  absl::StatusOr<ExecOutcome> outcome = Handlers().AfterExec(*process_, image);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_FALSE(outcome->kill);
  EXPECT_TRUE(outcome->surgery.empty());
  EXPECT_EQ(process_->executable, image.executable);
  EXPECT_EQ(process_->arguments, image.arguments);
  EXPECT_EQ(process_->exec_generation, before + 1);
}

// A manager whose program named "backend" is package code.
class PackageEntryTest : public ExecHandlersTest {
 protected:
  PackageEntryTest() {
    HostFacts facts;
    facts.home = home_;
    facts.homes = {home_};
    facts.working_directory = project_;
    facts.command_executable = "/bin/true";
    facts.temporary_directories = {files_.Path("scratch")};
    CredentialCatalog catalog;
    CredentialEntry tokens;
    tokens.id = "credential.tokens";
    tokens.description = "tokens";
    tokens.variables = {"*_TOKEN"};
    catalog.credentials = {tokens};
    Profile profile;
    profile.name = "pip";
    profile.role = Role::kManager;
    ExecRule rule;
    rule.id = "pip.build-backend";
    rule.arguments = {"*backend.py"};
    rule.role = Role::kPackage;
    rule.reads = {"{cwd}"};
    profile.exec_rules = {rule};
    auto built = Policy::Build(facts, {}, catalog, profile);
    EXPECT_TRUE(built.ok()) << built.status();
    if (built.ok()) manager_policy_ = *std::move(built);
    Confine({.role = Role::kManager, .ecosystem = "pip"}, {});
  }
  absl::StatusOr<ExecOutcome> After(const std::vector<std::string>& arguments) {
    PackageDomains domains(*manager_policy_, files_.Path("packages"), "", 0);
    Image image;
    image.executable = Canonical("/bin/true");
    image.arguments = arguments;
    image.working_directory = build_;
    return ExecHandlers(*manager_policy_, memory_, resolver_, floor_, domains, reporter_, options_)
        .AfterExec(*process_, image);
  }
  std::unique_ptr<const Policy> manager_policy_;
};

TEST_F(PackageEntryTest, BuildBackendBecomesPackageCodeWithADirectoryOfItsOwn) {
  absl::StatusOr<ExecOutcome> outcome = After({"python3", "/x/backend.py"});
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_FALSE(outcome->kill);
  EXPECT_EQ(process_->domain->subject.role, Role::kPackage);
  EXPECT_EQ(process_->domain->temporary_directory, files_.Path("packages/p1"));
  EXPECT_EQ(files_.Mode("packages/p1"), 0700U);
  EXPECT_EQ(outcome->surgery.environment.added.at(0), "TMPDIR=" + files_.Path("packages/p1"));
}

TEST_F(PackageEntryTest, SecretVariablesAreTakenFromIt) {
  // The environment is read from the process that runs: a program that only waits.
  int ends[2];
  ASSERT_EQ(pipe2(ends, O_CLOEXEC), 0);
  const pid_t child = fork();
  if (child == 0) {
    const char* const environment[] = {"MADE_UP_TOKEN=x", "HARMLESS=y", "TMPDIR=/tmp", nullptr};
    execle("/bin/sleep", "sleep", "60", nullptr, environment);
    _exit(127);
  }
  close(ends[1]);
  char byte = 0;
  EXPECT_EQ(read(ends[0], &byte, 1), 0);  // closed by the exec
  close(ends[0]);
  Process& process = tree_->AddChild(getpid(), child);
  process_ = &process;
  absl::StatusOr<ExecOutcome> outcome = After({"python3", "/x/backend.py"});
  kill(child, SIGKILL);
  waitpid(child, nullptr, 0);
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(outcome->removed_variables, std::vector<std::string>{"MADE_UP_TOKEN"});
  const EnvironmentEdit& edit = outcome->surgery.environment;
  EXPECT_THAT(edit.removed_names, testing::IsSupersetOf({"MADE_UP_TOKEN", "TMPDIR"}));
  EXPECT_THAT(edit.removed_names, testing::Not(testing::Contains("HARMLESS")));
  EXPECT_THAT(edit.added, testing::Contains("SAFE_TRACE_REMOVED_VARIABLES=MADE_UP_TOKEN"));
}

TEST_F(PackageEntryTest, ManagersOtherProgramsStayTheManagers) {
  absl::StatusOr<ExecOutcome> outcome = After({"python3", "-m", "pip"});
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(process_->domain->subject.role, Role::kManager);
  EXPECT_TRUE(outcome->surgery.empty());
}

TEST_F(PackageEntryTest, PackageCodeStaysPackageCodeWhateverItRuns) {
  ASSERT_TRUE(After({"python3", "/x/backend.py"}).ok());
  const auto domain = process_->domain;
  absl::StatusOr<ExecOutcome> outcome = After({"python3", "-m", "pip"});
  ASSERT_TRUE(outcome.ok()) << outcome.status();
  EXPECT_EQ(process_->domain, domain);
}

}  // namespace
}  // namespace safe_trace
