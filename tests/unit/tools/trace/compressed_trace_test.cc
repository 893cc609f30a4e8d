// Every verb takes a trace that was compressed with zstd as it takes the trace.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_replace.h"
#include "tests/unit/events/zstd_testing.h"
#include "tests/unit/tools/trace/tool_testing.h"
#include "tools/trace/run_catalog.h"

namespace safe_trace {
namespace {

using ::testing::HasSubstr;

constexpr char kId[] = "20261122T101500Z-aaaa0001";

class CompressedTraceTest : public ::testing::Test {
 protected:
  CompressedTraceTest() {
    WriteHostileRun(Plain(), kId, true);
    WriteFile(Packed(), ZstdFrame(ReadFile(Plain())));
  }
  std::string Plain() { return plain_ / (std::string(kId) + ".jsonl"); }
  std::string Packed() { return packed_ / (std::string(kId) + ".jsonl.zst"); }
  const TemporaryDirectory plain_;
  const TemporaryDirectory packed_;
};

TEST_F(CompressedTraceTest, EachVerbAnswersAsForThePlainTrace) {
  for (const std::vector<std::string>& verb :
       std::vector<std::vector<std::string>>{{"show"},
                                             {"show", "--all"},
                                             {"show", "--json", "--all"},
                                             {"verify"},
                                             {"query", "package=evil"},
                                             {"query", "--count", "rule", "--json"},
                                             {"report", "--html", "-"},
                                             {"export", "--format", "sarif"},
                                             {"export", "--format", "csv"}}) {
    std::vector<std::string> named = verb;
    named.emplace_back("aaaa0001");
    const Answer plain = Ask(named, plain_.path());
    const Answer packed = Ask(named, packed_.path());
    EXPECT_EQ(plain.status, 0) << verb[0] << plain.err;
    EXPECT_EQ(packed.status, 0) << verb[0] << packed.err;
    EXPECT_GT(plain.out.size(), 50u);
    EXPECT_EQ(absl::StrReplaceAll(packed.out, {{Packed(), Plain()}}), plain.out) << verb[0];
    named.back() = Packed();
    EXPECT_EQ(Ask(named, "").out, packed.out) << "by the file's name";
  }
  EXPECT_EQ(Ask({"diff", Plain(), Packed()}, "").status, 0);
}

TEST_F(CompressedTraceTest, ListShowsItAndPruneRemovesIt) {
  const std::string row = Ask({"list"}, plain_.path()).out;
  EXPECT_EQ(Ask({"list"}, packed_.path()).out, row);
  EXPECT_THAT(row, HasSubstr("violations"));
  EXPECT_THAT(Ask({"list", "--json"}, packed_.path()).out, HasSubstr(".jsonl.zst\""));
  EXPECT_THAT(Ask({"prune", "--keep", "0"}, packed_.path()).out, HasSubstr("1 trace removed"));
  EXPECT_FALSE(std::filesystem::exists(Packed()));
}

TEST_F(CompressedTraceTest, OfBothFormsOfARunThePlainOneIsRead) {
  WriteFile(plain_ / (std::string(kId) + ".jsonl.zst"), "not zstd\n");
  const Answer answer = Ask({"verify", "aaaa0001"}, plain_.path());
  EXPECT_EQ(answer.status, 0) << answer.err;
  EXPECT_THAT(answer.out, HasSubstr(".jsonl: complete"));
}

TEST_F(CompressedTraceTest, CutAndDamagedOnesAreSaidToBe) {
  const std::string whole = ReadFile(Packed());
  WriteFile(Packed(), whole.substr(0, whole.size() - 8));
  EXPECT_EQ(Ask({"verify", Packed()}, "").status, 1);
  WriteFile(Packed(), whole + "more");
  const Answer answer = Ask({"verify", Packed()}, "");
  EXPECT_EQ(answer.status, 2);
  EXPECT_THAT(answer.err, HasSubstr("compressed data is damaged"));
  EXPECT_THAT(Ask({"list"}, packed_.path()).out, HasSubstr("unreadable"));
}

TEST_F(CompressedTraceTest, NameThatEndsInZstIsAFileWithoutASlash) {
  EXPECT_TRUE(IsTraceFileName("run.zst"));
  EXPECT_TRUE(IsTraceFileName("run.jsonl.zst"));
  EXPECT_FALSE(IsTraceFileName("20261122T101500Z-aaaa0001"));
}

TEST_F(CompressedTraceTest, ReportAndExportNeverWriteOverACompressedTrace) {
  EXPECT_EQ(Ask({"report", "--html", packed_ / "x.jsonl.zst", Plain()}, "").status, 2);
  EXPECT_EQ(Ask({"export", "--format", "csv", "-o", packed_ / "x.jsonl.zst", Plain()}, "").status,
            2);
}

}  // namespace
}  // namespace safe_trace
