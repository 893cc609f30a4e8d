// The profiles of npm, yarn and pnpm on the command lines that these really use.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/package_identity.h"
#include "policy/path_template.h"
#include "policy/profile.h"

namespace safe_trace {
namespace {

using Words = std::vector<std::string>;

constexpr char kProject[] = "/home/u/project";
constexpr char kGitClone[] = "/home/u/.npm/_cacache/tmp/git-cloneAbCd12";
// How pnpm begins each of its scripts.
constexpr char kTrap[] = "trap 'if [ \"$?\" -eq 130 ]; then kill -s INT $$; fi' INT; ";

// `sh -c SCRIPT` with the variables of a script of `name`.
ExecFacts Script(std::string script, std::string event, std::string cwd, std::string name = "",
                 std::string version = "") {
  ExecFacts facts;
  facts.executable = "/usr/bin/dash";
  facts.arguments = {"sh", "-c", std::move(script)};
  facts.environment = {"npm_lifecycle_event=" + event, "INIT_CWD=/home/u/project"};
  if (!name.empty()) facts.environment.push_back("npm_package_name=" + name);
  if (!version.empty()) facts.environment.push_back("npm_package_version=" + version);
  facts.working_directory = std::move(cwd);
  return facts;
}

struct Matched {
  std::string id, package;
  Role role = Role::kManager;
  bool downloaded = false;
};

// The first rule that matches; an empty id where none does.
Matched Match(std::string_view manager, const ExecFacts& facts) {
  for (const Profile& profile : ShippedProfiles()) {
    if (profile.name != manager) continue;
    for (const ExecRule& rule : profile.exec_rules) {
      const int script = MatchExecRule(rule, facts, kProject);
      if (script < 0) continue;
      TemplateFacts templates;
      templates.working_directory = facts.working_directory;
      templates.arguments = facts.arguments;
      templates.script_index = static_cast<size_t>(script);
      for (const std::string& entry : facts.environment) {
        const size_t equals = entry.find('=');
        templates.environment.emplace(entry.substr(0, equals), entry.substr(equals + 1));
      }
      const PackageIdentity identity = IdentifyPackage(rule.identity, templates);
      return {rule.id, identity.name + "@" + identity.version, rule.role, rule.downloaded};
    }
  }
  return {};
}

TEST(RecognizeProfileTest, KnowsNodesManagersInTheirForms) {
  const std::vector<std::pair<Words, std::string>> lines = {
      {{"npm", "install"}, "npm"},
      {{"npx", "--yes", "tool"}, "npm"},
      {{"node", "/usr/bin/npm", "install"}, "npm"},
      {{"/usr/bin/env", "node", "/usr/bin/npx", "tool"}, "npm"},
      {{"/usr/bin/node", "/usr/lib/node_modules/npm/bin/npm-cli.js", "install", "--force"}, "npm"},
      {{"yarn"}, "yarn"},
      {{"yarnpkg", "add", "x"}, "yarn"},
      {{"node", "/opt/tools/bin/yarn", "install"}, "yarn"},
      {{"node", "/usr/lib/node_modules/corepack/dist/yarn.js"}, "yarn"},
      {{"/opt/tools/bin/pnpm", "install"}, "pnpm"},
      {{"pnpx", "tool"}, "pnpm"},
      {{"node", "/usr/lib/node_modules/pnpm/bin/pnpm.cjs", "i"}, "pnpm"}};
  for (const auto& [line, name] : lines) {
    EXPECT_EQ(RecognizeProfile(line, "").name, name) << ::testing::PrintToString(line);
  }
  for (const Words& line : std::vector<Words>{{"node", "server.js", "npm"},
                                              {"node", "-e", "1", "npm"},
                                              {"sh", "-c", "npm install"},
                                              {"npm-check"},
                                              {"echo", "yarn"}}) {
    EXPECT_EQ(RecognizeProfile(line, "").name, "generic") << ::testing::PrintToString(line);
  }
}

TEST(NodeExecRulesTest, ScriptOfADependencyHasTheNameThatTheManagerGaveIt) {
  for (const std::string manager : {"npm", "yarn", "pnpm"}) {
    // The package says another name of itself.
    const Matched direct = Match(
        manager,
        Script("node x.js", "postinstall", "/home/u/project/node_modules/evil", "good", "6.6.6"));
    EXPECT_EQ(direct.id, manager + ".dependency-script");
    EXPECT_EQ(direct.role, Role::kPackage);
    EXPECT_EQ(direct.package, "evil@6.6.6");
    EXPECT_EQ(
        Match(manager, Script("node x.js", "install",
                              "/home/u/project/node_modules/a/node_modules/@s/evil", "x", "1.0.0"))
            .package,
        "@s/evil@1.0.0");
  }
  const std::string store = "/home/u/project/node_modules/.pnpm/@s+evil@6.6.2/node_modules/@s/evil";
  EXPECT_EQ(Match("pnpm",
                  Script(kTrap + std::string("node x.js"), "preinstall", store, "@s/evil", "6.6.2"))
                .package,
            "@s/evil@6.6.2");
}

TEST(NodeExecRulesTest, NoTextOfAScriptKeepsItFromBeingPackageCode) {
  for (const std::string manager : {"npm", "yarn", "pnpm"}) {
    for (const std::string script :
         {"/usr/bin/npm", "x; /usr/bin/npm install", "node npm-cli.js", "; x; npm install",
          "/usr/bin/ssh", "/x/pnpm/dlx/a/node_modules/.bin/y", "tool"}) {
      const ExecFacts facts =
          Script(script, "postinstall", "/home/u/project/node_modules/evil", "evil", "1");
      EXPECT_EQ(Match(manager, facts).role, Role::kPackage) << manager << ": " << script;
    }
  }
}

TEST(NodeExecRulesTest, ScriptOfTheProjectIsTheUsers) {
  for (const std::string manager : {"npm", "yarn", "pnpm"}) {
    for (const std::string cwd : {"/home/u/project", "/home/u/project/packages/part"}) {
      const Matched matched = Match(manager, Script("make", "build", cwd, "mine", "1.0.0"));
      EXPECT_EQ(matched.id, manager + ".project-script");
      EXPECT_EQ(matched.role, Role::kProject);
    }
    EXPECT_EQ(Match(manager, Script("make", "build", "/tmp/elsewhere", "x", "1")).role,
              Role::kPackage);
  }
}

TEST(NodeExecRulesTest, ManagerThatAScriptStartedIsNoScriptItself) {
  // `env node npm` inside a script: the variables are inherited.
  ExecFacts facts = Script("", "build", kProject, "mine", "1.0.0");
  facts.executable = "/usr/bin/node";
  facts.arguments = {"node", "/usr/bin/npm", "install"};
  EXPECT_EQ(Match("npm", facts).id, "");
  facts.arguments = {"node", "/opt/tools/bin/yarn", "install"};
  EXPECT_EQ(Match("yarn", facts).id, "");
}

TEST(NodeExecRulesTest, CommandsOfModernYarnsShellArePackageCode) {
  const auto exec = [](const std::string& directory, const std::string& manifest) {
    ExecFacts facts = Script("", "postinstall", directory, "good", "6.6.6");
    facts.executable = "/usr/bin/dash";
    facts.arguments = {"/bin/sh", "/tmp/xfs-c393b9cc/node", "install.js"};
    facts.environment.push_back("BERRY_BIN_FOLDER=/tmp/xfs-c393b9cc");
    facts.environment.push_back("npm_package_json=" + manifest);
    return facts;
  };
  const std::string evil = std::string(kProject) + "/node_modules/evil";
  const Matched there = Match("yarn", exec(evil, evil + "/package.json"));
  EXPECT_EQ(there.role, Role::kPackage);
  EXPECT_EQ(there.package, "evil@6.6.6");
  // `cd ../.. && node x.js`, and `npm_package_json=x node x.js`.
  EXPECT_EQ(Match("yarn", exec(kProject, evil + "/package.json")).package, "evil@6.6.6");
  EXPECT_EQ(Match("yarn", exec(evil, "/x")).package, "evil@6.6.6");
  EXPECT_EQ(Match("yarn", exec("/tmp/xfs-1/x", "/tmp/xfs-1/x/package.json")).role, Role::kPackage);
  EXPECT_EQ(Match("yarn", exec(kProject, std::string(kProject) + "/package.json")).role,
            Role::kProject);
}

TEST(NodeExecRulesTest, CommandsOfPnpmsShellEmulatorArePackageCode) {
  const auto exec = [](const std::string& directory, const std::string& source) {
    ExecFacts facts = Script("", "postinstall", directory, "good", "6.6.6");
    facts.executable = "/usr/bin/node";
    facts.arguments = {"/usr/bin/node", "x.js"};
    facts.environment.push_back("PNPM_SCRIPT_SRC_DIR=" + source);
    return facts;
  };
  const std::string evil = std::string(kProject) + "/node_modules/.pnpm/evil@1/node_modules/evil";
  EXPECT_EQ(Match("pnpm", exec(evil, evil)).package, "evil@6.6.6");
  EXPECT_EQ(Match("pnpm", exec(evil, evil)).role, Role::kPackage);
  EXPECT_EQ(Match("pnpm", exec(kProject, evil)).package, "evil@6.6.6");
  EXPECT_EQ(Match("pnpm", exec(evil, "/x")).package, "evil@6.6.6");
  EXPECT_EQ(Match("pnpm", exec("/tmp/x", "/tmp/x")).role, Role::kPackage);
  EXPECT_EQ(Match("pnpm", exec(kProject, kProject)).role, Role::kProject);
}

TEST(NodeExecRulesTest, HelpersStayManager) {
  for (const std::string manager : {"npm", "yarn", "pnpm"}) {
    ExecFacts facts;
    facts.executable = "/usr/bin/git";
    facts.arguments = {"git", "ls-remote", "-t", "git@example.com:x/y.git"};
    facts.working_directory = kProject;
    EXPECT_EQ(Match(manager, facts).id, manager + ".git");
    EXPECT_EQ(Match(manager, facts).role, Role::kManager);
    facts.executable = "/usr/lib/git-core/git-remote-http";
    EXPECT_EQ(Match(manager, facts).id, manager + ".git-over-http");
    EXPECT_EQ(Match(manager, facts).role, Role::kManager);
    facts.executable = "/usr/bin/dash";
    facts.arguments = {"sh", "-c",
                       "trap '' INT TERM HUP\ngroups=' '\nwhile read -r line; do :; done"};
    EXPECT_EQ(Match(manager, facts).id, "") << "pnpm's watchdog";
  }
}

TEST(NpmExecRulesTest, GitDependencyIsPreparedWithoutCredentials) {
  ExecFacts inner;
  inner.executable = "/usr/bin/node";
  inner.arguments = {"/usr/bin/node", "/usr/lib/node_modules/npm/bin/npm-cli.js", "install",
                     "--force", "--cache=/home/u/.npm"};
  inner.working_directory = kGitClone;
  const Matched manager = Match("npm", inner);
  EXPECT_EQ(manager.id, "npm.git-dependency");
  EXPECT_EQ(manager.role, Role::kManager);
  EXPECT_TRUE(manager.downloaded);
  const Matched own = Match("npm", Script("node x.js", "prepare", kGitClone, "gitdep", "3.0.0"));
  EXPECT_EQ(own.role, Role::kPackage);
  EXPECT_EQ(own.package, "gitdep@3.0.0");
  const std::string leaf = std::string(kGitClone) + "/node_modules/leaf";
  EXPECT_EQ(Match("npm", Script("node x.js", "install", leaf, "leaf", "1.1.0")).package,
            "leaf@1.1.0");
}

TEST(NpmExecRulesTest, ToolOfNpxIsNamedByItsCommand) {
  const Matched matched =
      Match("npm", Script("'tool' 'an argument'", "npx", kProject, "mine", "1"));
  EXPECT_EQ(matched.id, "npm.exec");
  EXPECT_EQ(matched.role, Role::kProject);
  EXPECT_TRUE(matched.downloaded);
  EXPECT_EQ(matched.package, "tool@");
}

TEST(YarnExecRulesTest, GitDependencyIsPackageCode) {
  const std::string prepared = "/home/u/.cache/yarn/v6/.tmp/0123.4567.prepare";
  const Matched own = Match("yarn", Script("node x.js", "prepare", prepared, "gitdep", "3.0.0"));
  EXPECT_EQ(own.id, "yarn.git-dependency-script");
  EXPECT_EQ(own.package, "gitdep@3.0.0");
}

TEST(PnpmExecRulesTest, GitDependencyIsPreparedByANestedManager) {
  const Matched matched = Match("pnpm", Script(kTrap + std::string("npm install"), "npm-install",
                                               "/tmp/.tmpAbCdEf", "gitdep", "3.0.0"));
  EXPECT_EQ(matched.id, "pnpm.git-dependency");
  EXPECT_EQ(matched.role, Role::kProject);
  EXPECT_TRUE(matched.downloaded);
  EXPECT_EQ(matched.package, "gitdep@3.0.0");
  EXPECT_EQ(Match("pnpm", Script(kTrap + std::string("node x.js"), "prepare", "/tmp/.tmpAbCdEf",
                                 "gitdep", "3.0.0"))
                .role,
            Role::kPackage);
}

// What `pnpm exec` and `yarn exec` start, and a manager of the same kind that is started there.
TEST(ExecOfAProgramTest, IsTheProjectsAndManagersInItStayManagers) {
  const std::vector<std::pair<std::string, std::string>> managers = {
      {"pnpm", "PNPM_PACKAGE_NAME=mine"}, {"yarn", "npm_lifecycle_event=exec"}};
  for (const auto& [manager, variable] : managers) {
    ExecFacts facts;
    facts.executable = "/usr/bin/node";
    facts.arguments = {"node", "/home/u/project/node_modules/.bin/tool", "--fix"};
    facts.working_directory = kProject;
    EXPECT_EQ(Match(manager, facts).id, "") << manager;
    facts.environment = {variable};
    EXPECT_EQ(Match(manager, facts).id, manager + ".exec");
    EXPECT_EQ(Match(manager, facts).role, Role::kProject);
    facts.arguments = {"node", "/opt/tools/bin/" + manager, "install"};
    EXPECT_EQ(Match(manager, facts).role, Role::kManager);
  }
}

TEST(PnpmExecRulesTest, ToolOfDlxIsFetchedCode) {
  ExecFacts facts;
  facts.executable = "/usr/bin/dash";
  facts.arguments = {"/bin/sh", "/home/u/.cache/pnpm/dlx/0123/4567/node_modules/.bin/tool", "-x"};
  facts.working_directory = kProject;
  const Matched matched = Match("pnpm", facts);
  EXPECT_EQ(matched.id, "pnpm.dlx");
  EXPECT_TRUE(matched.downloaded);
  EXPECT_EQ(matched.package, "tool@");
}

}  // namespace
}  // namespace safe_trace
