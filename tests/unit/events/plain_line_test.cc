// The quick way reads a line as the JSON parser does, or leaves it to it.
#include "tracer/events/plain_line.h"

#include <gtest/gtest.h>

#include <random>

#include "tests/unit/events/events_testing.h"

namespace safe_trace {
namespace {

// White space before the object is nothing that the quick way takes.
absl::StatusOr<TraceRecord> ParseSlowly(const std::string& line) {
  return ParseTraceLine(" " + line);
}

void ExpectTheSame(const std::string& line) {
  TraceRecord quick;
  if (!ParsePlainLine(line, quick)) return;
  const absl::StatusOr<TraceRecord> slow = ParseSlowly(line);
  ASSERT_TRUE(slow.ok()) << slow.status() << " " << line;
  if (slow->Flag("safe_trace.escaped")) return;
  EXPECT_EQ(quick.fields, slow->fields) << line;
}

TEST(PlainLineTest, LinesThatTheWriterWritesAreTaken) {
  const TemporaryDirectory directory;
  WriteSampleTrace(directory / "t", 20);
  std::istringstream lines(ReadFile(directory / "t"));
  int taken = 0;
  for (std::string line; std::getline(lines, line);) {
    TraceRecord record;
    taken += ParsePlainLine(line, record) ? 1 : 0;
    ExpectTheSame(line);
  }
  EXPECT_GE(taken, 21);
}

TEST(PlainLineTest, WhatIsUnusualIsLeftToTheParser) {
  TraceRecord record;
  for (const char* line : {"",
                           "{",
                           "{}",
                           "{\"a\":1",
                           "{\"a\":1}}",
                           "{\"a\":1} ",
                           " {\"a\":1}",
                           "{\"a\" :1}",
                           "[1]",
                           "{\"a\":01}",
                           "{\"a\":-0}",
                           "{\"a\":-}",
                           "{\"a\":1.5}",
                           "{\"a\":1e3}",
                           "{\"a\":null}",
                           "{\"a\":1234567890123456789}",
                           "{\"a\":\"\\n\"}",
                           "{\"a\":\"\xc3\xa4\"}",
                           "{\"a\":\"\xff\"}",
                           "{\"a\":\"\t\"}",
                           "{\"a\":\"\x7f\"}",
                           "{\"a\":1,\"a\":2}",
                           "{\"a\":{\"b\":1}}",
                           "{\"a\":[1]}",
                           "{\"a\":[[\"b\"]]}",
                           "{\"a\":[\"b\",]}",
                           "{\"a\":1,}",
                           "{\"a\":truth}",
                           "{\"a\":tru",
                           "{a:1}",
                           "{\"a\":1,\"b\"}"}) {
    EXPECT_FALSE(ParsePlainLine(line, record)) << line;
  }
}

TEST(PlainLineTest, EverythingThatIsTakenIsReadAlike) {
  const std::string line =
      R"({"a":"x","b":[],"c":["1","2 3",""],"d":-12,"e":true,"f":false,"g":0,"h":"","i":7})";
  TraceRecord record;
  ASSERT_TRUE(ParsePlainLine(line, record));
  EXPECT_EQ(record.Number("d", 0), -12);
  EXPECT_EQ(record.List("c").size(), 3u);
  EXPECT_TRUE(record.Flag("e"));
  ExpectTheSame(line);
  std::mt19937 random(7);
  constexpr std::string_view kBytes = "{}[]\",:-0123456789.etrufals\\ \x7f\n\xc3";
  int taken = 0;
  for (int round = 0; round < 60'000; ++round) {
    std::string mutated = line;
    for (auto i = random() % 3 + 1; i > 0; --i) {
      const size_t at = random() % mutated.size();
      const char byte = kBytes[random() % kBytes.size()];
      switch (random() % 3) {
        case 0:
          mutated[at] = byte;
          break;
        case 1:
          mutated.insert(at, 1, byte);
          break;
        default:
          mutated.erase(at, random() % 4 + 1);
      }
    }
    TraceRecord quick;
    taken += ParsePlainLine(mutated, quick) ? 1 : 0;
    ExpectTheSame(mutated);
    if (HasFailure()) return;
  }
  EXPECT_GT(taken, 5'000) << "too few to say anything";
}

}  // namespace
}  // namespace safe_trace
