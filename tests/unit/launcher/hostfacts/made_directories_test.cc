#include "launcher/made_directories.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace safe_trace {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;

class MadeDirectoriesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "/made-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    home_ = fs::canonical(name).string();
    facts_.home = home_;
    facts_.working_directory = home_;
    profile_.makes = {"{home}/.manager", "{cache}"};
  }
  void TearDown() override { fs::remove_all(home_); }

  std::string home_;
  HostFacts facts_;
  Profile profile_;
};

TEST_F(MadeDirectoriesTest, MakesWhatLacksAndTakesAwayWhatStayedEmpty) {
  {
    MadeDirectories made(profile_, facts_);
    EXPECT_THAT(made.paths(), ElementsAre(home_ + "/.manager", home_ + "/.cache"));
    std::ofstream(home_ + "/.cache/file") << "kept";
  }
  EXPECT_FALSE(fs::exists(home_ + "/.manager"));
  EXPECT_TRUE(fs::exists(home_ + "/.cache/file"));
}

TEST_F(MadeDirectoriesTest, LeavesAloneWhatWasThere) {
  fs::create_directory(home_ + "/.manager");
  { MadeDirectories made(profile_, facts_); }
  EXPECT_TRUE(fs::exists(home_ + "/.manager"));
}

TEST_F(MadeDirectoriesTest, MakesNothingOutsideTheHomeItself) {
  facts_.environment["XDG_CACHE_HOME"] = home_ + "/elsewhere/deep";
  fs::create_directory(home_ + "/elsewhere");
  MadeDirectories made(profile_, facts_);
  EXPECT_FALSE(fs::exists(home_ + "/elsewhere/deep"));
}

}  // namespace
}  // namespace safe_trace
