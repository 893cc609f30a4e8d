#include "policy/env_pattern.h"

#include <gtest/gtest.h>

#include <array>

#include "policy/credential_catalog.h"

namespace safe_trace {
namespace {

TEST(MatchesVariableTest, ComparesComponentsNotSubstrings) {
  EXPECT_TRUE(MatchesVariable("*_TOKEN", "TOKEN"));
  EXPECT_TRUE(MatchesVariable("*_TOKEN", "GITHUB_TOKEN"));
  EXPECT_TRUE(MatchesVariable("*_TOKEN", "github_token"));
  EXPECT_TRUE(MatchesVariable("*_TOKEN", "TOKEN2"));
  EXPECT_TRUE(MatchesVariable("*_TOKEN", "npm_config_//registry.npmjs.org/:_authToken"));
  EXPECT_TRUE(MatchesVariable("*_API_KEY_*", "X_API_KEY_OLD"));
  EXPECT_TRUE(MatchesVariable("PIP_*", "PIP_INDEX_URL"));
  EXPECT_TRUE(MatchesVariable("TF_TOKEN_*", "TF_TOKEN_app_terraform_io"));
  EXPECT_FALSE(MatchesVariable("*_TOKEN", "TOKENIZERS_PARALLELISM"));
  EXPECT_FALSE(MatchesVariable("*_KEY", "MONKEY"));
  EXPECT_FALSE(MatchesVariable("*_API_KEY_*", "API_MY_KEY"));
  EXPECT_FALSE(MatchesVariable("PIP_*", "PIPX_HOME"));
  EXPECT_FALSE(MatchesVariable("TMUX", "TMUX_PANE"));
  EXPECT_FALSE(MatchesVariable("PASS", "BYPASS"));
}

TEST(MatchesVariableTest, EmptyPatternsAndNamesMatchNothing) {
  EXPECT_FALSE(MatchesVariable("", ""));
  EXPECT_FALSE(MatchesVariable("", "X"));
  EXPECT_FALSE(MatchesVariable("TOKEN", "___"));
}

TEST(VariablePatternSetTest, AgreesWithMatchesVariable) {
  const std::vector<std::string> patterns = {"*_TOKEN", "PIP_*", "A_*_B", "S3_KEY"};
  const VariablePatternSet set(patterns);
  for (const char* name :
       {"TOKEN", "PIP_X", "A_B", "A_Q_B", "A2_X_B", "S3_KEY", "S3_KEY2", "X", ""}) {
    int expected = -1;
    for (size_t i = patterns.size(); i-- > 0;) {
      if (MatchesVariable(patterns[i], name)) expected = static_cast<int>(i);
    }
    EXPECT_EQ(set.Find(name), expected) << name;
  }
}

// What the shipped catalogue says about a name, as a policy combines it.
bool ShippedHides(std::string_view name) {
  const CredentialCatalog& catalog = ShippedCatalog();
  for (const std::string& harmless : catalog.harmless_variables) {
    if (MatchesVariable(harmless, name)) return false;
  }
  for (const CredentialEntry& entry : catalog.credentials) {
    if (VariablePatternSet(entry.variables).Find(name) >= 0) return true;
  }
  return false;
}

TEST(ShippedVariablesTest, SecretsAreHidden) {
  for (const char* name : {"GITHUB_TOKEN",
                           "GH_TOKEN",
                           "AWS_SECRET_ACCESS_KEY",
                           "AWS_SESSION_TOKEN",
                           "NPM_TOKEN",
                           "NODE_AUTH_TOKEN",
                           "OPENAI_API_KEY",
                           "ANTHROPIC_API_KEY",
                           "PGPASSWORD",
                           "MYSQL_PWD",
                           "DATABASE_PASSWORD",
                           "DB_PASS",
                           "MY_SECRET",
                           "APP_SECRET_KEY",
                           "DJANGO_SECRET_KEY",
                           "SSH_AUTH_SOCK",
                           "TWINE_PASSWORD",
                           "VAULT_TOKEN",
                           "HF_TOKEN",
                           "CARGO_REGISTRY_TOKEN",
                           "CARGO_REGISTRIES_MINE_TOKEN",
                           "SLACK_WEBHOOK_URL",
                           "STRIPE_APIKEY",
                           "GPG_PRIVATE_KEY",
                           "TF_TOKEN_app_terraform_io",
                           "npm_config__authToken",
                           "npm_config__auth",
                           "MyApiKey",
                           "DBUS_SESSION_BUS_ADDRESS",
                           "GOOGLE_APPLICATION_CREDENTIALS",
                           "ACTIONS_RUNTIME_TOKEN",
                           "ACTIONS_ID_TOKEN_REQUEST_URL",
                           "TMUX",
                           "AZURE_STORAGE_CONNECTION_STRING",
                           "VSCE_PAT",
                           "KUBECONFIG",
                           "DOCKER_HOST",
                           "OP_SESSION_my",
                           "RAILS_MASTER_KEY",
                           "SENTRY_AUTH_TOKEN"}) {
    EXPECT_TRUE(ShippedHides(name)) << name;
  }
}

TEST(ShippedVariablesTest, HonestVariablesStay) {
  for (const char* name : {"PATH",
                           "HOME",
                           "PWD",
                           "OLDPWD",
                           "INIT_CWD",
                           "USER",
                           "SHELL",
                           "LANG",
                           "LC_ALL",
                           "TERM",
                           "COLORTERM",
                           "EDITOR",
                           "TMPDIR",
                           "DISPLAY_NAME",
                           "MONKEY",
                           "KEYBOARD",
                           "KEYBOARD_LAYOUT",
                           "TOKENIZERS_PARALLELISM",
                           "GPG_TTY",
                           "GPG_KEY",
                           "PYTHONPATH",
                           "PYTHONHASHSEED",
                           "VIRTUAL_ENV",
                           "CONDA_PREFIX",
                           "CC",
                           "CFLAGS",
                           "LDFLAGS",
                           "MAKEFLAGS",
                           "PKG_CONFIG_PATH",
                           "CARGO_HOME",
                           "CARGO_PKG_AUTHORS",
                           "RUSTFLAGS",
                           "GOPATH",
                           "GOFLAGS",
                           "NODE_ENV",
                           "NODE_OPTIONS",
                           "npm_package_name",
                           "npm_lifecycle_event",
                           "npm_config_registry",
                           "npm_config_cache",
                           "NPM_CONFIG_ALWAYS_AUTH",
                           "CI",
                           "GITHUB_ACTIONS",
                           "GITHUB_WORKSPACE",
                           "GITHUB_REPOSITORY",
                           "GITHUB_ACTOR",
                           "XDG_RUNTIME_DIR",
                           "XDG_SESSION_ID",
                           "SSH_ASKPASS",
                           "SSH_TTY",
                           "SSH_CONNECTION",
                           "GIT_AUTHOR_NAME",
                           "GIT_ASKPASS",
                           "LS_COLORS",
                           "BYPASS_CACHE",
                           "COMPASS_HOME",
                           "AUTHOR",
                           "AUTHORS_FILE",
                           "PYPROJECT_HOOKS",
                           "_PYPROJECT_HOOKS_BUILD_BACKEND",
                           "PEP517_BUILD_BACKEND",
                           "SECRETARY",
                           "PASSENGER_COUNT",
                           "OMP_NUM_THREADS",
                           "MKL_NUM_THREADS",
                           "CUDA_VISIBLE_DEVICES",
                           "SOURCE_DATE_EPOCH",
                           "SETUPTOOLS_SCM_PRETEND_VERSION",
                           "MAX_TOKENS",
                           "AWS_REGION",
                           "AWS_PROFILE",
                           "AWS_DEFAULT_REGION",
                           "PATTERN",
                           "PATCH_LEVEL"}) {
    EXPECT_FALSE(ShippedHides(name)) << name;
  }
}

}  // namespace
}  // namespace safe_trace
