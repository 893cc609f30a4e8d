#include <gmock/gmock.h>

#include "made_up_machine.h"
#include "policy/decision.h"

namespace safe_trace {
namespace {

TEST(PolicyBuildTest, RefusesPathsThatAreNotPlain) {
  for (const char* home : {"relative", "/home/../etc", "/home/ann/"}) {
    HostFacts facts = MadeUpFacts();
    facts.home = home;
    auto policy = Policy::Build(facts, {}, MadeUpCatalog(), MadeUpPip());
    EXPECT_FALSE(policy.ok()) << home;
  }
}

TEST(PolicyBuildTest, ABadHostFailsWithItsOrigin) {
  Config config;
  config.allowed_hosts = {{"not a host", "safe-trace.toml:7"}};
  auto policy = Policy::Build(MadeUpFacts(), config, MadeUpCatalog(), MadeUpPip());
  ASSERT_FALSE(policy.ok());
  EXPECT_THAT(std::string(policy.status().message()), testing::HasSubstr("safe-trace.toml:7"));
  config.allowed_hosts.clear();
  config.grants = {{"noequals", "--grant"}};
  EXPECT_FALSE(Policy::Build(MadeUpFacts(), config, MadeUpCatalog(), MadeUpPip()).ok());
}

TEST(PolicyBuildTest, WorksWithNoFactsAtAll) {
  auto policy = Policy::Build({}, {}, MadeUpCatalog(), MadeUpGeneric());
  ASSERT_TRUE(policy.ok());
  EXPECT_TRUE((*policy)->EvaluateFile(Command(), {"/usr/lib/x", Access::kRead}).allowed());
  EXPECT_EQ((*policy)->EvaluateFile(Command(), {"/etc/shadow"}).verdict, Verdict::kHide);
  EXPECT_FALSE((*policy)->EvaluateFile(Command(), {"/x", Access::kWrite}).allowed());
  EXPECT_FALSE((*policy)->FloorFor(Command()).grants.empty());
}

TEST(PolicyBuildTest, HomesThatAreSystemDirectoriesAreNobodys) {
  HostFacts facts = MadeUpFacts();
  facts.homes = {"/home/ann", "/", "/usr/sbin", "/bin", "/nonexistent", "/dev"};
  auto policy = MustBuild(facts, {}, MadeUpPip());
  EXPECT_TRUE(policy->EvaluateFile(EvilPackage(), {"/usr/sbin/ldconfig", Access::kRead}).allowed());
  EXPECT_TRUE(policy->EvaluateFile(EvilPackage(), {"/usr/lib/libc.so", Access::kRead}).allowed());
}

TEST(PolicyDigestTest, ChangesWithWhatDecidesAndWithNothingElse) {
  auto first = PipPolicy();
  auto same = PipPolicy();
  Config config;
  config.allow_read = {{"/home/ann/data", "--allow-read"}};
  auto wider = PipPolicy(config);
  EXPECT_EQ(first->Digest().size(), 64u);
  EXPECT_EQ(first->Digest(), same->Digest());
  EXPECT_NE(first->Digest(), wider->Digest());
}

TEST(PolicyDecisionTest, EveryDecisionCitesARule) {
  auto policy = PipPolicy();
  for (const char* path : {"/", "", "relative", "/dev", "/dev/sda", "/proc/1/mem", "/home/ann"}) {
    for (const Subject& subject : {Manager(), EvilPackage()}) {
      for (Access access : {Access::kRead, Access::kWrite, Access::kExecute, Access::kNone}) {
        Decision decision = policy->EvaluateFile(subject, {path, access});
        ASSERT_NE(decision.rule, nullptr) << path;
        EXPECT_FALSE(decision.rule->id.empty());
        EXPECT_FALSE(decision.rule->reason.empty());
        EXPECT_EQ(decision.allowed(), decision.error == 0);
      }
    }
  }
}

TEST(PolicyDecisionTest, AskingForNothingIsNotAllowed) {
  EXPECT_FALSE(PipPolicy()->EvaluateFile(Manager(), {"/tmp/x", Access::kNone}).allowed());
}

TEST(CatalogPathsTest, NamesEveryHomesPathsWithoutGlobs) {
  auto paths = CatalogPaths(MadeUpFacts(), MadeUpCatalog());
  EXPECT_THAT(paths, testing::IsSupersetOf({"/home/ann/.ssh", "/home/bob/.ssh", "/etc/shadow",
                                            "/home/ann/.config/chrome", "/home/bob/.bashrc"}));
  for (const std::string& path : paths) EXPECT_EQ(path.find('*'), std::string::npos) << path;
}

}  // namespace
}  // namespace safe_trace
