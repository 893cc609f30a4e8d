#include "launcher/manager_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>
#include <sstream>

#include "launcher/trusted_files.h"
#include "temporary_host.h"
#include "tracer/events/hash_chain.h"

namespace safe_trace {
namespace {

using testing::ElementsAre;
using testing::HasSubstr;
using testing::IsEmpty;

class ManagerSettingsTest : public testing::Test {
 protected:
  void SetUp() override {
    facts_ = host_.Facts({"npm", "install"}, {});
    profile_.name = "npm";
    setting_.name = "cache";
    setting_.files = {"{home}/.npmrc", "{ancestors}/.npmrc"};
    setting_.format = "ini";
    setting_.keys = {"cache"};
  }
  ManagerSettings Read() {
    profile_.settings = {setting_};
    return ReadManagerSettings(facts_, profile_, {host_.Path("state"), getuid()});
  }
  std::vector<std::string> Paths() { return Read().paths["cache"]; }
  void Trust(const std::string& file) {
    std::ifstream stream(file);
    std::ostringstream text;
    text << stream.rdbuf();
    ASSERT_TRUE(AddTrusted(host_.Path("state"), getuid(), Sha256Hex(text.str()), file).ok());
  }

  TemporaryHost host_;
  HostFacts facts_;
  Profile profile_;
  ManagerSetting setting_;
};

TEST_F(ManagerSettingsTest, TakesWhatTheUsersFileNames) {
  host_.Write("home/.npmrc", "cache=~/kept\nprefix=/elsewhere\n");
  EXPECT_THAT(Paths(), ElementsAre(host_.Path("home/kept")));
  host_.Write("home/.npmrc", "cache = \"${HOME}/other\"\n");
  EXPECT_THAT(Paths(), ElementsAre(host_.Path("home/other")));
}

TEST_F(ManagerSettingsTest, BelievesNoFileOfTheUserThatEverybodyMayWrite) {
  const std::string file = host_.Write("home/.npmrc", "cache=/srv/cache\n");
  EXPECT_THAT(Paths(), ElementsAre("/srv/cache"));
  ASSERT_EQ(chmod(file.c_str(), 0666), 0);
  EXPECT_THAT(Paths(), IsEmpty());
}

TEST_F(ManagerSettingsTest, TakesRelativePathsFromWhereTheManagerDoes) {
  host_.Write("home/.npmrc", "cache=kept\n");
  EXPECT_THAT(Paths(), ElementsAre(host_.Path("work/kept")));
  facts_.project = host_.Path("work");
  facts_.working_directory = host_.MakeDirectory("work/src");
  EXPECT_THAT(Paths(), ElementsAre(host_.Path("work/src/kept")));
  setting_.relative_to = "project";
  EXPECT_THAT(Paths(), ElementsAre(host_.Path("work/kept")));
  setting_.relative_to = "file";
  EXPECT_THAT(Paths(), ElementsAre(host_.Path("home/kept")));
  setting_.relative_to = "above-file";
  EXPECT_THAT(Paths(), ElementsAre(host_.Path("kept")));
}

TEST_F(ManagerSettingsTest, TakesFromTheProjectsFileWhatLiesInTheProject) {
  host_.Write("work/.npmrc", "cache=kept\n");
  ManagerSettings settings = Read();
  EXPECT_THAT(settings.paths["cache"], ElementsAre(host_.Path("work/kept")));
  EXPECT_THAT(settings.notices, IsEmpty());
}

TEST_F(ManagerSettingsTest, TakesWhatTheProjectsFileNamesOutsideOnlyWhereItIsTrusted) {
  const std::string file = host_.Write("work/.npmrc", "cache=~/.config/stolen\n");
  ManagerSettings settings = Read();
  EXPECT_THAT(settings.paths["cache"], IsEmpty());
  EXPECT_THAT(settings.notices,
              ElementsAre(HasSubstr("ignored: ~/.config/stolen"), HasSubstr("policy trust")));
  Trust(file);
  EXPECT_THAT(Paths(), ElementsAre(host_.Path("home/.config/stolen")));
  host_.Write("work/.npmrc", "cache=~/.config/stolen\n\n");
  EXPECT_THAT(Paths(), IsEmpty());
}

TEST_F(ManagerSettingsTest, DoesNotTakeALinkForAPlaceInTheProject) {
  host_.MakeDirectory("home/.ssh");
  host_.Link(host_.Path("home/.ssh"), "work/link");
  host_.Write("work/.npmrc", "cache=link/x\n");
  EXPECT_THAT(Paths(), IsEmpty());
  host_.Write("work/.npmrc", "cache=../home/.ssh\n");
  EXPECT_THAT(Paths(), IsEmpty());
}

TEST_F(ManagerSettingsTest, AFileOfTheProjectsRootIsTheProjectsFromBelowToo) {
  facts_.project = host_.Path("work");
  facts_.working_directory = host_.MakeDirectory("work/src");
  host_.Write("work/.npmrc", "cache=/srv/cache\n");
  EXPECT_THAT(Paths(), IsEmpty());
}

TEST_F(ManagerSettingsTest, LeavesOutPlaceholdersAndWhatIsNotUnderstood) {
  host_.Write("home/.npmrc", "cache={cache-dir}/x\n");
  EXPECT_THAT(Paths(), IsEmpty());
  setting_.format = "toml";
  EXPECT_THAT(Paths(), IsEmpty());
}

TEST_F(ManagerSettingsTest, IsBounded) {
  std::string text;
  for (int i = 0; i < 100; ++i) text += "cache=/srv/" + std::to_string(i) + "\n";
  host_.Write("home/.npmrc", text);
  EXPECT_EQ(Paths().size(), 16u);
}

}  // namespace
}  // namespace safe_trace
