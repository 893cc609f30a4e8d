#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "launcher/package_manager.h"
#include "launcher/pip_requirements.h"
#include "temporary_host.h"

namespace safe_trace {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::IsEmpty;
using testing::IsSupersetOf;
using testing::Not;
using testing::UnorderedElementsAre;

class PipHostsTest : public testing::Test {
 protected:
  void SetUp() override {
    host_.MakePython("base", "python3.11");
    host_.MakeVirtualEnvironment("venv", "base", "python3.11");
    facts_ = host_.Facts({}, {host_.Path("venv/bin")});
    // The machine's own /etc/pip.conf stays out of these cases.
    facts_.environment["PIP_CONFIG_FILE"] = "/dev/null";
  }
  // Without the null device files count, and with them /etc/pip.conf of the machine: such cases
  // look at their own hosts only.
  void UseFiles() { facts_.environment.erase("PIP_CONFIG_FILE"); }

  std::vector<std::string> Hosts(std::vector<std::string> arguments) {
    facts_.arguments = std::move(arguments);
    auto hosts = PipHosts(facts_);
    EXPECT_TRUE(hosts.ok()) << hosts.status();
    std::vector<std::string> texts;
    if (!hosts.ok()) return texts;
    for (const HostPort& host : *hosts) texts.push_back(absl::StrCat(host.host, ":", host.port));
    return texts;
  }
  std::string Origin(std::vector<std::string> arguments, const std::string& name) {
    facts_.arguments = std::move(arguments);
    auto hosts = PipHosts(facts_);
    for (const HostPort& host : *hosts) {
      if (host.host == name) return host.origin;
    }
    return "";
  }

  TemporaryHost host_;
  HostFacts facts_;
};

TEST_F(PipHostsTest, DefaultIsTheCommonIndex) {
  EXPECT_THAT(Hosts({"pip", "install", "requests"}), ElementsAre("pypi.org:443"));
}

TEST_F(PipHostsTest, IndexOptionReplacesTheDefault) {
  EXPECT_THAT(Hosts({"pip", "install", "-i", "http://127.0.0.1:8000/simple", "x"}),
              ElementsAre("127.0.0.1:8000"));
  EXPECT_EQ(Origin({"pip", "install", "-i", "http://h.example/", "x"}, "h.example"), "--index-url");
}

TEST_F(PipHostsTest, ExtraIndexAddsToIt) {
  EXPECT_THAT(Hosts({"pip", "install", "--extra-index-url", "https://b.example/", "x"}),
              ElementsAre("pypi.org:443", "b.example:443"));
}

TEST_F(PipHostsTest, NoIndexMeansNoneButFindLinksStay) {
  EXPECT_THAT(Hosts({"pip", "install", "--no-index", "--extra-index-url", "https://b.example/",
                     "-f", "https://c.example/w", "-f", "/opt/wheels", "x"}),
              ElementsAre("c.example:443"));
  facts_.environment["PIP_NO_INDEX"] = "1";
  EXPECT_THAT(Hosts({"pip", "install", "x"}), IsEmpty());
}

TEST_F(PipHostsTest, VariablesCountAndTheCommandLineBeatsThem) {
  facts_.environment["PIP_INDEX_URL"] = "https://env.example/simple";
  facts_.environment["PIP_EXTRA_INDEX_URL"] = "https://one.example/ https://two.example:444/";
  facts_.environment["PIP_FIND_LINKS"] = "/opt/wheels https://links.example/";
  EXPECT_THAT(Hosts({"pip", "install", "x"}), ElementsAre("env.example:443", "one.example:443",
                                                          "two.example:444", "links.example:443"));
  EXPECT_THAT(Hosts({"pip", "install", "-i", "https://cli.example/", "x"}),
              Not(Contains("env.example:443")));
  EXPECT_EQ(Origin({"pip", "install", "x"}, "env.example"),
            "pip configuration: index-url (PIP_INDEX_URL)");
}

TEST_F(PipHostsTest, ProxiesOfOptionConfigurationAndEnvironmentCount) {
  facts_.environment["https_proxy"] = "http://user:secret@proxy.example:3128";
  facts_.environment["ALL_PROXY"] = "socks5h://socks.example";
  EXPECT_THAT(Hosts({"pip", "--proxy", "cli.example:8080", "install", "x"}),
              UnorderedElementsAre("pypi.org:443", "cli.example:8080", "proxy.example:3128",
                                   "socks.example:1080"));
  facts_.environment["PIP_PROXY"] = "http://pipproxy.example";
  EXPECT_THAT(Hosts({"pip", "install", "x"}), Contains("pipproxy.example:80"));
}

TEST_F(PipHostsTest, NoSecretIsInAnOrigin) {
  facts_.environment["PIP_INDEX_URL"] = "https://user:hush@env.example/simple";
  facts_.arguments = {"pip", "install", "x", "y @ https://u:hush@h.example/y.whl"};
  auto hosts = PipHosts(facts_);
  ASSERT_TRUE(hosts.ok());
  EXPECT_EQ(hosts->size(), 2U);
  for (const HostPort& host : *hosts) {
    EXPECT_FALSE(absl::StrContains(host.origin, "hush")) << host.origin;
    EXPECT_FALSE(absl::StrContains(host.host, "hush")) << host.host;
  }
}

TEST_F(PipHostsTest, TrustedHostNamesNothing) {
  EXPECT_THAT(Hosts({"pip", "install", "--trusted-host", "t.example", "x"}),
              ElementsAre("pypi.org:443"));
}

TEST_F(PipHostsTest, DirectUrlsCount) {
  EXPECT_THAT(Hosts({"pip", "install", "https://a.example/x.whl", "n @ https://b.example/n.zip",
                     "git+ssh://git@c.example/r", "-e", "git+https://d.example/r#egg=r"}),
              UnorderedElementsAre("pypi.org:443", "d.example:443", "a.example:443",
                                   "b.example:443", "c.example:22"));
}

TEST_F(PipHostsTest, SameHostIsNamedOnce) {
  EXPECT_THAT(Hosts({"pip", "install", "--extra-index-url", "https://pypi.org/other", "x"}),
              ElementsAre("pypi.org:443"));
}

TEST_F(PipHostsTest, FilesOfUserAndEnvironmentCount) {
  UseFiles();
  host_.Write("home/.config/pip/pip.conf",
              "[global]\nindex-url = https://user.example/simple\n[wheel]\n"
              "extra-index-url =\n  https://w1.example/\n  https://w2.example/\n");
  host_.Write("venv/pip.conf", "[install]\nfind-links = https://site.example/links\n");
  std::vector<std::string> install = Hosts({"pip", "install", "x"});
  EXPECT_THAT(install, IsSupersetOf({"user.example:443", "site.example:443"}));
  EXPECT_THAT(install, Not(Contains("pypi.org:443")));
  EXPECT_THAT(install, Not(Contains("w1.example:443")));
  std::vector<std::string> wheel = Hosts({"pip", "wheel", "x"});
  EXPECT_THAT(wheel, IsSupersetOf({"user.example:443", "w1.example:443", "w2.example:443"}));
  EXPECT_THAT(wheel, Not(Contains("site.example:443")));
  std::vector<std::string> isolated = Hosts({"pip", "--isolated", "install", "x"});
  EXPECT_THAT(isolated, Contains("site.example:443"));
  EXPECT_THAT(isolated, Not(Contains("user.example:443")));
  EXPECT_EQ(Origin({"pip", "install", "x"}, "user.example"),
            absl::StrCat("pip configuration: index-url (", host_.Path("home"),
                         "/.config/pip/pip.conf:2)"));
}

TEST_F(PipHostsTest, RequirementsFilesAreFollowed) {
  host_.Write("work/r.txt",
              "# comment https://no.example/\n"
              "requests>=2 --hash=sha256:00 # https://no2.example/\n"
              "--extra-index-url https://extra.example/simple\n"
              "name @ https://direct.example/n.whl#sha256=11\n"
              "-e git+https://git.example/r.git\n"
              "-r sub/more.txt\n"
              "--find-links \\\n  https://links.example/\n");
  host_.Write("work/sub/more.txt", "-r again.txt\n-c https://c.example/c.txt\n");
  host_.Write("work/sub/again.txt", "-r more.txt\n-i ${INDEX}\n");
  facts_.environment["INDEX"] = "https://last.example/";
  EXPECT_THAT(Hosts({"pip", "install", "-r", "r.txt"}),
              UnorderedElementsAre("last.example:443", "direct.example:443", "git.example:443",
                                   "c.example:443", "links.example:443"));
  EXPECT_EQ(Origin({"pip", "install", "-r", "r.txt"}, "direct.example"),
            host_.Path("work/r.txt") + ":4");
}

TEST_F(PipHostsTest, RequirementFileAddressCounts) {
  EXPECT_THAT(Hosts({"pip", "install", "-r", "https://r.example/r.txt"}),
              ElementsAre("pypi.org:443", "r.example:443"));
}

TEST_F(PipHostsTest, MissingRequirementsFileIsPipsOwnError) {
  EXPECT_THAT(Hosts({"pip", "install", "-r", "absent.txt"}), ElementsAre("pypi.org:443"));
}

TEST_F(PipHostsTest, PipeIsNeverRead) {
  std::string pipe = host_.Path("work/pipe");
  ASSERT_EQ(mkfifo(pipe.c_str(), 0600), 0);
  EXPECT_THAT(Hosts({"pip", "install", "-r", pipe}), ElementsAre("pypi.org:443"));
}

TEST_F(PipHostsTest, EndlessChainsAndHugeListsAreErrors) {
  for (int i = 0; i < 70; ++i) {
    host_.Write(absl::StrCat("work/c", i, ".txt"), absl::StrCat("-r c", i + 1, ".txt\n"));
  }
  facts_.arguments = {"pip", "install", "-r", "c0.txt"};
  EXPECT_EQ(PipHosts(facts_).status().code(), absl::StatusCode::kResourceExhausted);
  std::string many;
  for (int i = 0; i < 300; ++i) absl::StrAppend(&many, "https://h", i, ".example/x.whl\n");
  host_.Write("work/many.txt", many);
  facts_.arguments = {"pip", "install", "-r", "many.txt"};
  EXPECT_EQ(PipHosts(facts_).status().code(), absl::StatusCode::kResourceExhausted);
}

TEST_F(PipHostsTest, WildcardHostNeverBecomesAPattern) {
  EXPECT_THAT(Hosts({"pip", "install", "-i", "https://*.com/simple", "x"}), IsEmpty());
}

TEST(SplitWords, QuotesAndBackslashesAsInAShell) {
  EXPECT_THAT(SplitWords("a 'b c' \"d e\"f g\\ h  "), ElementsAre("a", "b c", "d ef", "g h"));
  EXPECT_THAT(SplitWords("''"), ElementsAre(""));
  EXPECT_THAT(SplitWords("'open"), ElementsAre("open"));
}

}  // namespace
}  // namespace safe_trace
