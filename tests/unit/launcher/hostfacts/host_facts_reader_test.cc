#include "launcher/host_facts_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <unistd.h>

#include <algorithm>
#include <chrono>
#include <filesystem>
#include <vector>

#include "absl/strings/str_cat.h"
#include "launcher/package_manager.h"
#include "temporary_host.h"
#include "tracer/events/hash_chain.h"

namespace safe_trace {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::Not;

class HostFactsTest : public testing::Test {
 protected:
  void SetUp() override {
    host_.MakePython("opt/python", "python3.11");
    host_.MakePip("opt/python", host_.Path("opt/python/bin/python3.11"));
    host_.Write("etc/passwd", "");
    sources_ = host_.Sources({host_.Path("opt/python/bin")});
  }
  HostFacts Read(const std::vector<std::string>& command = {"python", "x.py"},
                 const Profile& profile = GenericProfile()) {
    auto facts = ReadHostFacts(command, "", profile, sources_);
    EXPECT_TRUE(facts.ok()) << facts.status();
    return facts.ok() ? *facts : HostFacts();
  }
  void SetPath(const std::vector<std::string>& directories) {
    std::string path = "PATH=" + host_.Path("opt/python/bin");
    for (const std::string& directory : directories) path += ":" + directory;
    sources_.environment[1] = path;
  }

  TemporaryHost host_;
  HostSources sources_;
};

TEST_F(HostFactsTest, HomeComesFromTheVariableAndIsCanonical) {
  host_.Link(host_.Path("home"), "linked-home");
  sources_.environment[0] = "HOME=" + host_.Path("linked-home");
  HostFacts facts = Read();
  EXPECT_EQ(facts.home, host_.Path("home"));
  EXPECT_THAT(facts.homes, ElementsAre(host_.Path("home")));
}

TEST_F(HostFactsTest, HomeComesFromPasswdWhereTheVariableIsNoAbsolutePath) {
  std::string other = host_.MakeDirectory("passwd-home");
  host_.Write("etc/passwd", "u:x:12345:12345::" + other + ":/bin/sh\n");
  sources_.environment[0] = "HOME=relative";
  EXPECT_EQ(Read().home, other);
  sources_.environment[0] = "HOME=" + host_.Path("home");
  EXPECT_THAT(Read().homes, ElementsAre(host_.Path("home"), other));
}

TEST_F(HostFactsTest, OrdinaryUserDoesNotGetOtherHomes) {
  std::string other = host_.MakeDirectory("other-home");
  host_.Write("etc/passwd", "other:x:777:777::" + other + ":/bin/sh\n");
  EXPECT_THAT(Read().homes, ElementsAre(host_.Path("home")));
}

TEST_F(HostFactsTest, RootGetsEveryPersonsExistingHomeButNoSystemDirectory) {
  std::string daemon = host_.MakeDirectory("var-lib-service");
  std::string other = host_.MakeDirectory("other-home");
  host_.Write("etc/passwd",
              "other:x:1777:1777::" + other + ":/bin/sh\n" + "gone:x:1778:1::" +
                  host_.Path("gone") + ":/bin/sh\n" + "nobody:x:65534:1::" + daemon + ":/n\n" +
                  "service:x:116:116::" + daemon + ":/bin/sh\n" +
                  "daemon:x:1:1::/usr/sbin:/n\nbin:x:2:2::/bin:/n\nsys:x:3:3::/dev:/n\n"
                  "slash:x:4:4::/:/n\nno:x:5:5::/nonexistent:/n\nrun:x:6:6::/run:/n\n"
                  "broken\n:::\nrel:x:7:7::home:/n\n");
  sources_.user_id = 0;
  EXPECT_THAT(Read().homes, ElementsAre(host_.Path("home"), other));
}

TEST_F(HostFactsTest, NumberOfHomesIsBounded) {
  std::string passwd;
  for (int i = 0; i < 100; ++i) {
    absl::StrAppend(&passwd, "u", i, ":x:", 2000 + i,
                    ":1::", host_.MakeDirectory(absl::StrCat("homes/u", i)), ":/bin/sh\n");
  }
  host_.Write("etc/passwd", passwd);
  sources_.user_id = 0;
  EXPECT_EQ(Read().homes.size(), 64U);
}

TEST_F(HostFactsTest, RootDirectoryIsNoHomeToProtect) {
  sources_.environment[0] = "HOME=/";
  EXPECT_THAT(Read().homes, IsEmpty());
}

TEST_F(HostFactsTest, ACommandMayReachTheUsersProxyAndNoHostOfItsWords) {
  sources_.environment.push_back("https_proxy=proxy.example:3128");
  const HostFacts facts = Read({"python", "-c", "get('http://other.example/')"});
  ASSERT_EQ(facts.hosts.size(), 1U);
  EXPECT_EQ(facts.hosts[0].host, "proxy.example");
  EXPECT_EQ(facts.hosts[0].port, 3128);
}

TEST_F(HostFactsTest, EnvironmentKeepsTheFirstOfARepeatedName) {
  sources_.environment.insert(sources_.environment.end(), {"A=1", "A=2", "odd", "B=x=y"});
  HostFacts facts = Read();
  EXPECT_EQ(facts.Variable("A"), "1");
  EXPECT_EQ(facts.Variable("B"), "x=y");
  EXPECT_EQ(facts.environment.count("odd"), 0U);
}

TEST_F(HostFactsTest, TemporaryDirectoriesExistAndNeverHoldAHome) {
  sources_.environment.push_back("TMPDIR=" + host_.MakeDirectory("temporary"));
  EXPECT_THAT(Read().temporary_directories, Contains(host_.Path("temporary")));
  EXPECT_THAT(Read().temporary_directories, Contains("/tmp"));
  for (const std::string& bad : {host_.root(), host_.Path("home"), std::string("/"),
                                 host_.Path("absent"), std::string("relative")}) {
    sources_.environment.back() = "TMPDIR=" + bad;
    EXPECT_THAT(Read().temporary_directories, Not(Contains(bad)));
  }
}

TEST_F(HostFactsTest, StateDirectoriesFollowTheStandardVariables) {
  EXPECT_THAT(Read().state_directories,
              ElementsAre(host_.Path("home/.config/safe-trace"),
                          host_.Path("home/.local/state/safe-trace"), "/etc/safe-trace"));
  sources_.environment.push_back("XDG_STATE_HOME=" + host_.Path("state"));
  EXPECT_THAT(Read().state_directories, Contains(host_.Path("state/safe-trace")));
}

TEST_F(HostFactsTest, ExecutableIsFoundAndCanonical) {
  EXPECT_EQ(Read({"python", "x.py"}).command_executable, host_.Path("opt/python/bin/python3.11"));
  EXPECT_EQ(ReadHostFacts({"absent-program"}, "", GenericProfile(), sources_).status().code(),
            absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadHostFacts({}, "", GenericProfile(), sources_).status().code(),
            absl::StatusCode::kInvalidArgument);
}

TEST_F(HostFactsTest, ProgramDirectoriesStandForTheirPrefix) {
  host_.MakeDirectory("tools/bin");
  host_.MakeDirectory("manager/shims");
  host_.MakeDirectory("plain");
  SetPath({host_.Path("tools/bin"), host_.Path("manager/shims"), host_.Path("plain"),
           host_.Path("absent/bin"), "relative/bin", ""});
  EXPECT_THAT(Read().toolchains, ElementsAre(host_.Path("manager"), host_.Path("opt/python"),
                                             host_.Path("plain"), host_.Path("tools")));
}

TEST_F(HostFactsTest, HomeAndRootAreNeverToolchains) {
  host_.MakeDirectory("home/bin");
  host_.MakeDirectory("bin");
  SetPath({host_.Path("home/bin"), host_.Path("bin"), host_.Path("home"), "/"});
  EXPECT_THAT(Read().toolchains,
              ElementsAre(host_.Path("bin"), host_.Path("home/bin"), host_.Path("opt/python")));
}

TEST_F(HostFactsTest, OfTheUserBaseOnlyProgramsAndLibrariesAreToolchains) {
  host_.MakeDirectory("home/.local/bin");
  host_.MakeDirectory("home/.local/lib/python3.11");
  host_.MakeDirectory("home/.local/share/keyrings");
  SetPath({host_.Path("home/.local/bin")});
  EXPECT_THAT(Read().toolchains,
              ElementsAre(host_.Path("home/.local/bin"), host_.Path("home/.local/lib"),
                          host_.Path("opt/python")));
}

TEST_F(HostFactsTest, ProjectIsNoToolchainThoughItHasPrograms) {
  sources_.working_directory = host_.MakeDirectory("home/project/sub");
  host_.MakeDirectory("home/project/bin");
  SetPath({host_.Path("home/project/bin")});
  EXPECT_THAT(Read().toolchains,
              ElementsAre(host_.Path("home/project/bin"), host_.Path("opt/python")));
}

TEST_F(HostFactsTest, VersionManagersAreToolchains) {
  host_.MakePyenv("home/.pyenv", {"3.12.1"});
  host_.MakeDirectory("home/.rustup/toolchains");
  host_.MakeDirectory("nvm");
  sources_.environment.push_back("NVM_DIR=" + host_.Path("nvm"));
  std::vector<std::string> toolchains = Read().toolchains;
  EXPECT_THAT(toolchains, Contains(host_.Path("home/.pyenv")));
  EXPECT_THAT(toolchains, Contains(host_.Path("home/.rustup")));
  EXPECT_THAT(toolchains, Contains(host_.Path("nvm")));
}

TEST_F(HostFactsTest, EnvironmentAndItsBaseAreToolchains) {
  host_.MakeVirtualEnvironment("home/project/.venv", "opt/python", "python3.11");
  sources_.environment[1] = "PATH=" + host_.Path("home/project/.venv/bin");
  sources_.working_directory = host_.Path("home/project");
  HostFacts facts = Read({"pip", "install", "x"}, PipProfile());
  EXPECT_THAT(facts.toolchains,
              ElementsAre(host_.Path("home/project/.venv"), host_.Path("opt/python")));
  EXPECT_THAT(facts.install_targets, ElementsAre(host_.Path("home/project/.venv")));
}

TEST_F(HostFactsTest, PyenvShimOfPipInstallsToTheSelectedVersionOnly) {
  host_.MakePyenv("home/.pyenv", {"3.11.7", "3.12.1"});
  host_.Write("home/.pyenv/version", "3.12.1\n");
  sources_.environment[1] = "PATH=" + host_.Path("home/.pyenv/shims");
  HostFacts facts = Read({"pip", "install", "x"}, PipProfile());
  std::string prefix = host_.Path("home/.pyenv/versions/3.12.1");
  EXPECT_THAT(facts.install_targets, Contains(prefix + "/lib/python3.12/site-packages"));
  for (const std::string& target : facts.install_targets) {
    EXPECT_EQ(target.substr(0, prefix.size()), prefix);
  }
}

TEST_F(HostFactsTest, AProfileThatNamesNoRegistriesHasNoHosts) {
  sources_.environment.push_back("PIP_CONFIG_FILE=/dev/null");
  HostFacts pip = Read({"pip", "install", "-i", "http://127.0.0.1:9/simple", "x"}, PipProfile());
  ASSERT_EQ(pip.hosts.size(), 1U);
  EXPECT_EQ(pip.hosts[0].port, 9);
  HostFacts other = Read({"pip", "install", "-i", "http://127.0.0.1:9/simple", "x"});
  EXPECT_THAT(other.hosts, IsEmpty());
  EXPECT_THAT(other.install_targets, IsEmpty());
}

// Of a manager whose profile says where it installs and where its registries are named.
Profile ManagerProfile() {
  Profile profile;
  profile.name = "npm";
  profile.programs = {"npm"};
  profile.installs = {"{cwd}/node_modules", "{env:npm_config_prefix}", "{home}/linked",
                      "{cwd}/to-home"};
  RegistrySource source;
  source.variables = {"npm_config_registry"};
  source.files = {"{ancestors}/.npmrc"};
  source.format = "ini";
  source.keys = {"registry"};
  source.replaces_default = true;
  profile.registries = {source};
  return profile;
}

TEST_F(HostFactsTest, InstallTargetsOfAManagerAreCanonicalAndNeverHoldTheHome) {
  host_.MakeDirectory("elsewhere");
  host_.Link(host_.Path("elsewhere"), "home/linked");
  host_.Link(host_.Path("home"), "work/to-home");
  sources_.environment.push_back("npm_config_prefix=" + host_.root());
  const HostFacts facts = Read({"/bin/sh", "install"}, ManagerProfile());
  EXPECT_THAT(facts.install_targets,
              ElementsAre(host_.Path("work/node_modules"), host_.Path("elsewhere")));
}

TEST_F(HostFactsTest, HostsOfAManagerAreReadAsItsProfileSays) {
  sources_.user_id = getuid();
  sources_.environment.push_back("npm_config_registry=https://a.example");
  host_.Write("work/.npmrc", "registry=https://evil.example\n");
  sources_.environment.push_back("XDG_STATE_HOME=" + host_.Path("state"));
  const std::vector<std::string> command = {"/bin/sh", "install", "https://b.example/x.tgz"};
  HostFacts facts = Read(command, ManagerProfile());
  EXPECT_THAT(facts.hosts, ElementsAre(HostPort{"a.example", 443, "npm_config_registry"},
                                       HostPort{"b.example", 443, "command line"}));
  EXPECT_TRUE(facts.default_hosts_replaced);
  EXPECT_THAT(facts.notices, testing::Contains(testing::HasSubstr("evil.example:443")));

  sources_.nested = true;
  facts = Read(command, ManagerProfile());
  EXPECT_TRUE(facts.nested);
  EXPECT_THAT(facts.hosts, ElementsAre(HostPort{"a.example", 443, "npm_config_registry"}));
}

TEST_F(HostFactsTest, TrustIsLookedUpWhereTheStateDirectoryIs) {
  sources_.user_id = getuid();
  const std::string text = "registry=https://a.example\n";
  const std::string path = host_.Write("work/.npmrc", text);
  for (const char* state : {"home/.local/state", "state"}) {
    host_.Write(absl::StrCat(state, "/safe-trace/trusted"),
                absl::StrCat(Sha256Hex(text), "  ", path, "\n"));
    EXPECT_THAT(Read({"/bin/sh"}, ManagerProfile()).hosts, testing::SizeIs(1)) << state;
    std::filesystem::remove_all(host_.Path(state));
    EXPECT_THAT(Read({"/bin/sh"}, ManagerProfile()).hosts, testing::IsEmpty()) << state;
    sources_.environment.push_back("XDG_STATE_HOME=" + host_.Path("state"));
  }
}

TEST_F(HostFactsTest, LinkedCredentialDirectoryIsKnownAtBothEnds) {
  host_.MakeDirectory("dotfiles/ssh");
  host_.Link(host_.Path("dotfiles/ssh"), "home/.ssh");
  HostFacts facts = Read();
  AddCatalogLinks(ShippedCatalog(), facts);
  EXPECT_EQ(facts.links[host_.Path("home/.ssh")], host_.Path("dotfiles/ssh"));
}

// A directory of which many names are asked for is listed; the others are looked into name by name.
TEST_F(HostFactsTest, LinksAreFoundHoweverTheirDirectoryIsLookedAt) {
  host_.MakeDirectory("dotfiles/config/gh");
  host_.MakeDirectory("dotfiles/few");
  host_.Link(host_.Path("dotfiles/config"), "home/.config");
  host_.Link(host_.Path("dotfiles/few"), "home/few");
  host_.Link(host_.Path("dotfiles/absent"), "home/.n1");
  CredentialCatalog catalog;
  CredentialEntry entry;
  entry.id = "x";
  entry.paths = {"~/few/one", "~/few", "~/.config", "~/.config/gh", "~/.config/absent"};
  for (int i = 0; i < 20; ++i) {
    entry.paths.push_back(absl::StrCat("~/.n", i));
    entry.paths.push_back(absl::StrCat("~/.config/n", i, "/deep"));
  }
  catalog.credentials.push_back(entry);
  HostFacts facts = Read();
  AddCatalogLinks(catalog, facts);
  EXPECT_THAT(
      facts.links,
      ElementsAre(testing::Pair(host_.Path("home/.config"), host_.Path("dotfiles/config")),
                  testing::Pair(host_.Path("home/.config/gh"), host_.Path("dotfiles/config/gh")),
                  testing::Pair(host_.Path("home/few"), host_.Path("dotfiles/few"))));
}

TEST(CurrentHost, SeesThisProcess) {
  auto sources = CurrentHost();
  ASSERT_TRUE(sources.ok()) << sources.status();
  EXPECT_EQ(sources->user_id, getuid());
  EXPECT_EQ(sources->working_directory, std::filesystem::current_path());
}

// The goal is 3 ms for facts and hosts; the bound leaves room for unoptimised and sanitized builds
// on a busy machine. The best of several runs, so that a neighbour's work does not count.
TEST_F(HostFactsTest, ReadingTakesMilliseconds) {
  host_.MakePyenv("home/.pyenv", {"3.9.18", "3.10.13", "3.11.7", "3.12.1"});
  host_.Write("home/.pyenv/version", "3.11.7\n");
  sources_.environment[1] = "PATH=" + host_.Path("home/.pyenv/shims") +
                            ":/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin";
  auto best = std::chrono::nanoseconds::max();
  for (int i = 0; i < 20; ++i) {
    auto begin = std::chrono::steady_clock::now();
    HostFacts facts = Read({"pip", "install", "requests"}, PipProfile());
    best = std::min<std::chrono::nanoseconds>(best, std::chrono::steady_clock::now() - begin);
    ASSERT_FALSE(facts.hosts.empty());
  }
  double milliseconds = std::chrono::duration<double, std::milli>(best).count();
  RecordProperty("milliseconds", absl::StrCat(milliseconds));
  EXPECT_LT(milliseconds, 15.0);
}

}  // namespace
}  // namespace safe_trace
