// Every format is read from files that a stranger may have written.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <random>
#include <string>
#include <utility>
#include <vector>

#include "launcher/registry_settings.h"
#include "launcher/registry_values.h"

namespace safe_trace {
namespace {

std::string Damaged(const std::string& seed, std::mt19937& random) {
  std::string text = seed;
  for (int change = 0; change < 3; ++change) {
    const size_t at = random() % text.size();
    const size_t from = random() % seed.size();
    if (random() % 2 == 0) text[at] = static_cast<char>(random() & 0xff);
    if (random() % 2 == 0) text.insert(at, seed.substr(from, random() % 12));
  }
  return text;
}

void ExpectHostsAreHosts(const std::string& value) {
  for (const char* form : {"url", "proxy", "host"}) {
    for (const HostPort& host : HostsInValue(value, form, "")) {
      EXPECT_NE(host.port, 0);
      EXPECT_EQ(host.host.find_first_of("*@/ \n"), std::string::npos);
    }
  }
}

TEST(DamagedFiles, AreReadOrRefusedAndNeverRepeatedInErrors) {
  const std::vector<std::pair<std::string, std::string>> seeds = {
      {"ini", "registry \"https://a\"\n[s]\n@x:registry=https://${A?}/\\;#\nk[]='v'\n"},
      {"variables", "A=b\n#c\nGOPROXY=https://a|http://b@c,off\n"},
      {"toml", "[a.'b c']\nx = [1, \"https://y\"]\n[[l]]\nd = 2020-01-01\n"},
      {"json", "{\"a\": [1.5e3, null, {\"b\": \"\\u00e9 https://a\"}]}"},
      {"yaml",
       "%YAML 1.1\n--- !t\na: &x [https://a, *x]\n? |-\n  k\n: {<<: *x, \"q\": 'r'}\n...\n"}};
  std::mt19937 random(20261122);
  for (const auto& [format, seed] : seeds) {
    int refused = 0;
    for (int round = 0; round < 1500; ++round) {
      absl::StatusOr<std::vector<RegistrySetting>> settings =
          ParseRegistrySettings(Damaged(seed, random), format, "f");
      if (!settings.ok()) {
        const std::string error(settings.status().message());
        EXPECT_THAT(
            error, testing::MatchesRegex("f:[0-9]+: (cannot be read as [A-Z]+|nested too deeply)"));
        ++refused;
        continue;
      }
      for (const RegistrySetting& setting : *settings) {
        ExpectHostsAreHosts(ExpandVariables(setting.value, {{"A", "x.example"}}));
      }
    }
    const bool tolerant = format == "ini" || format == "variables";
    EXPECT_EQ(refused == 0, tolerant) << format << ": " << refused;
    EXPECT_LT(refused, 1500) << format;
  }
}

}  // namespace
}  // namespace safe_trace
