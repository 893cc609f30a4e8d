#include "launcher/verbs.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <cstdlib>
#include <filesystem>
#include <fstream>

namespace safe_trace {
namespace {

namespace fs = std::filesystem;
using ::testing::AllOf;
using ::testing::HasSubstr;

class CompanionTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string pattern = (fs::temp_directory_path() / "st-verbs-XXXXXX").string();
    ASSERT_NE(mkdtemp(pattern.data()), nullptr);
    root_ = pattern;
    fs::create_directories(root_ + "/bin");
    fs::create_directories(root_ + "/libexec/safe-trace");
  }
  void TearDown() override { fs::remove_all(root_); }
  void Program(const std::string& name, mode_t mode) {
    std::ofstream(root_ + name) << "#!/bin/sh\n";
    chmod((root_ + name).c_str(), mode);
  }
  std::string Find() {
    absl::StatusOr<std::string> found = FindCompanion("trace", root_ + "/bin/safe-trace");
    return found.ok() ? found->substr(root_.size()) : std::string(found.status().message());
  }
  std::string root_;
};

TEST_F(CompanionTest, IsLookedForBesideTheProgramFirst) {
  Program("/libexec/safe-trace/safe-trace-trace", 0755);
  EXPECT_EQ(Find(), "/libexec/safe-trace/safe-trace-trace");
  Program("/bin/safe-trace-trace", 0755);
  EXPECT_EQ(Find(), "/bin/safe-trace-trace");
}

TEST_F(CompanionTest, MustBeAProgram) {
  Program("/bin/safe-trace-trace", 0644);
  fs::create_directory(root_ + "/libexec/safe-trace/safe-trace-trace");
  EXPECT_THAT(Find(), HasSubstr("is missing"));
}

TEST_F(CompanionTest, WhenMissingTheMessageNamesThePlaces) {
  EXPECT_THAT(Find(), AllOf(HasSubstr("safe-trace-trace is missing"),
                            HasSubstr(root_ + "/bin/safe-trace-trace"),
                            HasSubstr(root_ + "/libexec/safe-trace/safe-trace-trace")));
}

class OwnFailure : public ::testing::TestWithParam<std::vector<std::string>> {};

TEST_P(OwnFailure, EndsWith125AndSaysWhyOnStandardError) {
  ::testing::internal::CaptureStderr();
  EXPECT_EQ(RunArguments(GetParam()), kExitOwnFailure);
  EXPECT_THAT(::testing::internal::GetCapturedStderr(), ::testing::StartsWith("safe-trace: "));
}

INSTANTIATE_TEST_SUITE_P(
    Table, OwnFailure,
    ::testing::Values(std::vector<std::string>{}, std::vector<std::string>{"--bogus", "x"},
                      std::vector<std::string>{"scan", "--", "x"},
                      std::vector<std::string>{"--decoys", "x"},
                      std::vector<std::string>{"help", "bogus"},
                      std::vector<std::string>{"policy", "trust", "/nonexistent/safe-trace.toml"},
                      std::vector<std::string>{"policy", "show", "--profile", "no-such"}));

TEST(VerbsTest, VersionGoesToStandardOutput) {
  ::testing::internal::CaptureStdout();
  EXPECT_EQ(RunArguments({"--version"}), 0);
  EXPECT_THAT(::testing::internal::GetCapturedStdout(), ::testing::StartsWith("safe-trace "));
}

}  // namespace
}  // namespace safe_trace
