#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/config.h"

namespace safe_trace {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

TEST(OverlayConfigTest, ListsStackAndValuesReplace) {
  Config base;
  base.extra_paths = {{"/a", "f1:1"}};
  base.timeout_seconds = 10;
  base.allowed_hosts = {{"a.example", "f1:2"}};
  Config over;
  over.extra_paths = {{"/a", "f2:1"}, {"/b", "f2:2"}};
  over.timeout_seconds = 99;
  over.allowed_hosts = {{"b.example", "f2:3"}};
  over.enabled = false;
  over.decoys = true;
  over.guard_keep_env = {{"X", "f2:4"}};
  std::vector<std::string> ignored;
  const Config all = OverlayConfig(base, over, ConfigTrust::kFull, ignored);
  EXPECT_THAT(all.extra_paths, ElementsAre(Entry{"/a", "f1:1"}, Entry{"/b", "f2:2"}));
  EXPECT_EQ(all.timeout_seconds, 99u);
  EXPECT_EQ(all.allowed_hosts.size(), 2u);
  EXPECT_EQ(all.enabled, false);
  EXPECT_EQ(all.decoys, true);
  EXPECT_EQ(all.guard_keep_env.size(), 1u);
  EXPECT_THAT(ignored, IsEmpty());
}

TEST(OverlayConfigTest, AbsentValuesKeepWhatWasThere) {
  Config base;
  base.offline = true;
  base.exe = "/usr/bin/x";
  base.on_violation = ViolationAction::kKill;
  std::vector<std::string> ignored;
  const Config all = OverlayConfig(base, Config(), ConfigTrust::kFull, ignored);
  EXPECT_EQ(all.offline, true);
  EXPECT_EQ(all.exe, "/usr/bin/x");
  EXPECT_EQ(all.on_violation, ViolationAction::kKill);
}

TEST(OverlayConfigTest, UntrustedFileTightens) {
  Config base;
  base.memory_limit_bytes = 1000;
  Config over;
  over.extra_paths = {{"/b", "p:1"}};
  over.extra_env_vars = {{"B", "p:2"}};
  over.memory_limit_bytes = 500;
  over.pids = 5;
  over.offline = true;
  over.on_violation = ViolationAction::kKill;
  std::vector<std::string> ignored;
  const Config all = OverlayConfig(base, over, ConfigTrust::kTightenOnly, ignored);
  EXPECT_EQ(all.extra_paths.size(), 1u);
  EXPECT_EQ(all.extra_env_vars.size(), 1u);
  EXPECT_EQ(all.memory_limit_bytes, 500u);
  EXPECT_EQ(all.pids, 5u);
  EXPECT_EQ(all.offline, true);
  EXPECT_EQ(all.on_violation, ViolationAction::kKill);
  EXPECT_THAT(ignored, IsEmpty());
}

TEST(OverlayConfigTest, UntrustedFileCannotLoosenAnything) {
  Config base;
  base.memory_limit_bytes = 1000;
  base.cpu_limit = 1;
  base.timeout_seconds = 10;
  base.pids = 10;
  base.offline = true;
  base.on_violation = ViolationAction::kKill;
  Config over;
  over.enabled = false;
  over.memory_limit_bytes = 2000;
  over.cpu_limit = 2;
  over.timeout_seconds = 20;
  over.pids = 20;
  over.allowed_hosts = {{"evil.example", "p:1"}};
  over.grants = {{"x=evil.example", "p:2"}};
  over.offline = false;
  over.exe = "/tmp/x";
  over.user = "root";
  over.root_dir = "/";
  over.keep_env = {{"AWS_SECRET_ACCESS_KEY", "p:3"}};
  over.guard_keep_env = {{"TOKEN", "p:4"}};
  over.on_violation = ViolationAction::kDeny;
  over.fail_on_violation = false;
  over.decoys = true;
  over.allow_read = {{"~/.ssh", "p:5"}};
  over.allow_write = {{"~", "p:6"}};
  std::vector<std::string> ignored;
  const Config all = OverlayConfig(base, over, ConfigTrust::kTightenOnly, ignored);
  EXPECT_FALSE(all.enabled.has_value());
  EXPECT_EQ(all.memory_limit_bytes, 1000u);
  EXPECT_EQ(all.cpu_limit, 1.0);
  EXPECT_EQ(all.timeout_seconds, 10u);
  EXPECT_EQ(all.pids, 10u);
  EXPECT_THAT(all.allowed_hosts, IsEmpty());
  EXPECT_THAT(all.grants, IsEmpty());
  EXPECT_EQ(all.offline, true);
  EXPECT_FALSE(all.exe || all.user || all.root_dir);
  EXPECT_THAT(all.keep_env, IsEmpty());
  EXPECT_THAT(all.guard_keep_env, IsEmpty());
  EXPECT_EQ(all.on_violation, ViolationAction::kKill);
  EXPECT_FALSE(all.fail_on_violation.has_value());
  EXPECT_FALSE(all.decoys.has_value());
  EXPECT_THAT(all.allow_read, IsEmpty());
  EXPECT_THAT(all.allow_write, IsEmpty());
  EXPECT_EQ(ignored.size(), 18u);
  EXPECT_THAT(ignored, ::testing::Each(HasSubstr("was ignored")));
}

TEST(OverlayConfigTest, UntrustedRepetitionOfWhatIsAllowedIsNotReported) {
  Config base;
  base.allowed_hosts = {{"a.example", "f1:1"}};
  std::vector<std::string> ignored;
  OverlayConfig(base, base, ConfigTrust::kTightenOnly, ignored);
  EXPECT_THAT(ignored, IsEmpty());
}

TEST(OverlayConfigTest, AnUntrustedFileMayOnlyLowerTheOutwardLimit) {
  std::vector<std::string> ignored;
  Config over;
  over.outward_limit_bytes = 0;
  over.direct_hosts = {{"proxy.example:1080", "./safe-trace.toml:2"}};
  Config result = OverlayConfig({}, over, ConfigTrust::kTightenOnly, ignored);
  EXPECT_FALSE(result.outward_limit_bytes.has_value());
  EXPECT_TRUE(result.direct_hosts.empty());
  EXPECT_EQ(ignored.size(), 2u);
  over.outward_limit_bytes = 1000;
  result = OverlayConfig({}, over, ConfigTrust::kTightenOnly, ignored);
  EXPECT_EQ(result.outward_limit_bytes, 1000u);
}

TEST(OverlayConfigTest, AnUntrustedFileNamesNeitherASinkNorAKey) {
  Config base;
  base.sinks = {{"unix:/run/mine.sock", "user"}};
  Config over;
  over.sinks = {{"unix:/run/mine.sock", "project"}, {"otlp+http://thief.example", "project"}};
  over.sign_key = "/tmp/key";
  over.compress = true;
  std::vector<std::string> ignored;
  const Config tight = OverlayConfig(base, over, ConfigTrust::kTightenOnly, ignored);
  EXPECT_EQ(tight.sinks, base.sinks);
  EXPECT_FALSE(tight.sign_key.has_value());
  EXPECT_EQ(tight.compress, true);
  EXPECT_EQ(ignored.size(), 2u);
  ignored.clear();
  const Config full = OverlayConfig(base, over, ConfigTrust::kFull, ignored);
  EXPECT_EQ(full.sinks.size(), 2u);
  EXPECT_EQ(full.sign_key, "/tmp/key");
  EXPECT_TRUE(ignored.empty());
}

}  // namespace
}  // namespace safe_trace
