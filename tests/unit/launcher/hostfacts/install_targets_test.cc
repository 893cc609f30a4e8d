#include "launcher/install_targets.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "temporary_host.h"

namespace safe_trace {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

class InstallTargetsTest : public testing::Test {
 protected:
  std::vector<std::string> Targets(std::vector<std::string> arguments, const std::string& prefix) {
    facts_.environment.merge(host_.Facts({}, {host_.Path(prefix + "/bin")}).environment);
    facts_.home = host_.Path("home");
    facts_.working_directory = host_.Path("work");
    facts_.arguments = std::move(arguments);
    return PipInstallTargets(facts_);
  }
  TemporaryHost host_;
  HostFacts facts_;
};

TEST_F(InstallTargetsTest, VirtualEnvironmentIsTheTarget) {
  host_.MakePython("base", "python3.11");
  host_.MakeVirtualEnvironment("venv", "base", "python3.11");
  EXPECT_THAT(Targets({"pip", "install", "x"}, "venv"), ElementsAre(host_.Path("venv")));
}

TEST_F(InstallTargetsTest, PlainPrefixGivesWhatWheelsFillAndNotTheStandardLibrary) {
  host_.MakePython("opt", "python3.12");
  host_.MakePip("opt", host_.Path("opt/bin/python3"));
  std::vector<std::string> targets = Targets({"pip", "install", "x"}, "opt");
  EXPECT_THAT(targets,
              ElementsAre(host_.Path("opt/bin"), host_.Path("opt/etc"), host_.Path("opt/include"),
                          host_.Path("opt/lib/python3.12/site-packages"), host_.Path("opt/man"),
                          host_.Path("opt/share")));
}

TEST_F(InstallTargetsTest, DebianInstallsBelowLocal) {
  host_.MakePython("usr", "python3.11");
  host_.MakeDirectory("usr/lib/python3/dist-packages");
  host_.MakePip("usr", host_.Path("usr/bin/python3"));
  std::vector<std::string> targets = Targets({"pip", "install", "x"}, "usr");
  EXPECT_THAT(targets, Contains(host_.Path("usr/local/lib/python3.11/dist-packages")));
  EXPECT_THAT(targets, Contains(host_.Path("usr/local/bin")));
  EXPECT_THAT(targets, Not(Contains(host_.Path("usr/bin"))));
  EXPECT_THAT(targets, Not(Contains(host_.Path("usr/lib/python3/dist-packages"))));
}

TEST_F(InstallTargetsTest, UserOptionInstallsBelowHomeOnly) {
  host_.MakePython("opt", "python3.12");
  host_.MakePip("opt", host_.Path("opt/bin/python3"));
  std::vector<std::string> targets = Targets({"pip", "install", "--user", "x"}, "opt");
  EXPECT_THAT(targets, Contains(host_.Path("home/.local/lib/python3.12/site-packages")));
  EXPECT_THAT(targets, Contains(host_.Path("home/.local/bin")));
  EXPECT_THAT(targets, Not(Contains(host_.Path("opt/bin"))));
  EXPECT_THAT(targets, Not(Contains(host_.Path("home/.local/share"))));
}

TEST_F(InstallTargetsTest, UserVariableAndUserBaseAreHonoured) {
  host_.MakePython("opt", "python3.12");
  host_.MakePip("opt", host_.Path("opt/bin/python3"));
  facts_.environment["PIP_USER"] = "yes";
  facts_.environment["PYTHONUSERBASE"] = host_.Path("base");
  EXPECT_THAT(Targets({"pip", "install", "x"}, "opt"),
              Contains(host_.Path("base/lib/python3.12/site-packages")));
}

TEST_F(InstallTargetsTest, UnwritableGlobalSiteFallsBackToTheUsers) {
  if (geteuid() == 0) GTEST_SKIP() << "root can write everywhere";
  host_.MakePython("opt", "python3.12");
  host_.MakePip("opt", host_.Path("opt/bin/python3"));
  ASSERT_EQ(chmod(host_.Path("opt/lib/python3.12").c_str(), 0500), 0);
  EXPECT_THAT(Targets({"pip", "install", "x"}, "opt"),
              Contains(host_.Path("home/.local/lib/python3.12/site-packages")));
  chmod(host_.Path("opt/lib/python3.12").c_str(), 0700);
}

TEST_F(InstallTargetsTest, TargetVariableIsAdded) {
  host_.MakePython("base", "python3.11");
  host_.MakeVirtualEnvironment("venv", "base", "python3.11");
  facts_.environment["PIP_TARGET"] = "out";
  EXPECT_THAT(Targets({"pip", "install", "x"}, "venv"),
              ElementsAre(host_.Path("venv"), host_.Path("work/out")));
}

TEST_F(InstallTargetsTest, UnknownInterpreterGivesNone) {
  host_.WriteBinary("opt/bin/pip");
  EXPECT_THAT(Targets({"pip", "install", "x"}, "opt"), IsEmpty());
}

}  // namespace
}  // namespace safe_trace
