// What gets a line of its own, and what is told together.
#include "tracer/changes/change_groups.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <string>
#include <vector>

namespace safe_trace {
namespace {

std::vector<Change> Created(std::vector<std::string> paths) {
  std::sort(paths.begin(), paths.end());
  std::vector<Change> changes;
  for (std::string& path : paths) {
    Change change;
    change.path = std::move(path);
    change.kind = ChangeKind::kCreated;
    changes.push_back(std::move(change));
  }
  return changes;
}

size_t Members(const GroupedChanges& grouped) {
  size_t members = grouped.single.size();
  for (const ChangeGroup& group : grouped.groups) members += group.members.size();
  return members;
}

TEST(GroupChangesTest, ACacheWithADirectoryForEachFileIsFewLines) {
  std::vector<std::string> paths;
  for (int i = 0; i < 600; ++i) {
    const std::string hash = std::to_string(100'000 + i * 7919 % 900'000);
    paths.push_back("/h/cache/content/" + hash.substr(0, 2) + "/" + hash.substr(2, 2) + "/" + hash);
    paths.push_back("/h/cache/index/" + hash.substr(0, 3) + "/" + hash);
  }
  const std::vector<Change> changes = Created(paths);
  const GroupedChanges grouped = GroupChanges(changes, false, {});
  EXPECT_EQ(Members(grouped), changes.size()) << "nothing is lost";
  EXPECT_LT(grouped.single.size() + grouped.groups.size(), 220u);
  for (const ChangeGroup& group : grouped.groups) {
    EXPECT_TRUE(std::is_sorted(group.members.begin(), group.members.end()));
    for (const size_t index : group.members) {
      EXPECT_EQ(changes[index].path.rfind(group.directory + "/", 0), 0u) << changes[index].path;
    }
  }
}

TEST(GroupChangesTest, PackagesOfManyFilesKeepLinesOfTheirOwn) {
  std::vector<std::string> paths;
  for (int package = 0; package < 40; ++package) {
    for (int file = 0; file < 9; ++file) {
      paths.push_back("/p/node_modules/a" + std::to_string(package) + "/" + std::to_string(file));
    }
  }
  const GroupedChanges grouped = GroupChanges(Created(paths), false, {});
  EXPECT_EQ(grouped.groups.size(), 40u);
  EXPECT_TRUE(grouped.single.empty());
}

// One subject's files in places that have nothing to do with each other: a home and a project.
TEST(GroupChangesTest, FarPlacesAreNotToldAsTheDirectoryAboveThem) {
  std::vector<std::string> paths;
  for (int i = 0; i < 6; ++i) paths.push_back("/a/home/.cache/pip/" + std::to_string(i) + "/f");
  for (int i = 0; i < 7; ++i) paths.push_back("/a/work/lib/requests/m" + std::to_string(i));
  const std::vector<std::string> shared = {"/a/home", "/a/home/.cache"};
  GroupedChanges grouped = GroupChanges(Created(paths), false, shared);
  ASSERT_EQ(grouped.groups.size(), 2u);
  EXPECT_EQ(grouped.groups[0].directory, "/a/home/.cache/pip");
  EXPECT_EQ(grouped.groups[1].directory, "/a/work");
  EXPECT_TRUE(grouped.single.empty());
  grouped = GroupChanges(Created({"/a/home/1", "/a/home/2", "/a/home/x/3", "/a/w/1", "/a/w/2"}),
                         false, shared);
  EXPECT_EQ(grouped.single.size(), 5u);
  EXPECT_TRUE(grouped.groups.empty());
}

TEST(GroupChangesTest, APackageIsOneLineWithItsSubdirectories) {
  std::vector<std::string> paths = {"/p/lib/numpy/__init__.py"};
  for (int i = 0; i < 90; ++i) {
    paths.push_back("/p/lib/numpy/core/" + std::to_string(i));
    paths.push_back("/p/lib/numpy/linalg/" + std::to_string(i));
  }
  const GroupedChanges grouped = GroupChanges(Created(paths), false, {});
  ASSERT_EQ(grouped.groups.size(), 1u);
  EXPECT_EQ(grouped.groups[0].directory, "/p/lib/numpy");
}

TEST(GroupChangesTest, FewFilesAndWhatWasThereBeforeStandAlone) {
  std::vector<Change> changes = Created({"/p/a", "/p/b", "/p/c"});
  EXPECT_EQ(GroupChanges(changes, false, {}).single.size(), 3u);
  std::vector<std::string> many;
  for (int i = 0; i < 300; ++i) many.push_back("/p/d/" + std::to_string(i) + "/f");
  changes = Created(many);
  changes[7].kind = ChangeKind::kChanged;
  changes[8].made_executable = true;
  const GroupedChanges grouped = GroupChanges(changes, false, {});
  EXPECT_EQ(grouped.single, (std::vector<size_t>{7, 8}));
  EXPECT_EQ(grouped.groups.size(), 1u);
  EXPECT_EQ(GroupChanges(changes, true, {}).single.size(), 300u);
}

}  // namespace
}  // namespace safe_trace
