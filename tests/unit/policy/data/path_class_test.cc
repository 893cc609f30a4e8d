#include "policy/path_class.h"

#include <gtest/gtest.h>

namespace safe_trace {
namespace {

const PathPlaces kPlaces{"/home/u/p", "/home/u"};

std::string ClassOf(const std::string& path, const PathPlaces& places = kPlaces) {
  return PathClass(path, places, "tiny", "1.0.0");
}

TEST(PathClassTest, PlacesHaveClasses) {
  EXPECT_EQ(ClassOf("/home/u/p/src/x"), "project");
  EXPECT_EQ(ClassOf("/home/u/p"), "project");
  EXPECT_EQ(ClassOf("/home/u/p2/x"), "~/p#");
  EXPECT_EQ(ClassOf("/home/u/p/node_modules/a/x"), "installed packages");
  EXPECT_EQ(ClassOf("/usr/lib/python3/site-packages/a.py"), "installed packages");
  EXPECT_EQ(ClassOf("/home/u/.bashrc"), "~/.bashrc");
  EXPECT_EQ(ClassOf("/home/u/.aws/credentials"), "~/.aws");
  EXPECT_EQ(ClassOf("/home/u"), "~");
  EXPECT_EQ(ClassOf("/root/x", {}), "~/x");
  EXPECT_EQ(ClassOf("/rootx", {}), "/rootx");
  EXPECT_EQ(ClassOf("/tmp/x/y"), "temporary");
  EXPECT_EQ(ClassOf("/proc/12/maps"), "kernel");
  EXPECT_EQ(ClassOf("/dev/null"), "devices");
  EXPECT_EQ(ClassOf("/dev/shm/x"), "temporary");
  EXPECT_EQ(ClassOf("/etc/passwd", {"/", ""}), "system");
  EXPECT_EQ(ClassOf("/usr/bin/env"), "system");
  EXPECT_EQ(ClassOf("/opt/data/x"), "/opt");
  EXPECT_EQ(ClassOf("/", {}), "/");
  EXPECT_EQ(ClassOf("", {}), "/");
}

TEST(PathClassTest, ThePackagesOwnPlaceIsItsOwnWhereverItLies) {
  for (const char* path :
       {"/home/u/p/node_modules/tiny/x.js", "/home/u/p/node_modules/a/node_modules/tiny",
        "/home/u/.cargo/registry/src/index-1/tiny-1.0.0/build.rs",
        "/home/u/go/pkg/mod/tiny@1.0.0/x.go",
        "/tmp/pip-install-x1/tiny_0123456789abcdef0123456789abcdef/setup.py"}) {
    EXPECT_EQ(ClassOf(path), "package") << path;
  }
  EXPECT_EQ(ClassOf("/home/u/p/node_modules/tiny2/x.js"), "installed packages");
  EXPECT_EQ(ClassOf("/home/u/p/node_modules/tiny/node_modules/b/x"), "installed packages");
  EXPECT_EQ(ClassOf("/home/u/tiny/x"), "~/tiny");
  EXPECT_EQ(ClassOf("/home/u/xtiny-1.0.0/x"), "~/xtiny-#");
  EXPECT_EQ(PathClass("/home/u/p/node_modules/@s/t/x", kPlaces, "@s/t", "2"), "package");
  EXPECT_EQ(PathClass("/home/u/p/node_modules/x", kPlaces, "", ""), "installed packages");
}

TEST(PathClassTest, TheDeeperOfHomeAndProjectCounts) {
  EXPECT_EQ(PathClass("/w/home/.ssh/k", {"/w", "/w/home"}, "", ""), "~/.ssh");
  EXPECT_EQ(PathClass("/w/x", {"/w", "/w/home"}, "", ""), "project");
  EXPECT_EQ(PathClass("/home/u/.ssh/k", {"/home/u", "/home/u"}, "", ""), "~/.ssh");
}

TEST(ComparablePathTest, DifferentProgramsStayDifferent) {
  const auto comparable = [](const std::string& path) {
    return ComparablePath(path, kPlaces, "1.0.0");
  };
  EXPECT_EQ(comparable("/usr/bin/python3.11"), comparable("/usr/bin/python3.9"));
  EXPECT_NE(comparable("/usr/bin/python3"), comparable("/usr/bin/perl"));
  EXPECT_NE(comparable("/usr/bin/curl"), comparable("/tmp/a/curl"));
  EXPECT_NE(comparable("/home/u/p/curl"), comparable("/home/u/curl"));
  EXPECT_EQ(comparable("/tmp/x.sh"), comparable("/tmp/y.sh"));
  EXPECT_NE(comparable("/tmp/x.sh"), comparable("/tmp/y"));
  EXPECT_EQ(comparable("/tmp/x/a/run"), comparable("/tmp/y/a/run"));
  EXPECT_EQ(comparable("/home/u/p/a-1.0.0/x"), "<project>/a-#/x");
  EXPECT_EQ(comparable("/home/u/.cache/x"), "~/.cache/x");
  EXPECT_EQ(comparable("@abstract12"), "@abstract#");
  EXPECT_EQ(comparable(""), "");
}

TEST(ComparablePathTest, NamesThatHoldAHashBehindAnUnderscoreAreTheSame) {
  const auto comparable = [](const std::string& path) { return ComparablePath(path, {}, ""); };
  EXPECT_EQ(comparable("/srv/b/tiny_0123456789abcdef0123456789abcdef/x"),
            comparable("/srv/b/tiny_fedcba98765432100123456789abcdef/x"));
  EXPECT_NE(comparable("/srv/b/tiny_0123456789abcdef0123456789abcdef/x"),
            comparable("/srv/b/tidy_0123456789abcdef0123456789abcdef/x"));
}

}  // namespace
}  // namespace safe_trace
