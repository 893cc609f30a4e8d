#include "launcher/pip_command_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace safe_trace {
namespace {

using testing::ElementsAre;

TEST(ParsePipCommandLine, FindsThePipPartOfEveryForm) {
  for (const std::vector<std::string>& argv : std::vector<std::vector<std::string>>{
           {"pip", "install", "x"},
           {"/venv/bin/pip3.11", "install", "x"},
           {"python", "-m", "pip", "install", "x"},
           {"python3", "-I", "-W", "ignore", "-m", "pip", "install", "x"},
           {"python3", "-Im", "pip", "install", "x"},
           {"python3", "-mpip", "install", "x"},
           {"python3", "/venv/bin/pip", "install", "x"}}) {
    PipCommandLine line = ParsePipCommandLine(argv);
    EXPECT_EQ(line.command, "install") << testing::PrintToString(argv);
    EXPECT_THAT(line.requirements, ElementsAre("x")) << testing::PrintToString(argv);
  }
}

TEST(ParsePipCommandLine, ReadsOptionsInEverySpelling) {
  PipCommandLine line = ParsePipCommandLine(
      {"pip", "--proxy", "http://p", "install", "-i", "https://a/", "--extra-index-url=https://b/",
       "--extra-index-url", "https://c/", "-fhttps://d/", "--find-links", "/e", "-r", "r.txt",
       "-cc.txt", "-e", "git+https://f/", "--user", "name"});
  EXPECT_EQ(line.proxy, "http://p");
  EXPECT_EQ(line.index_url, "https://a/");
  EXPECT_THAT(line.extra_index_urls, ElementsAre("https://b/", "https://c/"));
  EXPECT_THAT(line.find_links, ElementsAre("https://d/", "/e"));
  EXPECT_THAT(line.requirement_files, ElementsAre("r.txt"));
  EXPECT_THAT(line.constraint_files, ElementsAre("c.txt"));
  EXPECT_THAT(line.requirements, ElementsAre("git+https://f/", "name"));
  EXPECT_TRUE(line.user);
}

TEST(ParsePipCommandLine, TakesAbbreviationsAndClusters) {
  PipCommandLine line =
      ParsePipCommandLine({"pip", "install", "-qUi", "https://a/", "--index", "https://b/",
                           "--extra=https://c/", "--no-ind", "--prox", "p:1"});
  EXPECT_EQ(line.index_url, "https://b/");
  EXPECT_THAT(line.extra_index_urls, ElementsAre("https://c/"));
  EXPECT_TRUE(line.no_index);
  EXPECT_EQ(line.proxy, "p:1");
}

TEST(ParsePipCommandLine, ValuesOfOtherOptionsAreNoRequirements) {
  PipCommandLine line = ParsePipCommandLine({"pip", "--log", "pip.log", "install", "--trusted-host",
                                             "h", "--python-version", "3.9", "-t", "dir", "x"});
  EXPECT_EQ(line.command, "install");
  EXPECT_EQ(line.python, "");
  EXPECT_THAT(line.requirements, ElementsAre("x"));
}

TEST(ParsePipCommandLine, DoubleDashEndsOptions) {
  PipCommandLine line = ParsePipCommandLine({"pip", "install", "--", "-i", "https://a/"});
  EXPECT_EQ(line.index_url, "");
  EXPECT_THAT(line.requirements, ElementsAre("-i", "https://a/"));
}

TEST(ParsePipCommandLine, SurvivesCutOffLines) {
  EXPECT_EQ(ParsePipCommandLine({}).command, "");
  EXPECT_EQ(ParsePipCommandLine({"python", "-m"}).command, "");
  EXPECT_EQ(ParsePipCommandLine({"pip", "install", "-i"}).index_url, "");
  EXPECT_EQ(ParsePipCommandLine({"pip", "install", "--index-url"}).index_url, "");
  EXPECT_EQ(ParsePipCommandLine({"pip", "-", "--", ""}).command, "-");
}

TEST(ParsePipOptions, HasNoCommand) {
  PipCommandLine line = ParsePipOptions({"name==1", "--hash=sha256:x"});
  EXPECT_EQ(line.command, "");
  EXPECT_THAT(line.requirements, ElementsAre("name==1"));
}

}  // namespace
}  // namespace safe_trace
