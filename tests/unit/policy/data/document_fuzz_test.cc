// Random and mutated input to ParseConfig: it must come back, with a Config or a clear error.
#include <gtest/gtest.h>

#include <array>
#include <random>
#include <string>

#include "policy/config.h"

namespace safe_trace {
namespace {

constexpr int kRounds = 3000;

void ExpectAnswers(const std::string& text) {
  for (ConfigFormat format : {ConfigFormat::kToml, ConfigFormat::kJson}) {
    const absl::StatusOr<Config> config = ParseConfig(text, format, "fuzz");
    if (config.ok()) continue;
    const std::string message(config.status().message());
    EXPECT_EQ(message.rfind("fuzz:", 0), 0u) << message;
    for (char c : message) EXPECT_GE(static_cast<unsigned char>(c), 0x20) << message;
  }
}

TEST(ParseConfigFuzzTest, RandomBytesGiveAnAnswer) {
  std::mt19937 random(20260101);
  for (int round = 0; round < kRounds; ++round) {
    std::string text(random() % 64, '\0');
    for (char& c : text) c = static_cast<char>(random());
    ExpectAnswers(text);
  }
}

TEST(ParseConfigFuzzTest, PiecesOfTheLanguagesGiveAnAnswer) {
  constexpr std::array<std::string_view, 34> kPieces = {
      "[",    "]", "{",   "}",   "\"",   "'",          "\"\"\"",  "'''",         "=",
      ".",    ",", "\n",  "#",   ":",    "a",          "vault",   "extra_paths", "sandbox",
      "1",    "-", "1e9", "nan", "true", "null",       "\\u0000", "\\",          "\xc3\xa9",
      "\xff", " ", "[[",  "]]",  "0x",   "1979-05-27", "\\uD800"};
  std::mt19937 random(7);
  for (int round = 0; round < kRounds; ++round) {
    std::string text;
    for (auto pieces = random() % 40; pieces > 0; --pieces)
      text += kPieces[random() % kPieces.size()];
    ExpectAnswers(text);
  }
}

TEST(ParseConfigFuzzTest, MutatedFilesGiveAnAnswer) {
  const std::string toml =
      "[sandbox]\nmemory_limit = \"2g\"\ncpu_limit = 1.5\n[network]\nallowed_hosts = [\"a:1\"]\n";
  const std::string json =
      "{\"sandbox\": {\"pids\": 7, \"enabled\": true},\n \"vault\": {\"extra_paths\": [\"/a\"]}}";
  std::mt19937 random(99);
  for (int round = 0; round < kRounds; ++round) {
    std::string text = round % 2 == 0 ? toml : json;
    for (auto changes = 1 + random() % 4; changes > 0; --changes) {
      const size_t at = random() % text.size();
      if (random() % 3 == 0) {
        text.erase(at, 1 + random() % 3);
      } else {
        text[at] = static_cast<char>(random());
      }
      if (text.empty()) text = "x";
    }
    ExpectAnswers(text);
  }
}

}  // namespace
}  // namespace safe_trace
