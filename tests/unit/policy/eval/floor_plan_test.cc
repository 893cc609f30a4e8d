#include "policy/floor_plan.h"

#include <gmock/gmock.h>

#include "made_up_tree.h"

namespace safe_trace {
namespace {

constexpr Access kR = Access::kRead;
constexpr Access kW = Access::kWrite;
constexpr Access kX = Access::kExecute;

bool NothingHidden(std::string_view) { return false; }

FloorPlan Expand(const FloorRequest& request, const MadeUpTree& tree) {
  return ExpandFloor(request, NothingHidden, tree.Lister());
}

TEST(FloorPlanTest, CoversGathersRightsOverAncestorsAsTheKernelDoes) {
  FloorPlan plan({{"/", kX}, {"/a", kR}, {"/a/b", kW}});
  EXPECT_TRUE(plan.Covers("/a/b/c", kR | kW | kX));
  EXPECT_TRUE(plan.Covers("/a/b", kW));
  EXPECT_FALSE(plan.Covers("/a/bc", kW));
  EXPECT_FALSE(plan.Covers("/a", kW));
  EXPECT_FALSE(plan.Covers("/", kR));
  EXPECT_TRUE(plan.Covers("/", kX));
  EXPECT_FALSE(plan.Covers("", kX));
  EXPECT_FALSE(plan.Covers("relative", kX));
}

TEST(FloorPlanTest, AnEmptyPlanCoversNothing) { EXPECT_FALSE(FloorPlan().Covers("/", kR)); }

TEST(ExpandFloorTest, AHierarchyWithoutCarveOutsIsOneGrant) {
  MadeUpTree tree;
  tree.Add("/usr/lib/x");
  FloorRequest request;
  request.grants = {{"/usr", kR | kX}, {"/usr/lib", kR}};
  EXPECT_THAT(Expand(request, tree).grants(), testing::ElementsAre(PathGrant{"/usr", kR | kX}));
}

TEST(ExpandFloorTest, ADirectoryWithACarveOutIsGrantedEntryByEntry) {
  MadeUpTree tree;
  for (const char* path : {"/h/a/.ssh/id", "/h/a/doc/x", "/h/a/f", "/usr/x", "@/h/a/link"}) {
    tree.Add(path);
  }
  FloorRequest request;
  request.grants = {{"/", kR}};
  request.carve_outs = {{"/h/a/.ssh", kR | kW}};
  FloorPlan plan = Expand(request, tree);
  EXPECT_THAT(plan.grants(),
              testing::UnorderedElementsAre(PathGrant{"/h/a/doc", kR}, PathGrant{"/h/a/f", kR},
                                            PathGrant{"/usr", kR}));
  EXPECT_FALSE(plan.Covers("/h/a/.ssh/id", kR));
  EXPECT_FALSE(plan.Covers("/h/a", kR));
  EXPECT_FALSE(plan.Covers("/h/a/link", kR));
}

TEST(ExpandFloorTest, RegrantsLieInsideCarveOutsAndCarveOutsInsideRegrants) {
  MadeUpTree tree;
  for (const char* path : {"/h/c/open/secret/x", "/h/c/open/y", "/h/c/z"}) tree.Add(path);
  FloorRequest request;
  request.grants = {{"/h", kR}};
  request.carve_outs = {{"/h/c", kR}, {"/h/c/open/secret", kR}};
  request.regrants = {{"/h/c/open", kR}};
  FloorPlan plan = Expand(request, tree);
  EXPECT_THAT(plan.grants(), testing::ElementsAre(PathGrant{"/h/c/open/y", kR}));
}

TEST(ExpandFloorTest, AtOnePathARegrantWinsOverACarveOutAndThatOverAGrant) {
  MadeUpTree tree;
  tree.Add("/h/.netrc");
  tree.Add("/h/x/");
  FloorRequest request;
  request.grants = {{"/h", kR}, {"/h/x", kR}};
  request.carve_outs = {{"/h/.netrc", kR | kW}, {"/h/x", kR}};
  request.regrants = {{"/h/.netrc", kR}};
  EXPECT_THAT(Expand(request, tree).grants(), testing::ElementsAre(PathGrant{"/h/.netrc", kR}));
}

TEST(ExpandFloorTest, AbsentCarveOutsCostNothingForReading) {
  MadeUpTree tree;
  tree.Add("/h/a/x");
  FloorRequest request;
  request.grants = {{"/h", kR}};
  request.carve_outs = {{"/h/a/.aws", kR}};
  EXPECT_THAT(Expand(request, tree).grants(), testing::ElementsAre(PathGrant{"/h", kR}));
}

TEST(ExpandFloorTest, TheKernelAloneCannotMakeAnAbsentCarveOut) {
  MadeUpTree tree;
  for (const char* path : {"/w/.git/index", "/w/src/x"}) tree.Add(path);
  FloorRequest request;
  request.grants = {{"/w", kW}};
  request.carve_outs = {{"/w/.git/hooks", kW}, {"/w/.vscode", kW}};
  FloorPlan plan = Expand(request, tree);
  EXPECT_FALSE(plan.Covers("/w/.vscode/tasks.json", kW));
  EXPECT_FALSE(plan.Covers("/w/.git/hooks/x", kW));
  EXPECT_FALSE(plan.Covers("/w/.git", kW));  // not to be renamed away either
  EXPECT_TRUE(plan.Covers("/w/.git/index", kW));
  EXPECT_TRUE(plan.Covers("/w/src/new", kW));
}

TEST(ExpandFloorTest, OnlyTheDeepestExistingAncestorOfAnAbsentCarveOutIsSplit) {
  MadeUpTree tree;
  for (const char* path : {"/w/a/b/x", "/w/c/"}) tree.Add(path);
  FloorRequest request;
  request.grants = {{"/w", kW}};
  request.carve_outs = {{"/w/a/no/such/thing", kW}};
  FloorPlan plan = Expand(request, tree);
  EXPECT_FALSE(plan.Covers("/w/a/no", kW));
  EXPECT_TRUE(plan.Covers("/w/a/b/new", kW));
  EXPECT_TRUE(plan.Covers("/w/c/new", kW));
}

TEST(ExpandFloorTest, HiddenNamesInScannedDirectoriesAreLeftOut) {
  MadeUpTree tree;
  for (const char* path : {"/w/.env", "/w/a", "/w/deep/.env"}) tree.Add(path);
  FloorRequest request;
  request.grants = {{"/w", kR | kX}};
  request.scanned_directories = {"/w"};
  FloorPlan plan = ExpandFloor(
      request, [](std::string_view name) { return name == ".env"; }, tree.Lister());
  EXPECT_FALSE(plan.Covers("/w/.env", kR));
  EXPECT_TRUE(plan.Covers("/w/.env", kX));
  EXPECT_TRUE(plan.Covers("/w/a", kR));
  EXPECT_TRUE(plan.Covers("/w/deep/.env", kR));  // the supervisor's own decision guards it
}

TEST(ExpandFloorTest, GlobsLeaveOutWhatMatches) {
  MadeUpTree tree;
  for (const char* path : {"/h/.m/p1/key", "/h/.m/p1/other", "/h/.m/p2/key", "/h/x"})
    tree.Add(path);
  FloorRequest request;
  request.grants = {{"/h", kR}};
  request.carve_out_globs = {{"/h/.m/*/key", kR}};
  FloorPlan plan = Expand(request, tree);
  EXPECT_FALSE(plan.Covers("/h/.m/p1/key", kR));
  EXPECT_FALSE(plan.Covers("/h/.m/p2/key", kR));
  EXPECT_TRUE(plan.Covers("/h/.m/p1/other", kR));
  request.carve_out_globs = {{"/h/.m/**/key", kR}};
  plan = Expand(request, tree);
  EXPECT_FALSE(plan.Covers("/h/.m/p1/key", kR));
  EXPECT_TRUE(plan.Covers("/h/x", kR));
}

TEST(ExpandFloorTest, AHostilyLargeDirectoryGrantsLessNeverMore) {
  MadeUpTree tree;
  for (int i = 0; i < 30000; ++i) tree.Add("/w/f" + std::to_string(i));
  tree.Add("/w/secret");
  FloorRequest request;
  request.grants = {{"/w", kR}};
  request.carve_outs = {{"/w/secret", kR}};
  FloorPlan plan = Expand(request, tree);
  EXPECT_LE(plan.grants().size(), kMaximumFloorGrants);
  EXPECT_FALSE(plan.Covers("/w/secret", kR));
  EXPECT_FALSE(plan.Covers("/w", kR));
}

TEST(ExpandFloorTest, AListingThatLiesGrantsNothingElsewhere) {
  FloorRequest request;
  request.grants = {{"/w", kR}};
  request.carve_outs = {{"/w/secret", kR}};
  FloorPlan plan = ExpandFloor(request, NothingHidden, [](const std::string& path) {
    if (path == "/") return std::vector<DirectoryEntry>{{"w", true, false}};
    return std::vector<DirectoryEntry>{{"..", true, false},
                                       {".", true, false},
                                       {"", true, false},
                                       {"../etc", true, false},
                                       {"secret", false, false}};
  });
  EXPECT_THAT(plan.grants(), testing::IsEmpty());
}

}  // namespace
}  // namespace safe_trace
