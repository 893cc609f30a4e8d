#include "tracer/stacks/unwind_protocol.h"

#include <gtest/gtest.h>

namespace safe_trace {
namespace {

StackSample Sample() {
  StackSample sample;
  for (size_t i = 0; i < sample.registers.size(); ++i) sample.registers[i] = i * 3 + 1;
  sample.stack = std::string("\0\x01stack", 7);
  sample.mappings = {{0x1000, 0x2000, 0x40, 7, 9, "/usr/bin/a b"}, {1, 2, 3, 4, 5, ""}};
  return sample;
}

TEST(UnwindProtocol, SampleComesBackAsItWas) {
  absl::StatusOr<StackSample> sample = DecodeSample(EncodeSample(Sample()));
  ASSERT_TRUE(sample.ok()) << sample.status();
  EXPECT_EQ(sample->registers, Sample().registers);
  EXPECT_EQ(sample->stack, Sample().stack);
  ASSERT_EQ(sample->mappings.size(), 2u);
  EXPECT_EQ(sample->mappings[0].path, "/usr/bin/a b");
  EXPECT_EQ(sample->mappings[0].inode, 9u);
  EXPECT_EQ(sample->mappings[1].end, 2u);
}

TEST(UnwindProtocol, FramesComeBackAsTheyWere) {
  absl::StatusOr<std::vector<NativeFrame>> frames = DecodeFrames(
      EncodeFrames({{0x1234, "/lib/x.so", 0x34, "abcd", "f+0x1"}, {5, "", 0, "", ""}}));
  ASSERT_TRUE(frames.ok());
  ASSERT_EQ(frames->size(), 2u);
  EXPECT_EQ((*frames)[0].symbol, "f+0x1");
  EXPECT_EQ((*frames)[1].address, 5u);
}

TEST(UnwindProtocol, EveryCutMessageIsRefused) {
  const std::string sample = EncodeSample(Sample());
  for (size_t length = 0; length < sample.size(); ++length) {
    EXPECT_FALSE(DecodeSample(sample.substr(0, length)).ok()) << length;
  }
  EXPECT_FALSE(DecodeSample(sample + "x").ok());
}

TEST(UnwindProtocol, CountsAndLengthsBeyondTheBoundsAreRefused) {
  std::string frames = EncodeFrames({});
  frames[0] = '\xff';  // 255 frames are said to follow
  EXPECT_FALSE(DecodeFrames(frames).ok());
  std::string huge = EncodeFrames({{1, "m", 2, "b", "s"}});
  huge[8 + 16 + 7] = '\x7f';  // the module's length
  EXPECT_FALSE(DecodeFrames(huge).ok());
}

TEST(UnwindProtocol, LongestFramesFitTheirMessage) {
  const std::string text(10'000, 'x');
  const std::vector<NativeFrame> frames(200, {1, text, 2, text, text});
  EXPECT_LE(EncodeFrames(frames).size(), kMaximumFramesMessage);
  EXPECT_TRUE(DecodeFrames(EncodeFrames(frames)).ok());
}

}  // namespace
}  // namespace safe_trace
