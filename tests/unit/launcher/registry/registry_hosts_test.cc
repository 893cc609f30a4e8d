#include "launcher/registry_hosts.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <string>
#include <vector>

#include "../hostfacts/temporary_host.h"
#include "launcher/registry_trust.h"
#include "launcher/trusted_files.h"
#include "tracer/events/hash_chain.h"

namespace safe_trace {
namespace {

using ::testing::AllOf;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

Profile NpmProfile() {
  Profile profile;
  profile.name = "npm";
  profile.programs = {"npm", "npx"};
  profile.default_hosts = {"registry.npmjs.org:443"};
  RegistrySource main;
  main.variables = {"npm_config_registry"};
  main.options = {"--registry", "-r"};
  main.files = {"{home}/.npmrc", "{env:NPM_CONFIG_USERCONFIG}"};
  main.format = "ini";
  main.keys = {"registry"};
  main.replaces_default = true;
  RegistrySource others = main;
  others.variables = {"npm_config_@*:registry"};
  others.options = {};
  others.keys = {"@*:registry"};
  others.replaces_default = false;
  RegistrySource project = main;
  project.variables = {};
  project.options = {};
  project.files = {"{ancestors}/.npmrc"};
  project.keys = {"registry", "@*:registry"};
  project.project = true;
  RegistrySource proxy;
  proxy.files = main.files;
  proxy.format = "ini";
  proxy.keys = {"*proxy"};
  proxy.form = "proxy";
  profile.registries = {main, others, project, proxy};
  return profile;
}

class RegistryHostsTest : public ::testing::Test {
 protected:
  RegistryHostsTest() : facts_(host_.Facts({"npm", "install", "express"}, {"/usr/bin"})) {
    facts_.user_id = getuid();
    trust_ = {host_.Path("state"), getuid()};
    host_.MakeDirectory("state");
    umask(022);
  }

  RegistryHosts Read() {
    absl::StatusOr<RegistryHosts> read = ReadRegistryHosts(facts_, profile_, trust_);
    EXPECT_TRUE(read.ok()) << read.status();
    return read.ok() ? *read : RegistryHosts{};
  }

  std::vector<std::string> Hosts() {
    std::vector<std::string> hosts;
    for (const HostPort& host : Read().hosts) {
      hosts.push_back(host.host + ":" + std::to_string(host.port) + " " + host.origin);
    }
    return hosts;
  }

  TemporaryHost host_;
  HostFacts facts_;
  Profile profile_ = NpmProfile();
  TrustedProjectFiles trust_;
};

TEST_F(RegistryHostsTest, NothingConfiguredLeavesTheDefault) {
  const RegistryHosts read = Read();
  EXPECT_THAT(read.hosts, IsEmpty());
  EXPECT_FALSE(read.default_replaced);
  EXPECT_THAT(read.notices, IsEmpty());
}

TEST_F(RegistryHostsTest, AProfileWithoutRegistriesHasNoHosts) {
  facts_.environment["https_proxy"] = "http://proxy.example:3128";
  profile_.registries.clear();
  EXPECT_THAT(Read().hosts, IsEmpty());
}

TEST_F(RegistryHostsTest, TheUsersFileIsBelieved) {
  host_.Write("home/.npmrc",
              "registry=https://user:hunter2@mirror.example/npm/\n"
              "@corp:registry=https://corp.example\n//corp.example/:_authToken=hunter2\n"
              "https-proxy=proxy.example:3128\n");
  EXPECT_THAT(Hosts(), ElementsAre("mirror.example:443 npm configuration: registry (~/.npmrc)",
                                   "corp.example:443 npm configuration: @corp:registry (~/.npmrc)",
                                   "proxy.example:3128 npm configuration: https-proxy (~/.npmrc)"));
  EXPECT_TRUE(Read().default_replaced);
  EXPECT_THAT(Read().notices, IsEmpty());
}

TEST_F(RegistryHostsTest, AScopesRegistryKeepsTheDefault) {
  host_.Write("home/.npmrc", "@corp:registry=https://corp.example\n");
  EXPECT_THAT(Hosts(), SizeIs(1));
  EXPECT_FALSE(Read().default_replaced);
}

TEST_F(RegistryHostsTest, VariablesAndOptionsCount) {
  facts_.environment["npm_config_registry"] = "https://a.example";
  facts_.environment["npm_config_@x:registry"] = "https://b.example";
  facts_.arguments = {"npm",
                      "--registry",
                      "https://c.example",
                      "install",
                      "--registry=https://d.example:8443/",
                      "-rhttps://e.example",
                      "x"};
  EXPECT_THAT(Hosts(), UnorderedElementsAre("a.example:443 npm_config_registry",
                                            "b.example:443 npm_config_@x:registry",
                                            "c.example:443 --registry", "d.example:8443 --registry",
                                            HasSubstr("e.example:443 -r")));
  EXPECT_TRUE(Read().default_replaced);
}

TEST_F(RegistryHostsTest, UrlsOnTheCommandLineCount) {
  facts_.arguments = {"npm",
                      "install",
                      "https://a.example/x.tgz",
                      "x@https://user:hunter2@b.example:8443/x.tgz",
                      "git+ssh://git@c.example/x.git",
                      "ssh://git@d.example:2222/x",
                      "name @ git+https://e.example/x",
                      "file:///f.example",
                      "./g.example"};
  EXPECT_THAT(Hosts(), ElementsAre("a.example:443 command line", "b.example:8443 command line",
                                   "c.example:22 command line", "d.example:2222 command line",
                                   "e.example:443 command line"));
  EXPECT_FALSE(Read().default_replaced);
}

TEST_F(RegistryHostsTest, ProxyVariablesCountInBothCases) {
  facts_.environment["https_proxy"] = "user:hunter2@a.example:3128";
  facts_.environment["ALL_PROXY"] = "socks5://b.example";
  EXPECT_THAT(Hosts(), ElementsAre("a.example:3128 https_proxy", "b.example:1080 ALL_PROXY"));
}

TEST_F(RegistryHostsTest, TheCommandLineOfANestedManagerNamesNoHost) {
  facts_.arguments = {"npm", "install", "--registry", "https://evil.example",
                      "https://evil2.example/x.tgz"};
  host_.Write("home/.npmrc", "registry=https://a.example\n");
  facts_.nested = true;
  EXPECT_THAT(Hosts(), ElementsAre(HasSubstr("a.example:443 ")));
}

TEST_F(RegistryHostsTest, AProjectsFileCountsOnlyOnceItsContentIsTrusted) {
  const std::string text =
      "registry=https://evil.example\n@x:registry=https://registry.npmjs.org\n";
  const std::string path = host_.Write("work/.npmrc", text);
  RegistryHosts read = Read();
  EXPECT_THAT(read.hosts, IsEmpty());
  EXPECT_FALSE(read.default_replaced);
  EXPECT_THAT(read.notices,
              ElementsAre(AllOf(HasSubstr(path), HasSubstr("ignored: evil.example:443"),
                                Not(HasSubstr("npmjs"))),
                          HasSubstr("safe-trace policy trust " + path)));

  ASSERT_TRUE(TrustRegistryFile(path, trust_, {profile_}).ok());
  read = Read();
  EXPECT_THAT(read.hosts, SizeIs(2));
  EXPECT_TRUE(read.default_replaced);
  EXPECT_THAT(read.notices, IsEmpty());

  host_.Write("work/.npmrc", text + "\n");
  EXPECT_THAT(Read().hosts, IsEmpty());
}

TEST_F(RegistryHostsTest, HostsThatSomethingElseAllowsGiveNoNotice) {
  host_.Write("work/.npmrc", "registry=https://a.example\n@x:registry=https://b.example\n");
  host_.Write("home/.npmrc", "registry=https://a.example\n");
  facts_.environment["npm_config_@x:registry"] = "https://b.example";
  EXPECT_THAT(Read().notices, IsEmpty());
}

TEST_F(RegistryHostsTest, ADefaultThatIsReplacedIsNamedWhenAProjectAsksForIt) {
  host_.Write("work/.npmrc", "registry=https://registry.npmjs.org\n");
  host_.Write("home/.npmrc", "registry=https://a.example\n");
  EXPECT_THAT(Read().notices, Contains(HasSubstr("registry.npmjs.org:443")));
}

TEST_F(RegistryHostsTest, EveryDirectoryAboveIsAskedAndItsFileIsTheProjects) {
  host_.Write(".npmrc", "registry=https://evil.example\n");
  const RegistryHosts read = Read();
  EXPECT_THAT(read.hosts, IsEmpty());
  EXPECT_THAT(read.notices, Contains(HasSubstr("evil.example:443")));
}

TEST_F(RegistryHostsTest, InTheHomeAsAncestorOrWorkingDirectoryTheFileIsTheUsers) {
  host_.Write("home/.npmrc", "registry=https://a.example\n");
  profile_.registries = {profile_.registries[2]};
  for (const char* directory : {"home", "home/src/project"}) {
    facts_.working_directory = host_.MakeDirectory(directory);
    EXPECT_THAT(Hosts(), ElementsAre(HasSubstr("a.example:443 "))) << directory;
    EXPECT_THAT(Read().notices, IsEmpty());
  }
}

TEST_F(RegistryHostsTest, WhatLiesInTheWorkingDirectoryIsTheProjectsWhateverTheProfileSays) {
  facts_.environment["NPM_CONFIG_USERCONFIG"] =
      host_.Write("work/conf/npmrc", "registry=https://evil.example\n");
  EXPECT_THAT(Read().hosts, IsEmpty());
  EXPECT_THAT(Read().notices, Contains(HasSubstr("evil.example:443")));
  // A link from elsewhere does not make it the user's.
  host_.Link(host_.Path("work/conf/npmrc"), "home/linked");
  facts_.environment["NPM_CONFIG_USERCONFIG"] = host_.Path("home/linked");
  EXPECT_THAT(Read().hosts, IsEmpty());
}

TEST_F(RegistryHostsTest, WhereTheWorkingDirectoryHoldsTheHomeTheUsersFileStaysTheUsers) {
  host_.Write("home/.npmrc", "registry=https://a.example\n");
  facts_.working_directory = host_.root();
  EXPECT_THAT(Hosts(), ElementsAre(HasSubstr("a.example:443 ")));
}

TEST_F(RegistryHostsTest, AFileThatEverybodyMayWriteIsNotBelieved) {
  chmod(host_.Write("home/.npmrc", "registry=https://a.example\n").c_str(), 0666);
  const RegistryHosts read = Read();
  EXPECT_THAT(read.hosts, IsEmpty());
  EXPECT_THAT(read.notices, ElementsAre(AllOf(HasSubstr("~/.npmrc: everybody may write it"),
                                              HasSubstr("no host in it counts"))));
}

TEST_F(RegistryHostsTest, AFifoIsNeverWaitedFor) {
  const std::string fifo = host_.Path("home/.npmrc");
  ASSERT_EQ(mkfifo(fifo.c_str(), 0600), 0);
  ASSERT_EQ(mkfifo(host_.Path("work/.npmrc").c_str(), 0600), 0);
  const RegistryHosts read = Read();
  EXPECT_THAT(read.hosts, IsEmpty());
  EXPECT_THAT(read.notices, Contains(HasSubstr("~/.npmrc: not a regular file")));
}

TEST_F(RegistryHostsTest, DevNullAndDirectoriesAreNothing) {
  facts_.environment["NPM_CONFIG_USERCONFIG"] = "/dev/null";
  host_.MakeDirectory("home/.npmrc");
  EXPECT_THAT(Read().notices, IsEmpty());
}

TEST_F(RegistryHostsTest, AFileBeyondItsBoundIsToldAndIgnored) {
  host_.Write("home/.npmrc", "registry=https://a.example\n" + std::string(1 << 20, '\n'));
  const RegistryHosts read = Read();
  EXPECT_THAT(read.hosts, IsEmpty());
  EXPECT_THAT(read.notices, ElementsAre(HasSubstr("larger than 1 MiB")));
}

TEST_F(RegistryHostsTest, BadSyntaxIsToldWithItsLineAndStopsNothing) {
  RegistrySource cargo;
  cargo.files = {"{home}/.cargo/config.toml"};
  cargo.format = "toml";
  cargo.keys = {"source.*.registry"};
  profile_.registries = {cargo};
  host_.Write("home/.cargo/config.toml",
              "[source.mirror]\nregistry = 'sparse+https://a.example'\ntoken = hunter2\n");
  RegistryHosts read = Read();
  EXPECT_THAT(read.hosts, IsEmpty());
  EXPECT_THAT(read.notices,
              ElementsAre(AllOf(HasSubstr("~/.cargo/config.toml:3: "), Not(HasSubstr("hunter2")))));
  host_.Write("home/.cargo/config.toml",
              "[source.mirror]\nregistry = 'sparse+https://a.example'\n");
  EXPECT_THAT(Hosts(), ElementsAre("a.example:443 npm configuration: source.mirror.registry "
                                   "(~/.cargo/config.toml)"));
}

TEST_F(RegistryHostsTest, VariablesInTheUsersFileAreReplaced) {
  facts_.environment["REGISTRY_HOST"] = "a.example";
  host_.Write("home/.npmrc", "registry=https://${REGISTRY_HOST}/\n");
  EXPECT_THAT(Hosts(), ElementsAre(HasSubstr("a.example:443 ")));
}

TEST_F(RegistryHostsTest, ASecretThatAProjectsFileAsksForIsNotShown) {
  facts_.environment["TOKEN"] = "hunter2";
  host_.Write("work/.npmrc", "registry=https://${TOKEN}.evil.example/\n");
  const RegistryHosts read = Read();
  EXPECT_THAT(read.hosts, IsEmpty());
  ASSERT_THAT(read.notices, SizeIs(2));
  EXPECT_THAT(read.notices[0], AllOf(HasSubstr("variables"), Not(HasSubstr("hunter2"))));
}

TEST_F(RegistryHostsTest, ThePathInTheCommandIsOneWordOfAShell) {
  facts_.working_directory = host_.MakeDirectory("my project's \xc3\xbc");
  host_.Write("my project's \xc3\xbc/.npmrc", "registry=https://evil.example\n");
  EXPECT_THAT(Read().notices, Contains(HasSubstr("safe-trace policy trust '" + host_.root() +
                                                 "/my project'\\''s \xc3\xbc/.npmrc'")));
}

TEST_F(RegistryHostsTest, AnUnreadableListOfTrustIsToldAndTrustsNothing) {
  const std::string text = "registry=https://evil.example\n";
  const std::string path = host_.Write("work/.npmrc", text);
  ASSERT_TRUE(AddTrusted(trust_.state_directory, trust_.user, Sha256Hex(text), path).ok());
  ASSERT_THAT(Read().hosts, SizeIs(1));
  chmod(host_.Path("state/trusted").c_str(), 0666);
  EXPECT_THAT(Read().hosts, IsEmpty());
  EXPECT_THAT(Read().notices, Contains(HasSubstr("everybody may write it")));
}

TEST_F(RegistryHostsTest, MoreThan256HostsAreAnError) {
  std::string text;
  for (int i = 0; i < 256; ++i) {
    text += "@s" + std::to_string(i) + ":registry=https://h" + std::to_string(i) + ".example\n";
  }
  host_.Write("home/.npmrc", text);
  EXPECT_THAT(Read().hosts, SizeIs(256));
  host_.Write("home/.npmrc", text + "@x:registry=https://one.more.example\n");
  EXPECT_EQ(ReadRegistryHosts(facts_, profile_, trust_).status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST_F(RegistryHostsTest, AProjectThatNamesVeryManyHostsStopsNothing) {
  std::string text;
  for (int i = 0; i < 3000; ++i) {
    text += "@s" + std::to_string(i) + ":registry=https://h" + std::to_string(i) + ".example\n";
  }
  host_.Write("work/.npmrc", text);
  const RegistryHosts read = Read();
  EXPECT_THAT(read.notices, SizeIs(2));
  EXPECT_LT(read.notices[0].size(), 500u);
}

TEST_F(RegistryHostsTest, WithoutAHomeOrStateDirectoryTheRestStillCounts) {
  facts_.home.clear();
  trust_.state_directory.clear();
  facts_.environment["npm_config_registry"] = "https://a.example";
  host_.Write("work/.npmrc", "registry=https://evil.example\n");
  EXPECT_THAT(Hosts(), ElementsAre("a.example:443 npm_config_registry"));
}

}  // namespace
}  // namespace safe_trace
