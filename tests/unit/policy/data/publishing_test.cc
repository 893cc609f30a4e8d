#include "policy/publishing.h"

#include <gtest/gtest.h>

#include "policy/profile.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

// Of a command line, its words separated by blanks.
std::string Publishing(std::string_view line, std::string_view executable = "/usr/bin/env") {
  std::vector<std::string> arguments;
  for (std::string_view word : SplitSkipEmpty(line, ' ')) arguments.emplace_back(word);
  return PublishingCommand(arguments, executable).value_or("");
}

TEST(PublishingTest, EveryManagersCommandsAreKnown) {
  EXPECT_EQ(Publishing("npm publish"), "npm publish");
  EXPECT_EQ(Publishing("node /usr/lib/node_modules/npm/bin/npm-cli.js unpublish a@1"),
            "npm unpublish");
  EXPECT_EQ(Publishing("npm dist-tag add a@1 latest"), "npm dist-tag");
  EXPECT_EQ(Publishing("npm owner add me a"), "npm owner");
  EXPECT_EQ(Publishing("npm token create"), "npm token");
  EXPECT_EQ(Publishing("npm adduser"), "npm adduser");
  EXPECT_EQ(Publishing("pnpm -r publish"), "pnpm publish");
  EXPECT_EQ(Publishing("yarn publish"), "yarn publish");
  EXPECT_EQ(Publishing("node /x/yarn.js npm publish --access public"), "yarn publish");
  EXPECT_EQ(Publishing("yarn workspace a npm publish"), "yarn publish");
  EXPECT_EQ(Publishing("yarn workspaces foreach -A npm publish"), "yarn publish");
  EXPECT_EQ(Publishing("/home/u/.cargo/bin/cargo +nightly publish"), "cargo publish");
  EXPECT_EQ(Publishing("cargo yank a@1"), "cargo yank");
  EXPECT_EQ(Publishing("ruby /usr/bin/gem push a.gem"), "gem push");
  EXPECT_EQ(Publishing("poetry publish --build"), "poetry publish");
  EXPECT_EQ(Publishing("uv publish dist/a.whl"), "uv publish");
  EXPECT_EQ(Publishing("python3 -m twine upload dist/a.whl"), "twine upload");
  EXPECT_EQ(Publishing("python3 /venv/bin/twine upload dist/a.whl"), "twine upload");
  EXPECT_EQ(Publishing("flit publish"), "flit publish");
}

TEST(PublishingTest, CommandsAreKnownAsShortAsTheManagerTakesThem) {
  EXPECT_EQ(Publishing("npm pub"), "npm pub");
  EXPECT_EQ(Publishing("npm distTag rm a latest"), "npm distTag");
  EXPECT_EQ(Publishing("npm addUser"), "npm addUser");
  EXPECT_EQ(Publishing("gem pus a.gem"), "gem pus");
}

TEST(PublishingTest, OptionsBeforeTheCommandHideNothing) {
  EXPECT_EQ(Publishing("npm --registry http://evil.example publish"), "npm publish");
  EXPECT_EQ(Publishing("npm --registry=http://evil.example --tag x --loglevel y publish"),
            "npm publish");
  EXPECT_EQ(Publishing("npm --silent publish"), "npm publish");
  EXPECT_EQ(Publishing("npm -- publish"), "npm publish");
  EXPECT_EQ(Publishing("npm --json true publish"), "npm publish");
  EXPECT_EQ(Publishing("npm --silent --tag run publish"), "npm publish");
  EXPECT_EQ(Publishing("npm --no-script-shell run publish"), "npm publish");
  EXPECT_EQ(Publishing("yarn --cwd npm npm --json publish"), "yarn publish");
  EXPECT_EQ(Publishing("env A=b npm publish"), "npm publish");
  EXPECT_EQ(Publishing("cargo --color always publish"), "cargo publish");
  EXPECT_EQ(Publishing("made-up publish", "/usr/bin/cargo"), "cargo publish");
  std::string line = "npm";
  for (int i = 0; i < 20000; ++i) line += " --a workspace";
  EXPECT_EQ(Publishing(line + " publish"), "npm publish");
}

TEST(PublishingTest, OtherCommandsAreNone) {
  for (const char* line : {"npm install publish",
                           "npm run publish",
                           "npm run --silent login",
                           "npm --silent run publish",
                           "npm -s --ignore-scripts run publish",
                           "pnpm -r run publish",
                           "yarn --silent run publish",
                           "cargo -q run publish",
                           "poetry -q run publish",
                           "uv -q run publish",
                           "npm ci",
                           "npm pack",
                           "npm audit",
                           "npm add token",
                           "npm prefix",
                           "npm install",
                           "npm",
                           "yarn add tag",
                           "yarn npm audit",
                           "yarn run publish",
                           "yarn",
                           "cargo build --bin publish",
                           "cargo run",
                           "gem install push",
                           "gem build a.gemspec",
                           "poetry build",
                           "uv pip install publish",
                           "pip install twine",
                           "python3 -m twine check a.whl",
                           "twine",
                           "node publish",
                           "publish",
                           "echo npm publish",
                           "sh -c npm",
                           "python3 -c publish",
                           ""}) {
    EXPECT_EQ(Publishing(line, "/usr/bin/true"), "") << line;
  }
}

TEST(PublishingTest, WhatIsShownIsBounded) {
  const std::string word = "pu" + std::string(1000, 'x');
  EXPECT_EQ(Publishing("npm " + word), "npm " + word.substr(0, 32));
}

TEST(PublishingTest, PackagesAndFetchedCodeMayNotTheUserMay) {
  Subject subject;
  for (Role role : {Role::kManager, Role::kProject, Role::kCommand, Role::kProgram}) {
    subject.role = role;
    EXPECT_TRUE(MayPublish(subject));
  }
  subject.downloaded = true;
  subject.role = Role::kProject;
  EXPECT_FALSE(MayPublish(subject));
  subject.downloaded = false;
  subject.role = Role::kPackage;
  EXPECT_FALSE(MayPublish(subject));
  const Decision refusal = PublishingRefused();
  EXPECT_EQ(refusal.rule->id, "package.publish");
  EXPECT_EQ(refusal.verdict, Verdict::kKill);
  EXPECT_TRUE(refusal.is_violation);
}

TEST(PublishingTest, KeysAreChecked) {
  const std::string head = "name = \"x\"\nrole = \"manager\"\n";
  EXPECT_TRUE(ParseProfile(head + "publishes = [\"a b\"]\npublishers = [\"a b\"]\n", "x").ok());
  EXPECT_FALSE(ParseProfile(head + "publishes = [\" \"]\n", "x").ok());
  EXPECT_FALSE(ParseProfile(head + "publishers = [\"a\"]\n", "x").ok());
  EXPECT_FALSE(ParseProfile(head + "publishes = [\"a a a a a a a a a\"]\n", "x").ok());
}

}  // namespace
}  // namespace safe_trace
