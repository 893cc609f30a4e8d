#include "launcher/startup_files.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <filesystem>
#include <fstream>

namespace safe_trace {
namespace {

namespace fs = std::filesystem;
using ::testing::ElementsAre;
using ::testing::IsEmpty;

class StartupFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    std::string name = ::testing::TempDir() + "/startup-XXXXXX";
    ASSERT_NE(mkdtemp(name.data()), nullptr);
    root_ = fs::canonical(name).string();
    profile_.startup_files = {"{install}/*.pth", "{install}/gems/*/lib/rubygems_plugin.rb"};
    facts_.install_targets = {root_ + "/site"};
    facts_.working_directory = root_;
    fs::create_directories(root_ + "/site");
  }
  void TearDown() override { fs::remove_all(root_); }

  void Write(const std::string& path, const std::string& text) {
    fs::create_directories(fs::path(root_ + "/" + path).parent_path());
    std::ofstream(root_ + "/" + path) << text;
  }
  std::vector<std::string> Changed(const StartupFiles& files) {
    std::vector<std::string> lines;
    for (const StartupFile& file : files.Changed()) {
      lines.push_back(file.path.substr(root_.size() + 1) + " <- " + file.package);
    }
    return lines;
  }

  std::string root_;
  Profile profile_;
  HostFacts facts_;
};

TEST_F(StartupFilesTest, ANewPthThatRunsCodeIsNamedWithItsDistribution) {
  Write("site/old.pth", "import os\n");
  StartupFiles files;
  files.Watch(profile_, facts_);
  Write("site/evil.pth", "/a\nimport os; os.system('x')\n");
  Write("site/paths.pth", "/only/a/directory\nimportant\n");
  Write("site/evil_pth-1.0.dist-info/RECORD", "evil_pth.py,,\nevil.pth,sha256=x,3\n");
  EXPECT_THAT(Changed(files), ElementsAre("site/evil.pth <- evil_pth 1.0"));
}

TEST_F(StartupFilesTest, AChangedFileAndAPluginOfAGemAreSeen) {
  Write("site/old.pth", "/x\n");
  StartupFiles files;
  files.Watch(profile_, facts_);
  Write("site/old.pth", "import evil\n");
  Write("site/gems/evil-gem-2.1/lib/rubygems_plugin.rb", "x\n");
  EXPECT_THAT(Changed(files), ElementsAre("site/gems/evil-gem-2.1/lib/rubygems_plugin.rb <- evil-gem 2.1",
                                          "site/old.pth <- "));
}

TEST_F(StartupFilesTest, AFileOfTheProjectIsSeen) {
  profile_.startup_files = {"{project}/.npmrc"};
  StartupFiles files;
  files.Watch(profile_, facts_);
  Write(".npmrc", "ignore-scripts=false\n");
  EXPECT_THAT(Changed(files), ElementsAre(".npmrc <- "));
}

TEST_F(StartupFilesTest, NothingNewIsNothing) {
  Write("site/old.pth", "import x\n");
  StartupFiles files;
  files.Watch(profile_, facts_);
  files.Watch(profile_, facts_);
  EXPECT_THAT(Changed(files), IsEmpty());
}

}  // namespace
}  // namespace safe_trace
