#include "made_up_machine.h"

namespace safe_trace {
namespace {

bool IsKept(const Policy& policy, const Subject& subject, const char* name, const char* value) {
  Decision decision = policy.EvaluateVariable(subject, {name, value});
  EXPECT_NE(decision.rule, nullptr);
  EXPECT_NE(decision.verdict, Verdict::kDeny);
  return decision.allowed();
}

// Built from parts so that no scanner mistakes this file for a leak.
std::string FakeToken() { return std::string("ghp_") + std::string(36, 'a'); }

TEST(VariableRulesTest, SecretsGoByNameAndByShape) {
  auto policy = PipPolicy();
  const std::string token = FakeToken();
  for (const Subject& subject : {Manager(), Command(), EvilPackage()}) {
    EXPECT_FALSE(IsKept(*policy, subject, "GITHUB_TOKEN", "x"));
    EXPECT_FALSE(IsKept(*policy, subject, "DB_PASSWORD", "x"));
    EXPECT_FALSE(IsKept(*policy, subject, "HARMLESS_LOOKING", token.c_str()));
    EXPECT_TRUE(IsKept(*policy, subject, "CSRF_TOKEN", "x"));
    EXPECT_FALSE(IsKept(*policy, subject, "CSRF_TOKEN", token.c_str()));
    EXPECT_TRUE(IsKept(*policy, subject, "EDITOR", "vi"));
    EXPECT_TRUE(IsKept(*policy, subject, "PATH", "/usr/bin"));
    EXPECT_TRUE(IsKept(*policy, subject, "LC_ALL", "C"));
  }
}

TEST(VariableRulesTest, TheUserKeepsAndHides) {
  Config config;
  config.keep_env = {{"GITHUB_TOKEN", "-k"}};
  config.extra_env_vars = {{"MY_*", "--hide-env"}};
  auto policy = PipPolicy(config);
  EXPECT_TRUE(IsKept(*policy, EvilPackage(), "GITHUB_TOKEN", "x"));
  EXPECT_FALSE(IsKept(*policy, EvilPackage(), "GITLAB_TOKEN", "x"));
  EXPECT_FALSE(IsKept(*policy, Manager(), "MY_THING", "x"));
}

TEST(VariableRulesTest, AManagersOwnSettingsAreKeptForItAlone) {
  auto policy = PipPolicy();
  const char* url = "https://ann:hunter2hunter2@mirror.example/simple";
  EXPECT_TRUE(IsKept(*policy, Manager(), "PIP_INDEX_URL", url));
  EXPECT_FALSE(IsKept(*policy, EvilPackage(), "PIP_INDEX_URL", url));
  EXPECT_TRUE(IsKept(*policy, Manager(), "HTTPS_PROXY", url));
  EXPECT_TRUE(IsKept(*policy, Manager(), "https_proxy", url));
  EXPECT_FALSE(IsKept(*policy, EvilPackage(), "https_proxy", url));
  EXPECT_FALSE(IsKept(*policy, {.role = Role::kCommand}, "PIP_INDEX_URL", url));
}

TEST(VariableRulesTest, AUrlIsASecretByItsValueAlone) {
  auto policy = PipPolicy();
  for (const Subject& subject : {EvilPackage(), Command()}) {
    EXPECT_TRUE(IsKept(*policy, subject, "PIP_INDEX_URL", "https://mirror.example/simple"));
    EXPECT_TRUE(IsKept(*policy, subject, "PIP_INDEX_URL", ""));
    EXPECT_FALSE(IsKept(*policy, subject, "PIP_INDEX_URL", "https://token@mirror.example/simple"));
    EXPECT_FALSE(IsKept(*policy, subject, "PIP_INDEX_URL", FakeToken().c_str()));
    // What only resembles it is judged by its name as before.
    EXPECT_FALSE(IsKept(*policy, subject, "PIP_INDEX_USER", "x"));
  }
}

// With the shipped catalogue.
TEST(VariableRulesTest, EveryManagersUrlsAreKeptUnlessTheyNameAUser) {
  auto policy = Policy::Build(MadeUpFacts(), Config(), ShippedCatalog(), MadeUpGeneric());
  ASSERT_TRUE(policy.ok()) << policy.status();
  for (const char* name :
       {"PIP_FIND_LINKS", "PIP_INDEX_URL", "PIP_EXTRA_INDEX_URL", "PIP_PROXY", "UV_INDEX",
        "UV_INDEX_URL", "UV_DEFAULT_INDEX", "UV_FIND_LINKS", "npm_config_registry",
        "npm_config_@scope:registry", "NPM_CONFIG_HTTPS_PROXY", "YARN_NPM_REGISTRY_SERVER",
        "GOPROXY", "CARGO_REGISTRIES_MINE_INDEX", "BUNDLE_MIRROR__HTTPS://RUBYGEMS__ORG/",
        "RUBYGEMS_HOST", "https_proxy", "HTTP_PROXY", "PUB_HOSTED_URL"}) {
    for (const Subject& subject : {EvilPackage(), Command()}) {
      EXPECT_TRUE(IsKept(**policy, subject, name, "https://mirror.example/simple")) << name;
      EXPECT_TRUE(IsKept(**policy, subject, name, "/srv/wheels")) << name;
      EXPECT_FALSE(IsKept(**policy, subject, name, "https://t0ken@mirror.example/")) << name;
      EXPECT_FALSE(IsKept(**policy, subject, name, "https://ann:pw@mirror.example/")) << name;
    }
  }
  for (const char* name :
       {"UV_INDEX_MINE_PASSWORD", "UV_INDEX_MINE_USERNAME", "UV_PUBLISH_TOKEN", "NPM_TOKEN",
        "npm_config_//registry.example/:_authToken", "BUNDLE_GEMS__EXAMPLE__COM", "GOAUTH"}) {
    EXPECT_FALSE(IsKept(**policy, Command(), name, "plain")) << name;
  }
  EXPECT_TRUE(IsKept(**policy, Command(), "UV_INDEX_STRATEGY", "first-index"));
}

TEST(VariableRulesTest, RemovalIsNotEvidence) {
  EXPECT_FALSE(PipPolicy()->EvaluateVariable(EvilPackage(), {"A_TOKEN", "x"}).is_violation);
}

}  // namespace
}  // namespace safe_trace
