#include "policy/package_identity.h"

#include <gtest/gtest.h>

#include <map>

namespace safe_trace {
namespace {

ExecFacts In(std::string directory, std::map<std::string, std::string> files = {}) {
  ExecFacts facts;
  facts.working_directory = std::move(directory);
  facts.read_file = [files, cwd = facts.working_directory](const std::string& path) {
    const auto it = files.find(path.substr(std::min(path.size(), cwd.size() + 1)));
    return it == files.end() ? std::string() : it->second;
  };
  return facts;
}

PackageIdentity Identify(const ExecFacts& facts) {
  return IdentifyPackage("pip-build-directory", facts);
}

constexpr char kHex[] = "0123456789abcdef0123456789abcdef";

TEST(IdentifyPackageTest, BuildDirectoryNamesThePackage) {
  const auto facts = In(std::string("/tmp/pip-install-ab12/Foo.Bar_") + kHex,
                        {{"PKG-INFO", "Metadata-Version: 2.1\nName: innocent\nVersion: 1.2\n\n"}});
  EXPECT_EQ(Identify(facts), (PackageIdentity{"foo-bar", "1.2", true}));
}

TEST(IdentifyPackageTest, OlderAndNestedDirectoriesCountToo) {
  EXPECT_EQ(Identify(In("/var/tmp/pip-install-x/evil")), (PackageIdentity{"evil", "", true}));
  EXPECT_EQ(Identify(In(std::string("/tmp/pip-install-x/evil_") + kHex + "/sub/dir")).name, "evil");
}

TEST(IdentifyPackageTest, ADirectoryInsideCannotPretend) {
  const auto facts =
      In(std::string("/tmp/pip-install-x/evil_") + kHex + "/pip-install-y/numpy_" + kHex);
  EXPECT_EQ(Identify(facts).name, "evil");
}

TEST(IdentifyPackageTest, InTreeBuildsClaimTheirName) {
  EXPECT_EQ(Identify(In("/home/u/proj",
                        {{"pyproject.toml", "[project]\nname = \"My_Proj\"\nversion = \"3\"\n"},
                         {"setup.cfg", "[metadata]\nname = other\n"}})),
            (PackageIdentity{"my-proj", "3", false}));
  EXPECT_EQ(Identify(In("/home/u/proj",
                        {{"setup.cfg",
                          "[options]\nname = no\n[metadata]\nname = Cfg\nversion = attr: x.y\n"}})),
            (PackageIdentity{"cfg", "", false}));
  EXPECT_EQ(
      Identify(In("/home/u/proj", {{"PKG-INFO", "Name: info\r\nVersion: 1\r\n\r\nName: late\n"}})),
      (PackageIdentity{"info", "1", false}));
  EXPECT_EQ(Identify(In("/home/u/proj")), (PackageIdentity{"proj", "", false}));
}

TEST(IdentifyPackageTest, HostileFilesAreBoundedAndCleaned) {
  const auto facts =
      In("/home/u/p", {{"PKG-INFO", "Name: " + std::string(1000, 'a') + "\nVersion: 1\x1b[31m" +
                                        std::string(500, '9')}});
  const PackageIdentity identity = Identify(facts);
  EXPECT_LE(identity.name.size(), 128u);
  EXPECT_LE(identity.version.size(), 64u);
  EXPECT_EQ(identity.version.find('\x1b'), std::string::npos);
  EXPECT_EQ(Identify(In("/home/u/p", {{"pyproject.toml", "[project\n\xff"}})).name, "p");
  EXPECT_EQ(Identify(In("/home/u/p", {{"pyproject.toml", "project = 3\n"}})).name, "p");
}

TEST(IdentifyPackageTest, WithoutFactsNothingIsKnown) {
  EXPECT_EQ(IdentifyPackage("no-such-way", In("/x/y")), PackageIdentity());
  ExecFacts facts;
  EXPECT_EQ(Identify(facts).name, "");
  facts.working_directory = "/a/b";
  EXPECT_EQ(Identify(facts).name, "b");
}

TEST(NormalizePackageNameTest, FollowsPep503) {
  EXPECT_EQ(NormalizePackageName("Foo.Bar__baz-._x"), "foo-bar-baz-x");
  EXPECT_EQ(NormalizePackageName("a\nb\xff"), "a-b-");
  EXPECT_EQ(NormalizePackageName(""), "");
}

}  // namespace
}  // namespace safe_trace
