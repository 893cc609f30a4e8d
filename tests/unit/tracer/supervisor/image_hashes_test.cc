#include "tracer/supervisor/image_hashes.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/stat.h>

#include <chrono>
#include <fstream>
#include <string>
#include <thread>

#include "tests/unit/tracer/temporary_tree.h"
#include "tracer/unique_fd.h"

namespace safe_trace {
namespace {

// sha256 of "one" and of "two".
constexpr char kOne[] = "7692c3ad3540bb803c020b3aee66cd8887123234ea0c6e7143c0add73ff431ed";
constexpr char kTwo[] = "3fc4ccfe745870e2c0d99f71f30ff0656c8dedd41cc1d7d3d376b0dbe685e2f3";

bool Never() { return false; }

class ImageHashesTest : public testing::Test {
 protected:
  void Write(const std::string& text) { std::ofstream(path_) << text; }
  std::string Hash(const std::function<bool()>& stopping = Never) {
    UniqueFd file(open(path_.c_str(), O_RDONLY | O_CLOEXEC));
    return hashes_.Sha256(file.get(), stopping);
  }
  static void Settle() { std::this_thread::sleep_for(std::chrono::milliseconds(2200)); }

  TemporaryTree tree_;
  std::string path_ = tree_.Path("program");
  ImageHashes hashes_;
};

TEST_F(ImageHashesTest, HashesTheContent) {
  Write("one");
  EXPECT_EQ(Hash(), kOne);
}

TEST_F(ImageHashesTest, AFileThatHasJustChangedIsReadEachTime) {
  Write("one");
  EXPECT_EQ(Hash(), kOne);
  Write("two");
  EXPECT_EQ(Hash(), kTwo);
}

TEST_F(ImageHashesTest, ASettledFileIsReadOnce) {
  Write("one");
  Settle();
  EXPECT_EQ(Hash(), kOne);
  // What is known already needs no reading, which this one would break off.
  EXPECT_EQ(Hash([] { return true; }), kOne);
}

// The time of modification is the owner's to set, and so is the size.
TEST_F(ImageHashesTest, ContentThatIsChangedUnderTheSameTimeIsReadAgain) {
  Write("one");
  Settle();
  EXPECT_EQ(Hash(), kOne);
  struct stat file {};
  ASSERT_EQ(stat(path_.c_str(), &file), 0);
  Write("two");
  const timespec times[2] = {file.st_atim, file.st_mtim};
  ASSERT_EQ(utimensat(AT_FDCWD, path_.c_str(), times, 0), 0);
  EXPECT_EQ(Hash(), kTwo);
  Settle();
  EXPECT_EQ(Hash(), kTwo);
}

TEST_F(ImageHashesTest, WhatWasBrokenOffIsNotKept) {
  Write("one");
  Settle();
  EXPECT_EQ(Hash([] { return true; }), "");
  EXPECT_EQ(Hash(), kOne);
}

}  // namespace
}  // namespace safe_trace
