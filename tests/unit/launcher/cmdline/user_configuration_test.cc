#include "launcher/user_configuration.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>
#include <string>

#include "tests/unit/tracer/temporary_tree.h"

namespace safe_trace {
namespace {

constexpr NetworkList kHosts = NetworkList::kAllowedHosts;

std::string Toml(const std::string& before, const std::string& value = "new.example") {
  absl::StatusOr<std::string> after = AddToToml(before, kHosts, value);
  return after.ok() ? *after : "error: " + std::string(after.status().message());
}

TEST(AddToToml, MakesTheTableWhereThereIsNone) {
  EXPECT_EQ(Toml(""), "[network]\nallowed_hosts = [\"new.example\"]\n");
  EXPECT_EQ(Toml("[sandbox]\npids = 9"),
            "[sandbox]\npids = 9\n\n[network]\nallowed_hosts = [\"new.example\"]\n");
}

TEST(AddToToml, MakesTheListBelowTheTablesLine) {
  EXPECT_EQ(Toml("[network]  # mine\noffline = false\n"),
            "[network]  # mine\nallowed_hosts = [\"new.example\"]\noffline = false\n");
  EXPECT_EQ(Toml("[network]"), "[network]\nallowed_hosts = [\"new.example\"]\n");
}

TEST(AddToToml, ExtendsTheListAndKeepsCommentsAndLayout) {
  EXPECT_EQ(Toml("[network]\nallowed_hosts = [\"a.example\"] # why\ngrants = [\"x=y.example\"]\n"),
            "[network]\nallowed_hosts = [\"a.example\", \"new.example\"] # why\n"
            "grants = [\"x=y.example\"]\n");
  EXPECT_EQ(Toml("[network]\nallowed_hosts = []\n"),
            "[network]\nallowed_hosts = [\"new.example\"]\n");
  EXPECT_EQ(Toml("# gr\xc3\xbc\xc3\x9f\n[network]\nallowed_hosts = [\n  \"a.example\",  # ] first\n"
                 "  \"b.example\",\n  # the end\n]\n"),
            "# gr\xc3\xbc\xc3\x9f\n[network]\nallowed_hosts = [\n  \"a.example\",  # ] first\n"
            "  \"b.example\", \"new.example\",\n  # the end\n]\n");
}

TEST(AddToToml, DottedKeysStayDotted) {
  EXPECT_EQ(
      Toml("network.offline = false\n[sandbox]\npids = 9\n"),
      "network.allowed_hosts = [\"new.example\"]\nnetwork.offline = false\n[sandbox]\npids = 9\n");
  EXPECT_EQ(Toml("# mine\nnetwork . offline = false # why"),
            "# mine\nnetwork.allowed_hosts = [\"new.example\"]\nnetwork . offline = false # why");
  EXPECT_EQ(Toml("network.allowed_hosts = [\"a.example\"]\n"),
            "network.allowed_hosts = [\"a.example\", \"new.example\"]\n");
  EXPECT_EQ(Toml("sandbox.pids = 9\nnetwork.grants = [\n  \"a=b.example\",\n]\n"),
            "sandbox.pids = 9\nnetwork.allowed_hosts = [\"new.example\"]\n"
            "network.grants = [\n  \"a=b.example\",\n]\n");
}

TEST(AddToToml, AnInlineTableStaysInline) {
  EXPECT_EQ(Toml("network = { offline = true }  # } mine\n"),
            "network = { offline = true, allowed_hosts = [\"new.example\"] }  # } mine\n");
  EXPECT_EQ(Toml("network = {}\n[sandbox]\n"),
            "network = { allowed_hosts = [\"new.example\"] }\n[sandbox]\n");
  EXPECT_EQ(Toml("network = {allowed_hosts=[\"a.example\"],offline=true}"),
            "network = {allowed_hosts=[\"a.example\", \"new.example\"],offline=true}");
  EXPECT_EQ(Toml("network = { grants = [ \"a=b.example\" ] }"),
            "network = { grants = [ \"a=b.example\" ], allowed_hosts = [\"new.example\"] }");
}

TEST(AddToToml, WhatIsNotUnderstoodIsLeftAlone) {
  EXPECT_TRUE(Toml("[network]\nallowed_hosts = \"a\"\n").starts_with("error"));
  EXPECT_TRUE(Toml("[network\n").starts_with("error"));
}

TEST(AddToToml, AValueCannotBringSyntaxOfItsOwn) {
  for (const char* value : {"a\"]\noffline = false #", "a b", "", "a\\u0041", "a'b"}) {
    EXPECT_TRUE(Toml("", value).starts_with("error")) << value;
  }
}

TEST(AddToJson, AddsToTheListAndKeepsTheRest) {
  absl::StatusOr<std::string> after =
      AddToJson(R"({"sandbox": {"pids": 9}, "network": {"grants": ["a=b.example"]}})",
                NetworkList::kGrants, "c@1=d.example");
  ASSERT_TRUE(after.ok()) << after.status();
  EXPECT_NE(after->find("\"c@1=d.example\""), std::string::npos);
  EXPECT_LT(after->find("sandbox"), after->find("network"));
}

class UserConfigurationTest : public testing::Test {
 protected:
  std::string Read(const std::string& path) {
    std::ostringstream text;
    text << std::ifstream(path).rdbuf();
    return text.str();
  }
  TemporaryTree tree_;
};

TEST_F(UserConfigurationTest, AFileIsMadeForTheUserAlone) {
  const std::string directory = tree_.Path("a/b/safe-trace");
  absl::StatusOr<std::string> path =
      AddToUserConfiguration(directory, getuid(), kHosts, "new.example");
  ASSERT_TRUE(path.ok()) << path.status();
  EXPECT_EQ(*path, directory + "/config.toml");
  struct stat file {};
  ASSERT_EQ(stat(path->c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0600U);
}

TEST_F(UserConfigurationTest, WhatIsThereAlreadyIsNotWrittenTwice) {
  const std::string directory = tree_.Directory("c");
  for (int i = 0; i < 2; ++i) {
    ASSERT_TRUE(AddToUserConfiguration(directory, getuid(), kHosts, "new.example").ok());
  }
  EXPECT_EQ(Read(directory + "/config.toml"), "[network]\nallowed_hosts = [\"new.example\"]\n");
}

TEST_F(UserConfigurationTest, ALinkStaysALinkAndAModeStays) {
  const std::string real = tree_.File("dotfiles/config.toml", "");
  ASSERT_EQ(chmod(real.c_str(), 0640), 0);
  const std::string directory = tree_.Directory("d");
  ASSERT_EQ(symlink(real.c_str(), (directory + "/config.toml").c_str()), 0);
  absl::StatusOr<std::string> path =
      AddToUserConfiguration(directory, getuid(), kHosts, "new.example");
  if (!path.ok()) GTEST_SKIP() << "links are not believed: " << path.status();
  EXPECT_NE(Read(real).find("new.example"), std::string::npos);
  struct stat file {};
  ASSERT_EQ(lstat((directory + "/config.toml").c_str(), &file), 0);
  EXPECT_TRUE(S_ISLNK(file.st_mode));
  ASSERT_EQ(stat(real.c_str(), &file), 0);
  EXPECT_EQ(file.st_mode & 0777, 0640U);
}

TEST_F(UserConfigurationTest, ABrokenFileIsNotTouched) {
  const std::string path = tree_.File("e/config.toml", "[network\n");
  EXPECT_FALSE(AddToUserConfiguration(tree_.Path("e"), getuid(), kHosts, "new.example").ok());
  EXPECT_EQ(Read(path), "[network\n");
}

}  // namespace
}  // namespace safe_trace
