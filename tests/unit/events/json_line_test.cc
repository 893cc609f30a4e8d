#include "tracer/events/json_line.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <nlohmann/json.hpp>
#include <random>

#include "tests/unit/events/events_testing.h"
#include "tracer/events/trace_record.h"

namespace safe_trace {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

std::string Format(const TraceEvent& event) {
  LineFormatter formatter(kRunId);
  std::string line;
  formatter.Append(event, 7, "abc", line);
  return line;
}

TraceEvent EventWith(FieldValue value) {
  TraceEvent event = FileEvent("/x");
  event.Set("test.value", std::move(value));
  return event;
}

std::string RoundTrip(const std::string& text) {
  const absl::StatusOr<TraceRecord> record = ParseTraceLine(Format(EventWith(text)));
  EXPECT_TRUE(record.ok()) << record.status();
  return std::string(record->Text("test.value"));
}

TEST(JsonLineTest, LineHoldsEveryFieldAndTheChain) {
  TraceEvent event = FileEvent("/home/user/.ssh/id_ed25519", true);
  event.wall_clock_ns = FixedClock();
  const auto json = nlohmann::json::parse(Format(event));
  EXPECT_EQ(json["@timestamp"], "2026-11-22T10:15:00.000000007Z");
  EXPECT_EQ(json["event.sequence"], 7);
  EXPECT_EQ(json["event.kind"], "alert");
  EXPECT_EQ(json["event.type"], "access");
  EXPECT_EQ(json["file.path"], "/home/user/.ssh/id_ed25519");
  EXPECT_EQ(json["process.pid"], 100);
  EXPECT_EQ(json["safe_trace.run_id"], kRunId);
  EXPECT_EQ(json["safe_trace.prev_hash"], "abc");
  EXPECT_FALSE(json.contains("safe_trace.escaped"));
}

TEST(JsonLineTest, Utf8AndBackslashesPassUnescaped) {
  const std::string line = Format(EventWith(std::string("/tmp/jalapeño \\x41 \"文件\" \n\t")));
  EXPECT_EQ(nlohmann::json::parse(line)["test.value"], "/tmp/jalapeño \\x41 \"文件\" \n\t");
  EXPECT_THAT(line, Not(HasSubstr("safe_trace.escaped")));
}

TEST(JsonLineTest, BytesThatAreNotUtf8AreKeptReversibly) {
  const std::string line = Format(EventWith(std::string("/tmp/\xff\\x41")));
  const auto json = nlohmann::json::parse(line);
  EXPECT_EQ(json["test.value"], "/tmp/\\xff\\\\x41");
  EXPECT_EQ(json["safe_trace.escaped"], true);
  EXPECT_EQ(RoundTrip("/tmp/\xff\\x41"), "/tmp/\xff\\x41");
  EXPECT_EQ(RoundTrip("\\\xff"), "\\\xff");
  EXPECT_EQ(RoundTrip("\\xff\x01"), "\\xff\x01");
}

TEST(JsonLineTest, OverlongFormsAndSurrogatesAreNotUtf8) {
  for (const std::string text : {"\xc0\xaf", "\xe0\x80\xaf", "\xed\xa0\x80", "\xf4\x90\x80\x80"}) {
    EXPECT_THAT(Format(EventWith(text)), HasSubstr("safe_trace.escaped"));
    EXPECT_EQ(RoundTrip(text), text);
  }
}

TEST(JsonLineTest, NoControlByteIsWrittenRaw) {
  std::string all;
  for (int c = 0; c < 0x20; ++c) all.push_back(static_cast<char>(c));
  all += "\x7f\xc2\x9b";
  for (const char c : Format(EventWith(all))) {
    EXPECT_GE(static_cast<unsigned char>(c), 0x20);
    EXPECT_NE(static_cast<unsigned char>(c), 0x7f);
    EXPECT_NE(static_cast<unsigned char>(c), 0xc2);
  }
  EXPECT_EQ(RoundTrip(all), all);
}

TEST(JsonLineTest, RandomBytesRoundTrip) {
  std::mt19937 random(1);
  constexpr std::string_view kAlphabet = "\\\\\\xx4f\"\xff\xc3\xa9\x1b\xe2\x82\xac/";
  for (int round = 0; round < 3000; ++round) {
    std::string text;
    for (size_t length = random() % 24; length > 0; --length) {
      text.push_back(round % 2 == 0 ? static_cast<char>(random())
                                    : kAlphabet[random() % kAlphabet.size()]);
    }
    ASSERT_EQ(RoundTrip(text), text) << ::testing::PrintToString(text);
  }
}

TEST(JsonLineTest, LongFieldIsCutAtACharacterAndSaysHowMuch) {
  std::string text(kMaxFieldBytes - 1, 'a');
  text += "€€€";
  const std::string cut = RoundTrip(text);
  EXPECT_EQ(cut, std::string(kMaxFieldBytes - 1, 'a') + "…[cut 9 bytes]");
}

TEST(JsonLineTest, ListOfAMillionArgumentsIsBounded) {
  const std::string line = Format(EventWith(std::vector<std::string>(1'000'000)));
  EXPECT_LT(line.size(), 2 * kMaxFieldBytes);
  const auto record = ParseTraceLine(line);
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_THAT(record->List("test.value").back(), HasSubstr("…[cut "));
}

TEST(JsonLineTest, LineOfManyHugeFieldsStaysBelowTheReadersLimit) {
  TraceEvent event = FileEvent("/x");
  for (int i = 0; i < 200; ++i) event.Set("k" + std::to_string(i), std::string(100'000, '\xff'));
  const std::string line = Format(event);
  EXPECT_LT(line.size(), size_t{16} << 20);
  EXPECT_TRUE(ParseTraceLine(line).ok());
}

TEST(JsonLineTest, KeySetTwiceIsWrittenOnceWithItsLastValue) {
  TraceEvent event = EventWith(std::string("first"));
  event.Set("test.value", std::string("last")).Set("safe_trace.prev_hash", std::string("forged"));
  const auto record = ParseTraceLine(Format(event));
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->Text("test.value"), "last");
  EXPECT_EQ(record->Text("safe_trace.prev_hash"), "abc");
}

TEST(JsonLineTest, TimestampsRoundTripAndRefuseOtherForms) {
  int64_t parsed = 0;
  EXPECT_TRUE(ParseTimestamp(FormatTimestamp(FixedClock()), parsed));
  EXPECT_EQ(parsed, FixedClock());
  EXPECT_FALSE(ParseTimestamp("2026-11-22T10:15:00Z", parsed));
  EXPECT_FALSE(ParseTimestamp("2026-11-22T10:15:00.00000000xZ", parsed));
  EXPECT_FALSE(ParseTimestamp("9999-11-22T10:15:00.000000000Z", parsed));
}

}  // namespace
}  // namespace safe_trace
