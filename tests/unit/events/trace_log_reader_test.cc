#include "tracer/events/trace_log_reader.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include <random>

#include "tests/unit/events/events_testing.h"
#include "tracer/events/trace_record.h"

namespace safe_trace {
namespace {

using ::testing::ElementsAre;
using ::testing::HasSubstr;

TraceLogReader OpenContent(const TemporaryDirectory& directory, const std::string& content) {
  WriteFile(directory / "in", content);
  absl::StatusOr<TraceLogReader> reader = TraceLogReader::Open(directory / "in");
  EXPECT_TRUE(reader.ok()) << reader.status();
  return *std::move(reader);
}

TEST(TraceLogReaderTest, LinesComeWithTheirNumbersAndTheLastMayBeCut) {
  const TemporaryDirectory directory;
  TraceLogReader reader = OpenContent(directory, "one\n\ntwo\nthr");
  std::vector<std::string> texts;
  TraceLine line;
  while (*reader.Next(line)) {
    texts.emplace_back(line.text);
    EXPECT_EQ(line.number, texts.size());
    EXPECT_EQ(line.is_complete, line.number != 4);
  }
  EXPECT_THAT(texts, ElementsAre("one", "", "two", "thr"));
}

TEST(TraceLogReaderTest, LineOverTheLimitIsSkippedAndTheNextIsRead) {
  const TemporaryDirectory directory;
  const std::string longest(kMaxTraceLineBytes, 'a');
  TraceLogReader reader =
      OpenContent(directory, longest + "\n" + longest + "b\nnext\n" + longest + longest + longest);
  TraceLine line;
  ASSERT_TRUE(*reader.Next(line));
  EXPECT_EQ(line.text.size(), kMaxTraceLineBytes);
  ASSERT_TRUE(*reader.Next(line));
  EXPECT_TRUE(line.too_long);
  EXPECT_TRUE(line.text.empty());
  ASSERT_TRUE(*reader.Next(line));
  EXPECT_EQ(line.text, "next");
  EXPECT_FALSE(line.too_long);
  EXPECT_EQ(line.number, 3u);
  ASSERT_TRUE(*reader.Next(line));
  EXPECT_TRUE(line.too_long);
  EXPECT_FALSE(line.is_complete);
  EXPECT_FALSE(*reader.Next(line));
}

TEST(TraceLogReaderTest, PipesDevicesAndDirectoriesAreRefusedWithoutWaiting) {
  const TemporaryDirectory directory;
  ASSERT_EQ(mkfifo((directory / "fifo").c_str(), 0600), 0);
  EXPECT_FALSE(TraceLogReader::Open(directory / "fifo").ok());
  EXPECT_FALSE(TraceLogReader::Open("/dev/zero").ok());
  EXPECT_FALSE(TraceLogReader::Open(directory.path()).ok());
  EXPECT_EQ(TraceLogReader::Open(directory / "absent").status().code(),
            absl::StatusCode::kNotFound);
}

TEST(TraceLogReaderTest, HugeTraceIsReadInConstantMemory) {
  const TemporaryDirectory directory;
  const std::string path = directory / "big";
  {
    std::ofstream file(path);
    const std::string block(1'000'000, 'z');
    for (int i = 0; i < 200; ++i) file << block << "\n";
  }
  rusage before{};
  getrusage(RUSAGE_SELF, &before);
  absl::StatusOr<TraceLogReader> reader = TraceLogReader::Open(path);
  ASSERT_TRUE(reader.ok());
  EXPECT_EQ(VerifyTrace(*reader)->state, TraceState::kNotATrace);
  rusage after{};
  getrusage(RUSAGE_SELF, &after);
  EXPECT_LT(after.ru_maxrss - before.ru_maxrss, 64 * 1024);  // KiB
}

TEST(TraceLogReaderTest, EdgesAreTheFirstAndTheLastWholeLine) {
  const TemporaryDirectory directory;
  WriteSampleTrace(directory / "t", 300);
  const std::vector<std::string> lines = Lines(ReadFile(directory / "t"));
  auto fd = OpenTrace(directory / "t");
  ASSERT_TRUE(fd.ok());
  auto edges = ReadTraceEdges(fd->get());
  ASSERT_TRUE(edges.ok());
  EXPECT_EQ(edges->first, lines.front());
  EXPECT_EQ(edges->last, lines.back());

  WriteFile(directory / "one", "only\ncut");
  fd = OpenTrace(directory / "one");
  edges = ReadTraceEdges(fd->get());
  EXPECT_EQ(edges->first, "only");
  EXPECT_EQ(edges->last, "only");

  WriteFile(directory / "empty", "");
  fd = OpenTrace(directory / "empty");
  edges = ReadTraceEdges(fd->get());
  EXPECT_EQ(edges->first, "");
  EXPECT_EQ(edges->last, "");
}

TEST(TraceRecordTest, ValuesKeepTheirTypes) {
  const auto record = ParseTraceLine(R"({"a":"x","b":-5,"c":true,"d":["p","q"],"e":1.5,"f":null})");
  ASSERT_TRUE(record.ok()) << record.status();
  EXPECT_EQ(record->Text("a"), "x");
  EXPECT_EQ(record->Number("b", 0), -5);
  EXPECT_TRUE(record->Flag("c"));
  EXPECT_THAT(record->List("d"), ElementsAre("p", "q"));
  EXPECT_EQ(record->Text("e"), "1.5");
  EXPECT_EQ(record->Number("a", 9), 9);
  EXPECT_TRUE(record->List("absent").empty());
}

TEST(TraceRecordTest, WhatNoTraceHoldsIsRefused) {
  for (const std::string text : {"", "{", "[]", "1", "null", "\"x\"", "{\"a\":{}}", "{\"a\":[[]]}",
                                 "{\"a\":[1]}", "{}x", "{\"a\":1}{}", "{\"a\":1,\"a\":2}",
                                 "{\"a\":\"\xff\"}", "{\"a\":\"\x1b\"}", "{\"a\":1e999}"}) {
    EXPECT_EQ(ParseTraceLine(text).status().code(), absl::StatusCode::kInvalidArgument) << text;
  }
  EXPECT_FALSE(ParseTraceLine(std::string("{\"a\":\"\0\"}", 9)).ok());
}

TEST(TraceRecordTest, DeepAndWideJsonIsRefusedWithoutStackOrMemory) {
  EXPECT_FALSE(ParseTraceLine(std::string(10'000'000, '[')).ok());
  std::string deep;
  for (int i = 0; i < 1'000'000; ++i) deep += "{\"a\":";
  EXPECT_FALSE(ParseTraceLine(deep).ok());
  std::string wide = "{\"a\":[\"\"";
  for (int i = 0; i < 1'000'000; ++i) wide += ",\"\"";
  EXPECT_THAT(std::string(ParseTraceLine(wide + "]}").status().message()),
              HasSubstr("too many items"));
  std::string fields = "{\"a\":1";
  for (int i = 0; i < 100'000; ++i) fields += ",\"k" + std::to_string(i) + "\":1";
  EXPECT_THAT(std::string(ParseTraceLine(fields + "}").status().message()),
              HasSubstr("too many fields"));
}

TEST(TraceRecordTest, NoMutationOfATraceCrashesTheReader) {
  const TemporaryDirectory directory;
  const std::string good = Joined(WriteSampleTrace(directory / "t", 5));
  std::mt19937 random(7);
  for (int round = 0; round < 500; ++round) {
    std::string bad = good;
    for (size_t edits = 1 + random() % 8; edits > 0; --edits) {
      const size_t at = random() % bad.size();
      switch (random() % 4) {
        case 0:
          bad[at] = static_cast<char>(random());
          break;
        case 1:
          bad.erase(at + 1, random() % 40);
          break;
        case 2:
          bad.insert(at, std::string(random() % 40, static_cast<char>(random())));
          break;
        default:
          bad.resize(at + 1);
      }
    }
    WriteFile(directory / "bad", bad);
    const TraceCheck check = Check(directory / "bad");
    if (bad != good) {
      EXPECT_NE(check.state, TraceState::kComplete) << bad;
    }
  }
}

}  // namespace
}  // namespace safe_trace
