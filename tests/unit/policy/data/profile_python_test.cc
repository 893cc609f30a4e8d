// The profiles of uv, poetry and pipx on the command lines that these really use.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "policy/package_identity.h"
#include "policy/path_template.h"
#include "policy/profile.h"

namespace safe_trace {
namespace {

using Words = std::vector<std::string>;

const Profile& Named(std::string_view name) {
  for (const Profile& profile : ShippedProfiles()) {
    if (profile.name == name) return profile;
  }
  ADD_FAILURE() << "no profile " << name;
  return ShippedProfiles().back();
}

ExecFacts Exec(Words arguments, Words environment = {}, std::string cwd = "/home/u/project",
               std::string executable = "/usr/bin/python3.11") {
  ExecFacts facts;
  facts.arguments = std::move(arguments);
  facts.environment = std::move(environment);
  facts.working_directory = std::move(cwd);
  facts.executable = std::move(executable);
  return facts;
}

struct Matched {
  std::string id, name, version;
};

std::string IdOf(std::string_view profile, const ExecFacts& facts) {
  for (const ExecRule& rule : Named(profile).exec_rules) {
    if (MatchExecRule(rule, facts, "/home/u/project") >= 0) return rule.id;
  }
  return "";
}

Matched Match(std::string_view profile, const ExecFacts& facts) {
  for (const ExecRule& rule : Named(profile).exec_rules) {
    const int script = MatchExecRule(rule, facts, "/home/u/project");
    if (script < 0) continue;
    TemplateFacts templates;
    templates.working_directory = facts.working_directory;
    templates.executable = facts.executable;
    templates.arguments = facts.arguments;
    templates.script_index = static_cast<size_t>(script);
    for (const std::string& entry : facts.environment) {
      const size_t equals = entry.find('=');
      templates.environment.emplace(entry.substr(0, equals), entry.substr(equals + 1));
    }
    const PackageIdentity identity = IdentifyPackage(rule.identity, templates);
    return {rule.id, identity.name, identity.version};
  }
  return {};
}

TEST(RecognizeProfileTest, KnowsPythonsOtherManagers) {
  for (const Words& line : std::vector<Words>{{"uv", "sync"},
                                              {"/home/u/.local/bin/uvx", "black"},
                                              {"python3", "-m", "uv", "pip", "install", "x"},
                                              {"env", "UV_OFFLINE=1", "uv", "lock"}}) {
    EXPECT_EQ(RecognizeProfile(line, "").name, "uv") << line.back();
  }
  for (const Words& line :
       std::vector<Words>{{"poetry", "install"},
                          {"python3", "-m", "poetry", "lock"},
                          {"/opt/poetry/bin/python", "/home/u/.local/bin/poetry", "add", "x"}}) {
    EXPECT_EQ(RecognizeProfile(line, "").name, "poetry") << line.back();
  }
  for (const Words& line :
       std::vector<Words>{{"pipx", "run", "black"}, {"python3.12", "-m", "pipx", "install", "x"}}) {
    EXPECT_EQ(RecognizeProfile(line, "").name, "pipx") << line.back();
  }
  EXPECT_EQ(RecognizeProfile({"python3", "uvicorn"}, "").name, "generic");
}

TEST(UvExecRulesTest, BuildIsPackageCodeWithTheNameOfTheCache) {
  const std::string cache = "/home/u/.cache/uv/sdists-v11/";
  const Words script = {"/home/u/.cache/uv/builds-v0/.tmpa/bin/python", "-c", "import sys"};
  for (const std::string& place :
       {cache + "pypi/evil-name/1.2/xyz/src", cache + "index/c399204037c00e39/evil-name/1.2/x/src",
        std::string("/tmp/.tmpAal3rw/sdists-v11/pypi/evil-name/1.2/xyz/src")}) {
    const Matched matched = Match("uv", Exec(script, {"UV_INTERNAL__BUILD_DIR=" + place}, place));
    EXPECT_EQ(matched.name, "evil-name") << place << " " << matched.id;
    EXPECT_EQ(matched.version, "1.2") << place;
  }
  EXPECT_EQ(IdOf("uv", Exec(script, {"UV_INTERNAL__BUILD_DIR=/home/u/project"})),
            "uv.project-build");
  EXPECT_EQ(IdOf("uv", Exec(script, {"UV_INTERNAL__BUILD_DIR=/srv/other"}, "/srv/other")),
            "uv.build-elsewhere");
}

TEST(UvExecRulesTest, ToolIsTheProjectsAndProbesAreTheManagers) {
  const std::string bin = "/home/u/.cache/uv/archive-v0/abc/bin/";
  EXPECT_EQ(
      Match("uv", Exec({"/bin/sh", bin + "black", "."}, {}, "/home/u/project", "/bin/dash")).name,
      "black");
  EXPECT_EQ(Match("uv", Exec({bin + "python", bin + "black", "."})).id, "uv.tool-by-interpreter");
  EXPECT_EQ(Match("uv", Exec({"ruff"}, {}, "/home/u/project", bin + "ruff")).name, "ruff");
  EXPECT_EQ(IdOf("uv", Exec({bin + "python", "-I", "-B", "-c", "import get_interpreter_info"})),
            "uv.interpreter-probe");
  EXPECT_EQ(IdOf("uv", Exec({"/lib64/ld-linux-x86-64.so.2", "--version"}, {}, "/home/u/project",
                            "/lib64/ld-linux-x86-64.so.2")),
            "");
}

TEST(UvExecRulesTest, WhatUvRunStartsIsTheProjects) {
  const Words depth = {"UV_RUN_RECURSION_DEPTH=1", "VIRTUAL_ENV=/home/u/project/.venv"};
  EXPECT_EQ(IdOf("uv", Exec({"python", "-c", "pass"}, depth)), "uv.run");
  EXPECT_EQ(IdOf("uv", Exec({"make"}, depth, "/srv/other", "/usr/bin/make")), "uv.run");
  // What a uv that is started there starts is as elsewhere.
  const std::string probe = "from python.get_interpreter_info import main; main()";
  EXPECT_EQ(IdOf("uv", Exec({"/usr/bin/python3", "-I", "-B", "-c", probe}, depth)),
            "uv.interpreter-probe");
  const Words build = {depth[0], "UV_INTERNAL__BUILD_DIR=/home/u/.cache/uv/sdists-v11/pypi/e/1/x"};
  EXPECT_EQ(IdOf("uv", Exec({"python", "-c", "pass"}, build)), "uv.build-backend");
  for (const std::string helper : {"git", "git-remote-https", "ssh", "uv"}) {
    EXPECT_NE(IdOf("uv", Exec({helper}, depth, "/home/u/project", "/usr/bin/" + helper)),
              "uv.run");
  }
}

TEST(PoetryExecRulesTest, BuildIsPackageCode) {
  const Words hook = {"/tmp/tmpabcdefgh/.venv/bin/python",
                      "/opt/p/pyproject_hooks/_in_process/_in_process.py", "build_wheel",
                      "/tmp/tmpctl12345"};
  const Matched matched = Match("poetry", Exec(hook, {}, "/tmp/tmp0a1_bcde/evil-name-1.2"));
  EXPECT_EQ(matched.id, "poetry.build-backend");
  EXPECT_EQ(matched.name, "evil-name");
  EXPECT_EQ(matched.version, "1.2");
  // As a git dependency.
  EXPECT_EQ(Match("poetry", Exec(hook, {}, "/home/u/.cache/pypoetry/src/evil-name")).name,
            "evil-name");
  EXPECT_EQ(IdOf("poetry", Exec(hook)), "poetry.project-build");
}

TEST(PoetryExecRulesTest, RunIsTheProjectsAndProbesAreTheManagers) {
  const Words set = {"VIRTUAL_ENV=/home/u/project/.venv"};
  const std::string bin = "/home/u/project/.venv/bin/";
  EXPECT_EQ(IdOf("poetry", Exec({bin + "python", bin + "pytest", "-q"}, set)), "poetry.run");
  EXPECT_EQ(IdOf("poetry", Exec({bin + "python", "-I", "-W", "ignore", "-c", "import x"}, set)),
            "");
  EXPECT_EQ(IdOf("poetry", Exec({"/usr/bin/python3", "-Ic", "import platform"})), "");
  EXPECT_EQ(IdOf("poetry", Exec({"gcc", "-Wl,-t", "-lSecurity"})), "");
}

TEST(PipxExecRulesTest, RunIsTheProjectsAndPipIsNoRuleOfPipx) {
  const std::string bin = "/home/u/.cache/pipx/0123456789abcde/bin/";
  const Matched matched = Match("pipx", Exec({bin + "python", bin + "black", "-c", "x"}));
  EXPECT_EQ(matched.id, "pipx.run-script");
  EXPECT_EQ(matched.name, "black");
  EXPECT_EQ(Match("pipx", Exec({bin + "ruff"}, {}, "/home/u/project", bin + "ruff")).name, "ruff");
  const std::string venv = "/home/u/.local/share/pipx/venvs/black/bin/python";
  EXPECT_EQ(IdOf("pipx", Exec({venv, "-m", "pip", "install", "black"})), "");
  EXPECT_EQ(IdOf("pipx", Exec({venv, "-c", "\nimport json"})), "");
}

}  // namespace
}  // namespace safe_trace
