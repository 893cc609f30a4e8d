#include "launcher/project_root.h"

#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "launcher/host_paths.h"
#include "temporary_host.h"

namespace safe_trace {
namespace {

class ProjectRootTest : public testing::Test {
 protected:
  void SetUp() override {
    profile_.project_markers = {"Cargo.toml"};
    profile_.workspaces = {{"Cargo.toml", "toml", "workspace", {}, {"workspace.exclude"}}};
  }
  std::string Find(const std::string& from) {
    ProjectSearch search;
    search.working_directory = host_.MakeDirectory(from);
    search.user = getuid();
    search.homes = {host_.Path("home")};
    search.temporaries = temporaries_;
    if (!limit_.empty()) search.limit = host_.Path(limit_);
    const std::string root = FindProjectRoot(profile_, search);
    return root == host_.root() ? "" : root.substr(host_.root().size() + 1);
  }
  void Mode(const std::string& name, mode_t mode) {
    ASSERT_EQ(chmod(host_.Path(name).c_str(), mode), 0);
  }

  TemporaryHost host_;
  Profile profile_;
  std::vector<std::string> temporaries_;
  std::string limit_;
};

TEST_F(ProjectRootTest, IsTheNearestDirectoryWithAMarker) {
  host_.Write("work/Cargo.toml", "[package]\n");
  host_.Write("work/inner/Cargo.toml", "[package]\n");
  EXPECT_EQ(Find("work/src/deep"), "work");
  EXPECT_EQ(Find("work/inner/src"), "work/inner");
  EXPECT_EQ(Find("work"), "work");
}

TEST_F(ProjectRootTest, IsTheWorkingDirectoryWithoutAMarkerOrWithoutMarkersToLookFor) {
  EXPECT_EQ(Find("work/src"), "work/src");
  host_.Write("work/Cargo.toml", "");
  EXPECT_EQ(Find("work/src"), "work");
  profile_ = Profile();
  EXPECT_EQ(Find("work/src"), "work/src");
}

TEST_F(ProjectRootTest, IsTheWorkspaceThatDoesNotExcludeTheProject) {
  host_.Write("work/Cargo.toml", "[workspace]\nexclude = [\"old\"]\n");
  host_.Write("work/crates/one/Cargo.toml", "[package]\n");
  host_.Write("work/old/two/Cargo.toml", "[package]\n");
  EXPECT_EQ(Find("work/crates/one/src"), "work");
  EXPECT_EQ(Find("work/old/two/src"), "work/old/two");
}

TEST_F(ProjectRootTest, IsTheWorkspaceWhoseMembersMatch) {
  profile_.project_markers = {"package.json"};
  profile_.workspaces = {
      {"package.json", "json", "workspaces", {"workspaces", "workspaces.packages"}, {}}};
  host_.Write("work/package.json", R"({"workspaces": ["./packages/*/", "!packages/no"]})");
  for (const char* name : {"packages/one", "packages/no", "other"}) {
    host_.Write(std::string("work/") + name + "/package.json", "{}");
  }
  EXPECT_EQ(Find("work/packages/one/lib"), "work");
  EXPECT_EQ(Find("work/packages/no"), "work/packages/no");
  EXPECT_EQ(Find("work/other"), "work/other");
  host_.Write("work/package.json", R"({"workspaces": {"packages": ["other"]}})");
  EXPECT_EQ(Find("work/other"), "work");
  host_.Write("work/package.json", "{ no JSON");
  EXPECT_EQ(Find("work/other"), "work/other");
}

TEST_F(ProjectRootTest, IsAWorkspaceByItsFileAlone) {
  profile_.project_markers = {"go.mod"};
  profile_.workspaces = {{"go.work", "", "", {}, {}}};
  host_.Write("work/go.work", "use ./one\n");
  host_.Write("work/one/go.mod", "module one\n");
  EXPECT_EQ(Find("work/one/cmd"), "work");
}

TEST_F(ProjectRootTest, IsNeverAHomeNorWhatHoldsOneNorATemporaryDirectory) {
  host_.Write("home/Cargo.toml", "");
  host_.Write("Cargo.toml", "");
  EXPECT_EQ(Find("home/work"), "home/work");
  EXPECT_EQ(Find("home"), "home");
  EXPECT_EQ(Find("outside/src"), "outside/src");
  host_.Write("scratch/Cargo.toml", "");
  EXPECT_EQ(Find("scratch/one"), "scratch");
  temporaries_ = {host_.Path("scratch")};
  EXPECT_EQ(Find("scratch/one"), "scratch/one");
}

TEST_F(ProjectRootTest, IsNotFoundThroughADirectoryThatEverybodyMayWrite) {
  host_.Write("work/Cargo.toml", "[workspace]\n");
  host_.Write("work/open/Cargo.toml", "");
  Mode("work/open", 01777);
  EXPECT_EQ(Find("work/open/mine"), "work/open/mine");
  Mode("work/open", 0755);
  EXPECT_EQ(Find("work/open/mine"), "work");
}

TEST_F(ProjectRootTest, IsNotToldByAMarkerThatEverybodyMayWrite) {
  host_.Write("work/Cargo.toml", "[workspace]\n");
  Mode("work/Cargo.toml", 0666);
  EXPECT_EQ(Find("work/src"), "work/src");
}

TEST_F(ProjectRootTest, IsNotFoundThroughSomebodyElsesDirectory) {
  if (getuid() != 0) GTEST_SKIP() << "only root can give a directory away";
  host_.Write("work/Cargo.toml", "");
  ASSERT_EQ(Find("work/src"), "work");
  ASSERT_EQ(chown(host_.Path("work").c_str(), 54321, 54321), 0);
  EXPECT_EQ(Find("work/src"), "work/src");
}

TEST_F(ProjectRootTest, IsNotToldBySomebodyElsesMarker) {
  if (getuid() != 0) GTEST_SKIP() << "only root can give a file away";
  host_.Write("work/Cargo.toml", "");
  ASSERT_EQ(chown(host_.Path("work/Cargo.toml").c_str(), 54321, 54321), 0);
  EXPECT_EQ(Find("work/src"), "work/src");
}

TEST_F(ProjectRootTest, StaysWithinItsLimit) {
  host_.Write("work/Cargo.toml", "[workspace]\n");
  host_.Write("work/one/Cargo.toml", "");
  limit_ = "work/one";
  EXPECT_EQ(Find("work/one/src"), "work/one");
  EXPECT_EQ(Find("work/one"), "work/one");
}

}  // namespace
}  // namespace safe_trace
