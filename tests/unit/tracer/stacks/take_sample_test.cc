#include "tracer/stacks/take_sample.h"

#include <gtest/gtest.h>

namespace safe_trace {
namespace {

TEST(ParseMappings, KeepsExecutableMappingsOfFiles) {
  const std::vector<SampledMapping> mappings = ParseMappings(
      "55d0c0a00000-55d0c0a02000 r--p 00000000 fe:00 1234                       /usr/bin/cat\n"
      "55d0c0a02000-55d0c0a07000 r-xp 00002000 fe:00 1234                       /usr/bin/cat\n"
      "7f0000000000-7f0000001000 r-xp 00000000 00:00 0 \n"
      "7f0000002000-7f0000003000 r-xp 00000000 00:05 77      /tmp/a b (deleted)\n"
      "7ffff7fc1000-7ffff7fc3000 r-xp 00000000 00:00 0                          [vdso]\n");
  ASSERT_EQ(mappings.size(), 2u);
  EXPECT_EQ(mappings[0].start, 0x55d0c0a02000u);
  EXPECT_EQ(mappings[0].offset, 0x2000u);
  EXPECT_EQ(mappings[0].inode, 1234u);
  EXPECT_EQ(mappings[0].path, "/usr/bin/cat");
  EXPECT_EQ(mappings[1].path, "/tmp/a b (deleted)");
}

TEST(ParseMappings, NonsenseHasNoMappings) {
  EXPECT_TRUE(ParseMappings("").empty());
  EXPECT_TRUE(ParseMappings("\n\nno mapping\n1-2\n").empty());
  EXPECT_TRUE(ParseMappings("1-2 r-xp 0 0:0 0 relative/path\n").empty());
}

TEST(ParseMappings, TooManyAreCut) {
  std::string text;
  for (int i = 0; i < 3000; ++i) text += "1000-2000 r-xp 0 0:1 5 /x\n";
  EXPECT_EQ(ParseMappings(text).size(), StackSample::kMaximumMappings);
}

}  // namespace
}  // namespace safe_trace
