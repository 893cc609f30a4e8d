#include "tracer/tracee/floor_view.h"

#include <gtest/gtest.h>

#include <string>

namespace safe_trace {
namespace {

constexpr Access kReadWrite = Access::kRead | Access::kWrite;

Domain DomainOf(std::vector<PathGrant> grants) {
  Domain domain;
  domain.floor = FloorPlan(std::move(grants));
  return domain;
}

TEST(FloorViewTest, GrantedHierarchyIsCovered) {
  const Domain domain = DomainOf({{"/work", Access::kRead}, {"/work/out", Access::kWrite}});
  FloorView view;
  EXPECT_TRUE(view.Covers(domain, "/work/a", Access::kRead));
  EXPECT_TRUE(view.Covers(domain, "/work/out/b", kReadWrite));
  EXPECT_FALSE(view.Covers(domain, "/work/a", kReadWrite));
  EXPECT_FALSE(view.Covers(domain, "/workshop", Access::kRead));
}

TEST(FloorViewTest, EmptyFloorCoversNothing) {
  EXPECT_FALSE(FloorView().Covers(Domain(), "/", Access::kRead));
}

TEST(FloorViewTest, RulesOfWhatWasReplacedAndBeneathItNoLongerCount) {
  const Domain domain = DomainOf({{"/work/cache", kReadWrite}, {"/work/deep/sub", kReadWrite}});
  FloorView view;
  view.NoteReplaced("/work/cache");
  view.NoteReplaced("/work/deep");
  EXPECT_FALSE(view.Covers(domain, "/work/cache", Access::kRead));
  EXPECT_FALSE(view.Covers(domain, "/work/cache/deep/file", Access::kRead));
  EXPECT_FALSE(view.Covers(domain, "/work/deep/sub/file", Access::kRead));
}

TEST(FloorViewTest, RulesAboveWhatWasReplacedStillCount) {
  const Domain domain = DomainOf({{"/work", Access::kRead}, {"/work/cache", Access::kWrite}});
  FloorView view;
  view.NoteReplaced("/work/cache/a");
  EXPECT_TRUE(view.Covers(domain, "/work/cache/a/file", kReadWrite));
  view.NoteReplaced("/work/cache");
  EXPECT_TRUE(view.Covers(domain, "/work/cache/a/file", Access::kRead));
  EXPECT_FALSE(view.Covers(domain, "/work/cache/a/file", Access::kWrite));
  EXPECT_TRUE(view.Covers(domain, "/work", Access::kRead));
  EXPECT_TRUE(view.Covers(domain, "/work/cache2", Access::kRead));
}

TEST(FloorViewTest, ReplacementOutsideTheFloorTakesNothing) {
  const Domain domain = DomainOf({{"/work", kReadWrite}});
  FloorView view;
  view.NoteReplaced("/elsewhere/x");
  EXPECT_TRUE(view.Covers(domain, "/work/x", Access::kRead));
}

TEST(FloorViewTest, FullTableCoversNothing) {
  const Domain domain = DomainOf({{"/work", kReadWrite}});
  FloorView view;
  for (size_t i = 0; i + 1 < FloorView::kMaximumReplaced; ++i) {
    view.NoteReplaced("/elsewhere/" + std::to_string(i));
  }
  EXPECT_TRUE(view.Covers(domain, "/work/x", Access::kRead));
  view.NoteReplaced("/elsewhere/last");
  EXPECT_FALSE(view.Covers(domain, "/work/x", Access::kRead));
}

}  // namespace
}  // namespace safe_trace
