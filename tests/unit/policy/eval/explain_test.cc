#include "policy/explain.h"

#include <gmock/gmock.h>

#include "made_up_machine.h"
#include "nlohmann/json.hpp"

namespace safe_trace {
namespace {

using nlohmann::json;
using testing::HasSubstr;
using testing::Not;

json Explain(const Policy& policy, const char* what) {
  return json::parse(ExplainResource(policy, MadeUpFacts(), what, true));
}

json Find(const json& answers, const char* role, const char* operation) {
  for (const json& answer : answers) {
    if (answer["role"] == role && answer["operation"] == operation) return answer;
  }
  return {};
}

TEST(ExplainTest, APathNamesTheRuleOfEachRole) {
  auto policy = PipPolicy();
  json answers = Explain(*policy, "~/.netrc");
  EXPECT_EQ(Find(answers, "manager", "read")["verdict"], "allow");
  json hidden = Find(answers, "package", "read");
  EXPECT_EQ(hidden["resource"], "/home/ann/.netrc");
  EXPECT_EQ(hidden["verdict"], "hide");
  EXPECT_EQ(hidden["error"], "ENOENT");
  EXPECT_EQ(hidden["rule"], "credential.netrc");
  EXPECT_EQ(hidden["violation"], true);
  EXPECT_THAT(ExplainResource(*policy, MadeUpFacts(), "~/.netrc", false),
              HasSubstr("credential.netrc: passwords per host"));
}

TEST(ExplainTest, ARelativePathIsTakenFromTheWorkingDirectory) {
  EXPECT_EQ(Explain(*PipPolicy(), "./a/../b")[0]["resource"], "/home/ann/project/b");
}

TEST(ExplainTest, AHostIsLookedUpAndConnectedTo) {
  auto policy = PipPolicy();
  EXPECT_EQ(Find(Explain(*policy, "pypi.org"), "manager", "connect")["verdict"], "allow");
  EXPECT_EQ(Find(Explain(*policy, "pypi.org:80"), "manager", "connect")["verdict"], "deny");
  EXPECT_EQ(Find(Explain(*policy, "pypi.org"), "package", "look up")["verdict"], "deny");
  EXPECT_EQ(Find(Explain(*policy, "169.254.169.254"), "manager", "connect")["rule"],
            "network.metadata");
  EXPECT_THAT(ExplainResource(*policy, MadeUpFacts(), "no host", false), HasSubstr("HOST[:PORT]"));
}

TEST(ExplainTest, AVariablesValueIsNeverPrinted) {
  HostFacts facts = MadeUpFacts();
  facts.environment["SERVICE_TOKEN"] = "sesame-open-up";
  auto policy = MustBuild(facts, {}, MadeUpPip());
  for (bool as_json : {false, true}) {
    std::string text = ExplainResource(*policy, facts, "SERVICE_TOKEN", as_json);
    EXPECT_THAT(text, HasSubstr("credential.tokens"));
    EXPECT_THAT(text, Not(HasSubstr("sesame")));
    EXPECT_THAT(ShowPolicy(*policy, facts, as_json), Not(HasSubstr("sesame")));
  }
}

TEST(ShowPolicyTest, HoldsPathsNamesHostsAndVariables) {
  auto policy = PipPolicy();
  std::string text = ShowPolicy(*policy, MadeUpFacts(), false);
  for (const char* part : {"/home/bob/.ssh", ".env.*", ".git/hooks", "pypi.org:443", "*_TOKEN",
                           "gh", "/run/docker.sock", "manager pip"}) {
    EXPECT_THAT(text, HasSubstr(part));
  }
  json shown = json::parse(ShowPolicy(*policy, MadeUpFacts(), true));
  EXPECT_EQ(shown["digest"], policy->Digest());
  EXPECT_GT(shown["items"].size(), 20u);
}

TEST(ShowPolicyTest, BytesThatAreNotUtf8DoNotBreakJson) {
  Config config;
  config.extra_paths = {{"/home/ann/\xff\xfe", "--hide"}};
  auto policy = PipPolicy(config);
  EXPECT_FALSE(json::parse(ShowPolicy(*policy, MadeUpFacts(), true)).empty());
  EXPECT_FALSE(
      json::parse(ExplainResource(*policy, MadeUpFacts(), "/home/ann/\xff", true)).empty());
}

}  // namespace
}  // namespace safe_trace
