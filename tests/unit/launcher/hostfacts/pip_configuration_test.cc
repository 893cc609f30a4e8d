#include "launcher/pip_configuration.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "temporary_host.h"

namespace safe_trace {
namespace {

using testing::ElementsAre;

std::string Value(const PipConfiguration& configuration, std::string_view key,
                  std::string_view command = "install") {
  const PipSetting* setting = configuration.Find(command, key);
  return setting == nullptr ? "(unset)" : setting->value;
}

TEST(PipConfiguration, ReadsSectionsSeparatorsAndComments) {
  PipConfiguration configuration;
  configuration.AddFile(
      "# comment\n; another\n[global]\nindex-url = https://a/%(x)s/100%\n"
      "  # inside a value\nProxy: http://p:1\nfind_links=/x ; y\n[install]\n--no-index = true\n",
      "f");
  EXPECT_EQ(Value(configuration, "index-url"), "https://a/%(x)s/100%");
  EXPECT_EQ(Value(configuration, "proxy"), "http://p:1");
  EXPECT_EQ(Value(configuration, "find-links"), "/x ; y");
  EXPECT_TRUE(configuration.IsTrue("install", "no-index"));
  EXPECT_FALSE(configuration.IsTrue("download", "no-index"));
}

TEST(PipConfiguration, IndentedLinesContinueAValue) {
  PipConfiguration configuration;
  configuration.AddFile(
      "[global]\nextra-index-url =\n    https://a/\n\n    https://b/\nproxy = http://p\n", "f");
  EXPECT_EQ(Value(configuration, "extra-index-url"), "\nhttps://a/\n\nhttps://b/");
  EXPECT_EQ(Value(configuration, "proxy"), "http://p");
}

TEST(PipConfiguration, SaysFileAndLine) {
  PipConfiguration configuration;
  configuration.AddFile("[global]\n\nindex-url = https://a/\n", "/etc/pip.conf");
  EXPECT_EQ(configuration.Find("install", "index-url")->origin, "/etc/pip.conf:3");
}

TEST(PipConfiguration, CommandSectionBeatsGlobalEvenFromAnEarlierFile) {
  PipConfiguration configuration;
  configuration.AddFile("[install]\nindex-url = https://install/\n", "first");
  configuration.AddFile("[global]\nindex-url = https://global/\n", "second");
  EXPECT_EQ(Value(configuration, "index-url"), "https://install/");
  EXPECT_EQ(Value(configuration, "index-url", "download"), "https://global/");
}

TEST(PipConfiguration, VariablesBeatFilesAndEmptyOnesDoNotCount) {
  PipConfiguration configuration;
  configuration.AddFile("[install]\nindex-url = https://file/\nproxy = http://file\n", "f");
  configuration.AddVariables(
      {{"PIP_INDEX_URL", "https://env/"}, {"PIP_PROXY", " "}, {"PIPX_HOME", "x"}, {"PI", "y"}});
  EXPECT_EQ(Value(configuration, "index-url"), "https://env/");
  EXPECT_EQ(configuration.Find("install", "index-url")->origin, "PIP_INDEX_URL");
  EXPECT_EQ(Value(configuration, "proxy"), "http://file");
}

TEST(PipConfiguration, DefaultSectionFillsOtherSections) {
  PipConfiguration configuration;
  configuration.AddFile("[DEFAULT]\nproxy = http://d\n[global]\ntimeout = 3\n", "f");
  EXPECT_EQ(Value(configuration, "proxy"), "http://d");
}

TEST(PipConfiguration, MalformedFileCountsAsFarAsItCouldBeRead) {
  PipConfiguration configuration;
  configuration.AddFile("[global]\nproxy = http://p\nnonsense\nindex-url = https://late/\n", "f");
  EXPECT_EQ(Value(configuration, "proxy"), "http://p");
  EXPECT_EQ(Value(configuration, "index-url"), "(unset)");
  PipConfiguration no_section;
  no_section.AddFile("index-url = https://a/\n", "f");
  EXPECT_EQ(Value(no_section, "index-url"), "(unset)");
}

TEST(PipConfiguration, SurvivesHostileText) {
  PipConfiguration configuration;
  for (const std::string& text :
       {std::string("[global]\n\0\0=\n", 13), std::string("[\n[]\n=x\n"), std::string(100000, '['),
        "[global]\n" + std::string(100000, ' ') + "x\n", std::string("[global]\n=\n"),
        std::string("\xff\xfe[global]\r\nproxy=http://p\r\n")}) {
    configuration.AddFile(text, "f");
  }
  std::string many = "[global]\n";
  for (int i = 0; i < 20000; ++i) many += "k" + std::to_string(i) + "=v\n";
  configuration.AddFile(many, "f");
  EXPECT_EQ(Value(configuration, "k5"), "v");
}

TEST(PipConfiguration, WindowsLineEndsAreTakenOff) {
  PipConfiguration configuration;
  configuration.AddFile("[global]\r\nproxy = http://p\r\n", "f");
  EXPECT_EQ(Value(configuration, "proxy"), "http://p");
}

TEST(PipConfigurationFiles, ComeInPipsOrder) {
  TemporaryHost host;
  HostFacts facts = host.Facts({"pip"}, {});
  facts.environment["XDG_CONFIG_DIRS"] = "/x1:/x2";
  EXPECT_THAT(PipConfigurationFiles(facts, "/venv", false),
              ElementsAre("/x1/pip/pip.conf", "/x2/pip/pip.conf", "/etc/pip.conf",
                          host.Path("home/.pip/pip.conf"), host.Path("home/.config/pip/pip.conf"),
                          "/venv/pip.conf"));
  facts.environment["XDG_CONFIG_HOME"] = "/xh";
  EXPECT_THAT(PipConfigurationFiles(facts, "", false), testing::Contains("/xh/pip/pip.conf"));
}

TEST(PipConfigurationFiles, ExistingPipConfigFileReplacesTheUsersOwn) {
  TemporaryHost host;
  HostFacts facts = host.Facts({"pip"}, {});
  facts.environment["XDG_CONFIG_DIRS"] = "/x";
  facts.environment["PIP_CONFIG_FILE"] = host.Write("own.conf", "");
  EXPECT_THAT(
      PipConfigurationFiles(facts, "/venv", false),
      ElementsAre("/x/pip/pip.conf", "/etc/pip.conf", "/venv/pip.conf", host.Path("own.conf")));
  facts.environment["PIP_CONFIG_FILE"] = host.Path("absent.conf");
  EXPECT_EQ(PipConfigurationFiles(facts, "", false).size(), 5U);
}

TEST(PipConfigurationFiles, NullDeviceMeansNone) {
  TemporaryHost host;
  HostFacts facts = host.Facts({"pip"}, {});
  facts.environment["PIP_CONFIG_FILE"] = "/dev/null";
  EXPECT_TRUE(PipConfigurationFiles(facts, "/venv", false).empty());
}

TEST(PipConfigurationFiles, IsolatedLeavesOutTheUsersOwn) {
  TemporaryHost host;
  HostFacts facts = host.Facts({"pip"}, {});
  facts.environment["XDG_CONFIG_DIRS"] = "/x";
  EXPECT_THAT(PipConfigurationFiles(facts, "", true),
              ElementsAre("/x/pip/pip.conf", "/etc/pip.conf"));
}

TEST(PipConfiguration, LaterFilesWin) {
  TemporaryHost host;
  HostFacts facts = host.Facts({"pip"}, {});
  host.Write("etc/xdg/pip/pip.conf", "[global]\nprobe = https://xdg/\nproxy = http://xdg\n");
  host.Write("home/.pip/pip.conf", "[global]\nprobe = https://legacy/\n");
  host.Write("home/.config/pip/pip.conf", "[global]\nprobe = https://user/\n");
  host.Write("venv/pip.conf", "[global]\nprobe = https://site/\n");
  auto all = PipConfiguration::Read(facts, host.Path("venv"), false);
  ASSERT_TRUE(all.ok()) << all.status();
  EXPECT_EQ(Value(*all, "probe"), "https://site/");
  EXPECT_EQ(Value(*all, "proxy"), "http://xdg");
  EXPECT_EQ(Value(*PipConfiguration::Read(facts, "", false), "probe"), "https://user/");
  EXPECT_EQ(Value(*PipConfiguration::Read(facts, "", true), "probe"), "https://xdg/");
}

TEST(PipConfiguration, HugeFileIsAnError) {
  TemporaryHost host;
  HostFacts facts = host.Facts({"pip"}, {});
  host.Write("home/.pip/pip.conf", std::string((1 << 20) + 1, '#'));
  absl::Status status = PipConfiguration::Read(facts, "", false).status();
  EXPECT_EQ(status.code(), absl::StatusCode::kResourceExhausted);
  EXPECT_NE(std::string(status.message()).find(".pip/pip.conf"), std::string::npos);
}

}  // namespace
}  // namespace safe_trace
