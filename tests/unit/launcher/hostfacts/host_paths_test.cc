#include "launcher/host_paths.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include "temporary_host.h"

namespace safe_trace {
namespace {

using testing::ElementsAre;

TEST(CanonicalPath, ResolvesSymlinksAsFarAsThePathExists) {
  TemporaryHost host;
  host.MakeDirectory("real");
  host.Link(host.Path("real"), "linked");
  EXPECT_EQ(CanonicalPath(host.Path("linked")), host.Path("real"));
  EXPECT_EQ(CanonicalPath(host.Path("linked/a/../b/")), host.Path("real/b"));
  EXPECT_EQ(CanonicalPath("/"), "/");
  EXPECT_EQ(CanonicalPath("/no-such-place/./x"), "/no-such-place/x");
}

TEST(CanonicalPath, LoopsAndOverlongNamesEnd) {
  TemporaryHost host;
  host.Link(host.Path("b"), "a");
  host.Link(host.Path("a"), "b");
  EXPECT_EQ(CanonicalPath(host.Path("a")), host.Path("a"));
  std::string deep = "/" + std::string(5000, 'x');
  EXPECT_EQ(CanonicalPath(deep), deep);
}

TEST(ReadSmallFile, ReadsRegularFilesOnly) {
  TemporaryHost host;
  EXPECT_EQ(ReadSmallFile(host.Write("f", "text"), 4).value(), "text");
  EXPECT_EQ(ReadSmallFile(host.Path("f"), 3).status().code(), absl::StatusCode::kResourceExhausted);
  EXPECT_EQ(ReadSmallFile(host.root(), 3).status().code(), absl::StatusCode::kNotFound);
  ASSERT_EQ(mkfifo(host.Path("p").c_str(), 0600), 0);
  EXPECT_EQ(ReadSmallFile(host.Path("p"), 3).status().code(), absl::StatusCode::kNotFound);
  EXPECT_EQ(ReadSmallFile("/dev/zero", 3).status().code(), absl::StatusCode::kNotFound);
}

TEST(WithoutNested, DropsWhatAnotherCovers) {
  EXPECT_THAT(WithoutNested({"/a/c", "/b", "/a-b", "/a", "/b", "/a-b/x"}),
              ElementsAre("/a", "/a-b", "/b"));
}

TEST(ParentOf, EndsAtTheRoot) {
  EXPECT_EQ(ParentOf("/a/b"), "/a");
  EXPECT_EQ(ParentOf("/a"), "/");
  EXPECT_EQ(ParentOf("/"), "/");
  EXPECT_EQ(BaseNameOf("/a/b"), "b");
  EXPECT_EQ(BaseNameOf("b"), "b");
}

TEST(CouldWrite, LooksAtTheNearestExistingDirectory) {
  TemporaryHost host;
  EXPECT_TRUE(CouldWrite(host.Path("new/deep/file")));
  if (geteuid() != 0) {
    EXPECT_FALSE(CouldWrite("/usr/new"));
  }
}

}  // namespace
}  // namespace safe_trace
