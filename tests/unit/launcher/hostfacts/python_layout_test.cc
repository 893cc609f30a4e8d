#include "launcher/python_layout.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "launcher/pyenv_shim.h"
#include "temporary_host.h"

namespace safe_trace {
namespace {

using testing::ElementsAre;

TEST(LayoutOfCommand, VirtualEnvironmentIsFoundThroughItsPipScript) {
  TemporaryHost host;
  host.MakePython("base", "python3.11");
  host.MakeVirtualEnvironment("venv", "base", "python3.11");
  auto layout = LayoutOfCommand(host.Facts({"pip", "install"}, {host.Path("venv/bin")}));
  ASSERT_TRUE(layout.has_value());
  EXPECT_EQ(layout->interpreter, host.Path("venv/bin/python"));
  EXPECT_EQ(layout->prefix, host.Path("venv"));
  EXPECT_EQ(layout->base_prefix, host.Path("base"));
  EXPECT_TRUE(layout->is_virtual);
  EXPECT_THAT(layout->libraries, ElementsAre("python3.11"));
}

TEST(LayoutOfCommand, CanonicalExecutableDoesNotLoseTheEnvironment) {
  TemporaryHost host;
  host.MakePython("base", "python3.11");
  host.MakeVirtualEnvironment("venv", "base", "python3.11");
  HostFacts facts = host.Facts({"python", "-m", "pip", "install"}, {host.Path("venv/bin")});
  facts.command_executable = host.Path("base/bin/python3.11");
  EXPECT_EQ(LayoutOfCommand(facts)->prefix, host.Path("venv"));
}

TEST(LayoutOfCommand, OtherExecutableThanTheFirstWordWins) {
  TemporaryHost host;
  host.MakePython("base", "python3.11");
  host.MakePython("other", "python3.12");
  HostFacts facts = host.Facts({"python"}, {host.Path("base/bin")});
  facts.command_executable = host.Path("other/bin/python3.12");
  EXPECT_EQ(LayoutOfCommand(facts)->prefix, host.Path("other"));
}

TEST(LayoutOfCommand, RelativeProgramIsTakenFromTheWorkingDirectory) {
  TemporaryHost host;
  host.MakePython("base", "python3.11");
  host.MakeVirtualEnvironment("work/.venv", "base", "python3.11");
  HostFacts facts = host.Facts({".venv/bin/pip"}, {});
  facts.command_executable = host.Path("work/.venv/bin/pip");
  EXPECT_EQ(LayoutOfCommand(facts)->prefix, host.Path("work/.venv"));
}

TEST(LayoutOfInterpreter, OrdinaryPrefixIsThatOfTheRealBinary) {
  TemporaryHost host;
  host.MakePython("usr", "python3.11");
  host.Link(host.Path("usr/bin/python3"), "elsewhere/python3");
  auto layout = LayoutOfInterpreter(host.Path("elsewhere/python3"));
  ASSERT_TRUE(layout.has_value());
  EXPECT_EQ(layout->prefix, host.Path("usr"));
  EXPECT_FALSE(layout->is_virtual);
}

TEST(LayoutOfInterpreter, VersionIsReadOffTheLibraryWhereTheNameHasNone) {
  TemporaryHost host;
  host.WriteBinary("opt/bin/python");
  host.MakeDirectory("opt/lib/python3.12/site-packages");
  host.MakeDirectory("opt/lib/python3");
  host.MakeDirectory("opt/lib/pythonic");
  EXPECT_THAT(LayoutOfInterpreter(host.Path("opt/bin/python"))->libraries,
              ElementsAre("python3.12"));
}

TEST(LayoutOfInterpreter, OtherProgramsAreNoPython) {
  TemporaryHost host;
  EXPECT_FALSE(LayoutOfInterpreter(host.WriteBinary("bin/node")).has_value());
}

TEST(LayoutOfPip, PythonOptionNamesAnEnvironment) {
  TemporaryHost host;
  host.MakePython("base", "python3.11");
  host.MakePip("base", host.Path("base/bin/python3"));
  host.MakeVirtualEnvironment("work/env", "base", "python3.11");
  HostFacts facts = host.Facts({"pip", "--python", "env", "install", "x"}, {host.Path("base/bin")});
  EXPECT_EQ(LayoutOfPip(facts)->prefix, host.Path("work/env"));
  facts.arguments = {"pip", "--python=env/bin/python", "install", "x"};
  EXPECT_EQ(LayoutOfPip(facts)->prefix, host.Path("work/env"));
}

TEST(ResolveInterpreter, FollowsEnvLines) {
  TemporaryHost host;
  host.MakePython("base", "python3.11");
  std::string script = host.WriteProgram("bin/tool", "#!/usr/bin/env -S A=1 python3 -E\n");
  EXPECT_EQ(ResolveInterpreter(host.Facts({}, {host.Path("base/bin")}), script),
            host.Path("base/bin/python3"));
}

TEST(ResolveInterpreter, FollowsTheLauncherForLongPaths) {
  TemporaryHost host;
  host.MakePython("with blank", "python3.11");
  std::string script =
      host.WriteProgram("bin/pip", "#!/bin/sh\n'''exec' \"" + host.Path("with blank/bin/python3") +
                                       "\" \"$0\" \"$@\"\n' '''\n");
  EXPECT_EQ(ResolveInterpreter(host.Facts({}, {}), script), host.Path("with blank/bin/python3"));
}

TEST(ResolveInterpreter, ScriptsThatNameEachOtherEnd) {
  TemporaryHost host;
  host.WriteProgram("a", "#!" + host.Path("b") + "\n");
  host.WriteProgram("b", "#!" + host.Path("a") + "\n");
  EXPECT_EQ(ResolveInterpreter(host.Facts({}, {}), host.Path("a")), "");
  EXPECT_EQ(ResolveInterpreter(host.Facts({}, {}), host.WriteProgram("c", "#!\n")), "");
  EXPECT_EQ(ResolveInterpreter(host.Facts({}, {}), host.Path("absent")), "");
}

class PyenvTest : public testing::Test {
 protected:
  void SetUp() override {
    host_.MakePyenv("home/.pyenv", {"3.9.18", "3.11.2", "3.11.10", "3.12.1"});
    host_.Write("home/.pyenv/version", "3.11.2\n");
    facts_ = host_.Facts({"pip", "install", "x"}, {host_.Path("home/.pyenv/shims")});
  }
  std::string Prefix() {
    auto layout = LayoutOfCommand(facts_);
    return layout ? layout->prefix.substr(host_.Path("home/.pyenv/versions/").size()) : "none";
  }
  TemporaryHost host_;
  HostFacts facts_;
};

TEST_F(PyenvTest, GlobalVersionFileSelects) { EXPECT_EQ(Prefix(), "3.11.2"); }

TEST_F(PyenvTest, VersionFileOfAParentDirectorySelects) {
  host_.Write("work/.python-version", "# ours\n3.12.1\n");
  facts_.working_directory = host_.MakeDirectory("work/deep/er");
  EXPECT_EQ(Prefix(), "3.12.1");
}

TEST_F(PyenvTest, VariableBeatsFiles) {
  host_.Write("work/.python-version", "3.12.1\n");
  facts_.environment["PYENV_VERSION"] = "3.9.18";
  EXPECT_EQ(Prefix(), "3.9.18");
}

TEST_F(PyenvTest, PrefixStandsForTheNewest) {
  facts_.environment["PYENV_VERSION"] = "3.11";
  EXPECT_EQ(Prefix(), "3.11.10");
  facts_.environment["PYENV_VERSION"] = "python-3.12";
  EXPECT_EQ(Prefix(), "3.12.1");
}

TEST_F(PyenvTest, FirstSelectedVersionThatHasTheProgramIsTaken) {
  host_.MakeDirectory("home/.pyenv/versions/empty/bin");
  facts_.environment["PYENV_VERSION"] = "empty:3.12.1:3.9.18";
  EXPECT_EQ(Prefix(), "3.12.1");
}

TEST_F(PyenvTest, SystemIsTheRestOfPath) {
  host_.MakePython("usr", "python3.11");
  host_.MakePip("usr", host_.Path("usr/bin/python3"));
  facts_.environment["PATH"] += ":" + host_.Path("usr/bin");
  facts_.environment["PYENV_VERSION"] = "system";
  EXPECT_EQ(LayoutOfCommand(facts_)->prefix, host_.Path("usr"));
}

TEST_F(PyenvTest, VersionThatLeavesTheDirectoryIsRefused) {
  host_.MakePython("evil", "python3.11");
  host_.MakePip("evil", host_.Path("evil/bin/python3"));
  for (const char* version : {"../../../evil", "/evil", "3.11.2/../../../../evil", "absent"}) {
    facts_.environment["PYENV_VERSION"] = version;
    EXPECT_EQ(Prefix(), "none") << version;
  }
}

TEST(PyenvRootOfShim, OtherScriptsAreNoShim) {
  EXPECT_EQ(PyenvRootOfShim("#!/bin/bash\nexport PYENV_ROOT=\"/x\"\n"), "");
  EXPECT_EQ(PyenvRootOfShim("exec \"/x/libexec/pyenv\" exec \"$program\"\n"), "");
  EXPECT_EQ(PyenvRootOfShim(
                "export PYENV_ROOT=\"/x\"\nexec \"/x/libexec/pyenv\" exec \"$program\" \"$@\"\n"),
            "/x");
}

}  // namespace
}  // namespace safe_trace
