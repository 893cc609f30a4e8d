#include "launcher/path_search.h"

#include <gtest/gtest.h>
#include <unistd.h>

#include <filesystem>

#include "temporary_host.h"

namespace safe_trace {
namespace {

using absl::StatusCode;

TEST(FindProgram, TakesTheFirstDirectoryThatHasIt) {
  TemporaryHost host;
  host.WriteBinary("b/tool");
  host.WriteBinary("c/tool");
  auto found = FindProgram("tool", host.Path("a") + ":" + host.Path("b") + ":" + host.Path("c"));
  ASSERT_TRUE(found.ok()) << found.status();
  EXPECT_EQ(*found, host.Path("b/tool"));
}

TEST(FindProgram, KeepsSymlinksAsFound) {
  TemporaryHost host;
  host.WriteBinary("real/tool");
  host.Link(host.Path("real/tool"), "bin/tool");
  EXPECT_EQ(FindProgram("tool", host.Path("bin")).value(), host.Path("bin/tool"));
}

TEST(FindProgram, NameWithSlashIsNotSearched) {
  TemporaryHost host;
  std::string path = host.WriteBinary("bin/tool");
  EXPECT_EQ(FindProgram(path, "/nowhere").value(), path);
  EXPECT_EQ(FindProgram(host.Path("bin/other"), host.Path("bin")).status().code(),
            StatusCode::kNotFound);
}

TEST(FindProgram, FileWithoutExecuteRightIsRefusedEvenForRoot) {
  TemporaryHost host;
  std::string path = host.Write("bin/tool", "text");
  EXPECT_EQ(FindProgram("tool", host.Path("bin")).status().code(), StatusCode::kPermissionDenied);
  EXPECT_EQ(FindProgram(path, "").status().code(), StatusCode::kPermissionDenied);
}

TEST(FindProgram, DirectoryIsRefused) {
  TemporaryHost host;
  EXPECT_EQ(FindProgram(host.MakeDirectory("bin/tool"), "").status().code(),
            StatusCode::kPermissionDenied);
}

TEST(FindProgram, RefusedCandidateDoesNotHideALaterOne) {
  TemporaryHost host;
  host.MakeDirectory("a/tool");
  host.Write("b/tool", "text");
  host.WriteBinary("c/tool");
  auto found = FindProgram("tool", host.Path("a") + ":" + host.Path("b") + ":" + host.Path("c"));
  EXPECT_EQ(found.value(), host.Path("c/tool"));
}

TEST(FindProgram, AbsentIsNotFound) {
  TemporaryHost host;
  EXPECT_EQ(FindProgram("tool", host.root()).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(FindProgram("", host.root()).status().code(), StatusCode::kNotFound);
  EXPECT_EQ(FindProgram(std::string_view("a\0b", 3), "/bin").status().code(),
            StatusCode::kNotFound);
}

TEST(FindProgram, FileInPlaceOfADirectoryIsPassedOver) {
  TemporaryHost host;
  std::string file = host.Write("file", "");
  host.WriteBinary("bin/tool");
  EXPECT_EQ(FindProgram("tool", file + ":" + host.Path("bin")).value(), host.Path("bin/tool"));
}

TEST(FindProgram, EmptyEntryIsTheCurrentDirectory) {
  // No file of this name in any real place.
  EXPECT_EQ(FindProgram("safe-trace-no-such-program", ":/bin").status().code(),
            StatusCode::kNotFound);
  EXPECT_EQ(FindProgram("sh", "").value().substr(0, 5), "/bin/");
}

TEST(FindProgram, OverlongNameIsNotFound) {
  EXPECT_EQ(FindProgram(std::string(100000, 'x'), "/bin:/usr/bin").status().code(),
            StatusCode::kNotFound);
}

}  // namespace
}  // namespace safe_trace
