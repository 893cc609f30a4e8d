// The profiles of cargo, go and gem: how they are recognised, and who each exec that was seen of
// them becomes.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

#include "policy/package_identity.h"
#include "policy/path_template.h"
#include "policy/profile.h"

namespace safe_trace {
namespace {

using Words = std::vector<std::string>;

const Profile& ProfileNamed(const std::string& name) {
  for (const Profile& profile : ShippedProfiles()) {
    if (profile.name == name) return profile;
  }
  ADD_FAILURE() << "no profile " << name;
  return ShippedProfiles().back();
}

struct Exec {
  std::string executable;
  Words arguments;
  std::string working_directory = "/home/u/project";
  Words environment = {};
  Words command = {};
};

// "ROLE RULE NAME@VERSION" of the first rule that matches, "manager" where none does.
std::string Becomes(const std::string& manager, const Exec& exec) {
  ExecFacts facts;
  facts.executable = exec.executable;
  facts.arguments = exec.arguments;
  facts.environment = exec.environment;
  facts.working_directory = exec.working_directory;
  for (const ExecRule& rule : ProfileNamed(manager).exec_rules) {
    const int at = MatchExecRule(rule, facts, "/home/u/project");
    if (at < 0) continue;
    TemplateFacts templates;
    templates.working_directory = facts.working_directory;
    templates.arguments = facts.arguments;
    templates.command = exec.command;
    templates.script_index = static_cast<size_t>(at);
    for (const std::string& variable : exec.environment) {
      const size_t equals = variable.find('=');
      templates.environment[variable.substr(0, equals)] = variable.substr(equals + 1);
    }
    const PackageIdentity identity = IdentifyPackage(rule.identity, templates);
    std::string said = std::string(RoleName(rule.role)) + " " + rule.id;
    if (!identity.name.empty()) said += " " + identity.name + "@" + identity.version;
    return said;
  }
  return "manager";
}

TEST(ToolchainProfilesTest, AreRecognised) {
  EXPECT_EQ(RecognizeProfile({"cargo", "build"}, "").name, "cargo");
  EXPECT_EQ(RecognizeProfile({"/home/u/.cargo/bin/cargo", "+nightly", "run"}, "").name, "cargo");
  EXPECT_EQ(RecognizeProfile({"cargo-nextest", "nextest"}, "").name, "cargo");
  EXPECT_EQ(RecognizeProfile({"/usr/local/go/bin/go", "build"}, "").name, "go");
  EXPECT_EQ(RecognizeProfile({"env", "GOOS=linux", "go", "install"}, "").name, "go");
  EXPECT_EQ(RecognizeProfile({"ruby", "/usr/bin/gem", "install", "x"}, "").name, "gem");
  EXPECT_EQ(RecognizeProfile({"gem3.1", "install", "x"}, "").name, "gem");
  EXPECT_EQ(RecognizeProfile({"bundle", "install"}, "").name, "gem");
  EXPECT_EQ(RecognizeProfile({"gofmt"}, "").name, "generic");
  EXPECT_EQ(RecognizeProfile({"ruby", "x.rb", "gem"}, "").name, "generic");
}

const Words kCrate = {"CARGO_PKG_NAME=evil", "CARGO_PKG_VERSION=1.2.3", "CARGO_MANIFEST_DIR=/r",
                      "OUT_DIR=/home/u/project/target/debug/build/evil-2/out"};
constexpr char kSource[] = "/home/u/.cargo/registry/src/index-1/evil-1.2.3";
constexpr char kBuildScript[] = "/home/u/project/target/debug/build/evil-1/build-script-build";

TEST(CargoExecRulesTest, EveryCompilationIsThePackages) {
  EXPECT_EQ(
      Becomes("cargo",
              {"/usr/bin/rustc", {"rustc", "--crate-name", "evil", "src/lib.rs"}, kSource, kCrate}),
      "package cargo.compiler evil@1.2.3");
  EXPECT_EQ(Becomes("cargo", {"/usr/bin/rustc",
                              {"rustc", "--crate-name", "evil", "--extern", "m=/t/libm-1.so"},
                              kSource,
                              kCrate}),
            "package cargo.macro evil@1.2.3");
  EXPECT_EQ(Becomes("cargo", {"/usr/bin/sccache",
                              {"sccache", "/usr/bin/rustc", "--crate-name", "evil"},
                              kSource,
                              kCrate}),
            "package cargo.compiler evil@1.2.3");
  // A crate may have the name that cargo's question has.
  EXPECT_EQ(
      Becomes(
          "cargo",
          {"/usr/bin/rustc", {"rustc", "--crate-name", "___", "src/lib.rs", "-"}, kSource, kCrate}),
      "package cargo.compiler evil@1.2.3");
}

TEST(CargoExecRulesTest, QuestionsToTheCompilerAreTheManagers) {
  EXPECT_EQ(Becomes("cargo", {"/usr/bin/rustc", {"rustc", "-vV"}}), "manager cargo.helper");
  EXPECT_EQ(Becomes("cargo", {"/usr/bin/rustc", {"rustc", "-", "--crate-name", "___"}}),
            "manager cargo.compiler-probe");
  EXPECT_EQ(Becomes("cargo", {"/usr/bin/git", {"git", "fetch"}}), "manager cargo.git");
  EXPECT_EQ(Becomes("cargo", {"/usr/bin/dash", {"/bin/sh", "./wrapper", "rustc", "-vV"}}),
            "project cargo.other");
}

TEST(CargoExecRulesTest, BuildScriptsAreWhoseCrateItIs) {
  EXPECT_EQ(Becomes("cargo", {kBuildScript, {kBuildScript}, kSource, kCrate}),
            "package cargo.build-script evil@1.2.3");
  EXPECT_EQ(Becomes("cargo", {kBuildScript, {kBuildScript}, "/home/u/project/inner", kCrate}),
            "project cargo.project-build-script");
  EXPECT_EQ(Becomes("cargo", {kBuildScript, {kBuildScript}, "/home/u/project/vendor/evil", kCrate}),
            "package cargo.build-script evil@1.2.3");
  EXPECT_EQ(Becomes("cargo", {kBuildScript, {kBuildScript}, "/home/u/elsewhere", kCrate}),
            "package cargo.build-script-elsewhere evil@1.2.3");
}

TEST(CargoExecRulesTest, WhatWasBuiltIsTheProjects) {
  EXPECT_EQ(
      Becomes(
          "cargo",
          {"/home/u/project/target/debug/mine", {"target/debug/mine"}, "/home/u/project", kCrate}),
      "project cargo.run");
}

constexpr char kModule[] = "/home/u/go/pkg/mod/github.com/!some/evil@v1.2.3";

TEST(GoExecRulesTest, ToolsAreTheManagers) {
  const std::string tool = "/usr/local/go/pkg/tool/linux_amd64/cgo";
  EXPECT_EQ(Becomes("go", {tool, {tool, "-V=full"}}), "manager go.tool");
  EXPECT_EQ(Becomes("go", {tool, {tool, "-objdir", "/tmp/b002/"}, kModule}), "manager go.tool");
  EXPECT_EQ(Becomes("go", {"/usr/bin/git", {"git", "ls-remote"}}), "manager go.git");
  EXPECT_EQ(Becomes("go", {"/usr/bin/hg", {"hg", "clone"}}), "manager go.repository");
  EXPECT_EQ(Becomes("go", {"/usr/bin/ssh", {"ssh"}, "/home/u", {"SSH_AUTH_SOCK=/s"}}),
            "manager go.ssh");
}

TEST(GoExecRulesTest, CompilersOfAModuleAreThatModules) {
  EXPECT_EQ(Becomes("go", {"/usr/bin/gcc", {"gcc", "-E", "-"}, kModule}),
            "package go.module github.com/Some/evil@v1.2.3");
  // A folder of the module that is named as another one.
  EXPECT_EQ(Becomes("go", {"/usr/bin/gcc",
                           {"gcc", "-E", "-"},
                           std::string(kModule) + "/mod/good.org/x@v9.0.0"}),
            "package go.module github.com/Some/evil@v1.2.3");
  EXPECT_EQ(Becomes("go", {"/usr/bin/gcc",
                           {"/usr/bin/gcc", "-I", kModule, "-fPIC", "-c", "evil.cgo2.c"},
                           "/tmp/go-build1/b004"}),
            "package go.module-compiler github.com/Some/evil@v1.2.3");
  EXPECT_EQ(Becomes("go", {"/usr/bin/gcc", {"gcc", "-c", "mine.c"}}), "project go.other");
}

TEST(GoExecRulesTest, WhatIsRunIsTheProjectsOrNamedByItsVersion) {
  const std::string program = "/tmp/go-build1/b001/exe/tool";
  EXPECT_EQ(Becomes("go", {program, {program}, "/home/u/project", {}, {"go", "run", "."}}),
            "project go.run");
  EXPECT_EQ(Becomes("go", {program,
                           {program},
                           "/home/u/project",
                           {},
                           {"go", "run", "example.com/x/tool@v1.2.3", "me@example.com"}}),
            "project go.run example.com/x/tool@v1.2.3");
  EXPECT_EQ(Becomes("go", {program,
                           {program},
                           "/home/u/project",
                           {},
                           {"go", "run", ".", "--to", "me@example.com"}}),
            "project go.run");
}

TEST(GoExecRulesTest, DirectivesAreTheProjectsWhateverTheyStart) {
  EXPECT_EQ(Becomes("go", {"/home/u/project/pkg/tool/a_b/evil",
                           {"evil"},
                           "/home/u/project",
                           {"GOFILE=x.go", "GOLINE=1", "GOPACKAGE=x"}}),
            "project go.generate");
}

TEST(GemExecRulesTest, WhatRunsInAGemIsThatGems) {
  const std::string gem = "/home/u/.local/share/gem/ruby/3.1.0/gems/evil-1.2.3";
  for (const Words& line :
       std::vector<Words>{{"ruby", "-r", "./siteconf1.rb", "extconf.rb"},
                          {"make", "DESTDIR="},
                          {"ruby", "/usr/lib/rake/exe/rake", "RUBYARCHDIR=/x"}}) {
    EXPECT_EQ(Becomes("gem", {"/usr/bin/x", line, gem + "/ext/native"}),
              "package gem.extension evil@1.2.3");
    EXPECT_EQ(Becomes("gem", {"/usr/bin/x", line, gem + "/ext/gems/good-9.0.0"}),
              "package gem.extension evil@1.2.3");
  }
  EXPECT_EQ(
      Becomes("gem", {"/usr/bin/make", {"make"}, "/var/lib/gems/3.1.0/gems/ffi-1.15.5-x86/e"}),
      "package gem.extension ffi@1.15.5-x86");
  EXPECT_EQ(Becomes("gem", {"/usr/bin/git", {"git", "clone"}}), "manager gem.git");
}

}  // namespace
}  // namespace safe_trace
