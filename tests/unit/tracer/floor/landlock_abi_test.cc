#include "tracer/floor/landlock_abi.h"

#include <gtest/gtest.h>

#include <bit>

namespace safe_trace::landlock {
namespace {

TEST(LandlockAbi, EachVersionHandlesTheRightsThatItsKernelKnows) {
  EXPECT_EQ(std::popcount(HandledFileSystem(1)), 13);
  EXPECT_EQ(HandledFileSystem(2), HandledFileSystem(1) | kFsRefer);
  EXPECT_EQ(HandledFileSystem(3), HandledFileSystem(2) | kFsTruncate);
  EXPECT_EQ(HandledFileSystem(4), HandledFileSystem(3));
  EXPECT_EQ(HandledFileSystem(5), HandledFileSystem(4) | kFsIoctlDev);
  EXPECT_EQ(HandledFileSystem(7), 0xffffU);
}

TEST(LandlockAbi, NetworkAndScopesAppearWithTheirVersion) {
  EXPECT_EQ(HandledNetwork(3), 0U);
  EXPECT_EQ(HandledNetwork(4), 3U);
  EXPECT_EQ(Scoped(5), 0U);
  EXPECT_EQ(Scoped(6), 3U);
}

TEST(LandlockAbi, AttributeSizeFollowsTheVersion) {
  EXPECT_EQ(RulesetAttributeSize(1), 8U);
  EXPECT_EQ(RulesetAttributeSize(4), 16U);
  EXPECT_EQ(RulesetAttributeSize(7), 24U);
}

TEST(LandlockAbi, RightsOfAFileAreThoseTheKernelAcceptsForIt) {
  EXPECT_EQ(kFsFileRights & (kFsReadDir | kFsMakeReg | kFsRemoveFile | kFsRefer), 0U);
}

}  // namespace
}  // namespace safe_trace::landlock
