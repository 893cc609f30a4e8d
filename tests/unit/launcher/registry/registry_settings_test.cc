#include "launcher/registry_settings.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <string>
#include <vector>

namespace safe_trace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;
using ::testing::Not;

std::vector<std::string> Read(const std::string& text, const std::string& format) {
  absl::StatusOr<std::vector<RegistrySetting>> settings =
      ParseRegistrySettings(text, format, "file");
  if (!settings.ok()) return {"error " + std::string(settings.status().message())};
  std::vector<std::string> lines;
  for (const RegistrySetting& setting : *settings) {
    lines.push_back(setting.key + " -> " + setting.value);
  }
  return lines;
}

TEST(RegistrySettings, IniReadsWhatNpmWrites) {
  EXPECT_THAT(Read("registry=https://a.example/\n"
                   "  @scope:registry = https://b.example ; comment\n"
                   "# registry=https://no.example\n; also=no\n"
                   "//b.example/:_authToken=${TOKEN}\r\n"
                   "quoted = \"https://c.example/;x\"\n"
                   "list[] = one\nflag\n"
                   "[section]\nkey = a\\;b # c\n",
                   "ini"),
              ElementsAre("registry -> https://a.example/", "@scope:registry -> https://b.example",
                          "//b.example/:_authToken -> ${TOKEN}", "quoted -> https://c.example/;x",
                          "list -> one", "section.key -> a;b"));
}

TEST(RegistrySettings, IniReadsYarnsOwnFormToo) {
  EXPECT_THAT(Read("registry \"https://a.example/?x=1#y\"\n"
                   "\"@scope:registry\" \"https://b.example/\"\n"
                   "yarn-offline-mirror './m'\n",
                   "ini"),
              ElementsAre("registry -> https://a.example/?x=1#y",
                          "@scope:registry -> https://b.example/", "yarn-offline-mirror -> ./m"));
}

TEST(RegistrySettings, IniToleratesAnything) {
  EXPECT_THAT(Read("\xef\xbb\xbfregistry=x\n[\n]=\n=\n\"\n'=\n\x01\xff", "ini"),
              ::testing::Contains("registry -> x"));
  EXPECT_THAT(Read("", "ini"), IsEmpty());
}

TEST(RegistrySettings, VariablesAreLines) {
  EXPECT_THAT(Read("GOPROXY=https://a.example,direct\n# GOSUMDB=no\nnonsense\n GOSUMDB = off\n",
                   "variables"),
              ElementsAre("GOPROXY -> https://a.example,direct", "GOSUMDB -> off"));
}

TEST(RegistrySettings, KeysOfTreesAreDotted) {
  EXPECT_THAT(Read("[registries.mirror]\nindex = 'sparse+https://a.example/'\n"
                   "[[tool.poetry.source]]\nurl = 'https://b.example'\npriority = 1\n",
                   "toml"),
              ElementsAre("registries.mirror.index -> sparse+https://a.example/",
                          "tool.poetry.source.url -> https://b.example"));
  EXPECT_THAT(Read("{\"a\": {\"b\": [\"x\", {\"c\": \"y\"}]}}", "json"),
              ElementsAre("a.b -> x", "a.b.c -> y"));
  EXPECT_THAT(Read("npmScopes:\n  corp:\n    npmRegistryServer: https://a.example\n", "yaml"),
              ElementsAre("npmScopes.corp.npmRegistryServer -> https://a.example"));
}

TEST(RegistrySettings, SyntaxErrorsNameTheLineAndRepeatNothing) {
  for (const auto& [text, format] : std::vector<std::pair<std::string, std::string>>{
           {"a = 1\npassword = hunter2\n", "toml"},
           {"{\"a\": 1,\n\"password\": hunter2}", "json"},
           {"a: 1\npassword: 'hunter2' x\n", "yaml"}}) {
    absl::StatusOr<std::vector<RegistrySetting>> settings =
        ParseRegistrySettings(text, format, "~/f");
    ASSERT_FALSE(settings.ok()) << format;
    const std::string error(settings.status().message());
    EXPECT_THAT(error, HasSubstr("~/f:2: ")) << format;
    EXPECT_THAT(error, Not(HasSubstr("hunter2")));
  }
}

TEST(RegistrySettings, TheirNumberIsBounded) {
  std::string text;
  for (int i = 0; i < 50'001; ++i) text += "a=b\n";
  EXPECT_EQ(ParseRegistrySettings(text, "ini", "f").status().code(),
            absl::StatusCode::kResourceExhausted);
}

TEST(ExpandVariables, ReplacesWhatIsSet) {
  const std::map<std::string, std::string> environment = {{"HOST", "a.example"}, {"EMPTY", ""}};
  EXPECT_EQ(ExpandVariables("https://${HOST}/${HOST}", environment), "https://a.example/a.example");
  EXPECT_EQ(ExpandVariables("${NONE}", environment), "${NONE}");
  EXPECT_EQ(ExpandVariables("x${NONE?}y", environment), "xy");
  EXPECT_EQ(ExpandVariables("${NONE-https://b.example}", environment), "https://b.example");
  EXPECT_EQ(ExpandVariables("${EMPTY:-c}${EMPTY-d}", environment), "c");
  EXPECT_EQ(ExpandVariables("$HOST ${HOST", environment), "$HOST ${HOST");
}

TEST(ExpandVariables, GrowsNoFurtherThanItsBound) {
  const std::map<std::string, std::string> environment = {{"A", std::string(100'000, 'a')}};
  EXPECT_LE(ExpandVariables("${A}${A}${A}${A}", environment).size(), size_t{64} << 10);
}

}  // namespace
}  // namespace safe_trace
