#include "policy/path_pattern.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

namespace safe_trace {
namespace {

using ::testing::ElementsAre;
using ::testing::IsEmpty;
using Env = std::map<std::string, std::string>;

TEST(MatchesGlobTest, FollowsTheDocumentedLanguage) {
  EXPECT_TRUE(MatchesGlob("*.kdbx", "vault.kdbx"));
  EXPECT_TRUE(MatchesGlob("*", ""));
  EXPECT_TRUE(MatchesGlob("a?c", "abc"));
  EXPECT_TRUE(MatchesGlob("pip[0-9].[0-9]", "pip3.9"));
  EXPECT_TRUE(MatchesGlob("[!a]b", "cb"));
  EXPECT_TRUE(MatchesGlob("[]x]", "]"));
  EXPECT_TRUE(MatchesGlob("[a-]", "-"));
  EXPECT_TRUE(MatchesGlob("a[b", "a[b"));
  EXPECT_TRUE(MatchesGlob("\\*", "*"));
  EXPECT_TRUE(MatchesGlob("a*b*c", "aXbYbZc"));
  EXPECT_FALSE(MatchesGlob("\\*", "x"));
  EXPECT_FALSE(MatchesGlob("*.kdbx", "vault.kdbx.txt"));
  EXPECT_FALSE(MatchesGlob("[!a]b", "ab"));
  EXPECT_FALSE(MatchesGlob("a?c", "ac"));
  EXPECT_FALSE(MatchesGlob("", "a"));
  EXPECT_FALSE(MatchesGlob("ID_RSA", "id_rsa"));
}

TEST(MatchesGlobTest, BytesAboveAsciiCompareUnsigned) {
  EXPECT_TRUE(MatchesGlob("[\x80-\xff]", "\xc3"));
  EXPECT_FALSE(MatchesGlob("[a-z]", "\xc3"));
}

TEST(MatchesGlobTest, ManyStarsDoNotExplode) {
  std::string glob;
  for (int i = 0; i < 200; ++i) glob += "*a";
  glob += "b";
  const std::string name(4000, 'a');
  const auto start = std::chrono::steady_clock::now();
  EXPECT_FALSE(MatchesGlob(glob, name));
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(2));
}

TEST(MatchesGlobTest, LongNamesMatchNothing) {
  EXPECT_FALSE(MatchesGlob("*", std::string(5000, 'x')));
  EXPECT_TRUE(MatchesGlob("*", std::string(5000, 'x'), 6000));
}

TEST(MatchesPathGlobTest, StarsStayWithinAComponent) {
  EXPECT_TRUE(MatchesPathGlob("/tmp/ssh-*/agent.*", "/tmp/ssh-XXXX/agent.42"));
  EXPECT_FALSE(MatchesPathGlob("/tmp/ssh-*", "/tmp/ssh-XXXX/agent.42"));
  EXPECT_TRUE(MatchesPathGlob("/**/node_modules/**", "/home/u/p/node_modules/x/.env"));
  EXPECT_TRUE(MatchesPathGlob("/**/node_modules/**", "/node_modules"));
  EXPECT_FALSE(MatchesPathGlob("/**/node_modules/**", "/home/u/my_node_modules/x"));
  EXPECT_FALSE(MatchesPathGlob("/run/*", "run/x"));
  EXPECT_FALSE(MatchesPathGlob("/run/*", ""));
}

TEST(ExpandPathTest, KnowsHomeAndXdgDefaults) {
  EXPECT_EQ(ExpandPath("~/.ssh", "/home/u", {}), "/home/u/.ssh");
  EXPECT_EQ(ExpandPath("~", "/home/u/", {}), "/home/u");
  EXPECT_EQ(ExpandPath("$XDG_CONFIG_HOME/gh", "/home/u", {}), "/home/u/.config/gh");
  EXPECT_EQ(ExpandPath("$XDG_DATA_HOME/x", "/home/u", {}), "/home/u/.local/share/x");
  EXPECT_EQ(ExpandPath("$XDG_STATE_HOME", "/home/u", {}), "/home/u/.local/state");
  EXPECT_EQ(ExpandPath("$XDG_CACHE_HOME/pip", "/home/u", {}), "/home/u/.cache/pip");
  EXPECT_EQ(ExpandPath("$XDG_RUNTIME_DIR/bus", "/home/u", {}), "");
  EXPECT_EQ(ExpandPath("/etc//shadow/", "", {}), "/etc/shadow");
}

TEST(ExpandPathTest, WithoutAHomeGivesNothing) {
  EXPECT_EQ(ExpandPath("~/.ssh", "", {}), "");
  EXPECT_EQ(ExpandPath("$XDG_CONFIG_HOME/gh", "", {}), "");
  EXPECT_EQ(ExpandPath("~/.ssh", "/", {}), "");
  EXPECT_EQ(ExpandPath("~/.ssh", "relative", {}), "");
}

TEST(ExpandPathTest, VariableComesBeforeDefaultAndDefaultStaysProtected) {
  const Env env = {{"XDG_CONFIG_HOME", "/cfg"}, {"KUBECONFIG", "/k/a:/k/b::relative"}};
  EXPECT_EQ(ExpandPath("$XDG_CONFIG_HOME/gh", "/home/u", env), "/cfg/gh");
  EXPECT_THAT(ExpandPaths("$XDG_CONFIG_HOME/gh", "/home/u", env),
              ElementsAre("/cfg/gh", "/home/u/.config/gh"));
  EXPECT_THAT(ExpandPaths("$KUBECONFIG", "/home/u", env), ElementsAre("/k/a", "/k/b"));
}

TEST(ExpandPathTest, VariableThatNamesAPlaceEverythingNeedsIsIgnored) {
  for (const char* value : {"/", "/dev/null", "/proc/self/fd/3", "/home/u", "/home", "/usr", "/tmp",
                            "/etc/../home/u", "relative", ""}) {
    EXPECT_THAT(ExpandPaths("$NETRC", "/home/u", {{"NETRC", value}}), IsEmpty()) << value;
  }
  EXPECT_EQ(ExpandPath("$NETRC", "/home/u", {{"NETRC", "/secret/netrc"}}), "/secret/netrc");
}

}  // namespace
}  // namespace safe_trace
