// The page of a run: its data block, that nothing of a trace is alive in it, its bounds.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <limits>
#include <memory>
#include <nlohmann/json.hpp>

#include "tests/unit/tools/trace/tool_testing.h"
#include "tools/trace/html_findings.h"
#include "tools/trace/html_json.h"
#include "tools/trace/html_place.h"
#include "tools/trace/html_tables.h"

namespace safe_trace {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;
using Json = nlohmann::json;

constexpr char kDataStart[] = "<script type=\"application/json\" id=\"data\">";
constexpr char kHostileName[] =
    "</script><script>alert(1)</script><!--<img src=x onerror=alert(2)>&amp;\xe2\x80\xa8"
    "\xe2\x80\xae"
    "gnp.\x1b[2J\xff";

// The text of the data block; everything else is the page's own.
std::string BlockOf(const std::string& page) {
  const size_t start = page.find(kDataStart);
  if (start == std::string::npos) return "";
  const size_t from = start + sizeof(kDataStart) - 1;
  return page.substr(from, page.find("</script>", from) - from);
}
Json DataOf(const std::string& page) { return Json::parse(BlockOf(page), nullptr, false); }

class HtmlReportTest : public ::testing::Test {
 protected:
  std::string Name(const std::string& name) { return directory_ / name; }
  Answer Report(const std::string& page) {
    return Ask({"report", "--html", page}, directory_.path());
  }
  std::string PageOf(const std::string& trace) {
    const Answer answer = Ask({"report", "--html", "-", trace}, directory_.path());
    EXPECT_EQ(answer.status, 0) << answer.err;
    return answer.out;
  }
  std::unique_ptr<TraceLogWriter> Writer(TraceLogOptions options) {
    auto writer = TraceLogWriter::Open(std::move(options));
    EXPECT_TRUE(writer.ok()) << writer.status();
    return *std::move(writer);
  }
  const TemporaryDirectory directory_;
};

TEST_F(HtmlReportTest, DataBlockTellsWhoTriedWhatAndWhatWasRefused) {
  WriteHostileRun(Name(std::string(kRunId) + ".jsonl"), kRunId, true);
  const Json data = DataOf(PageOf(kRunId));
  ASSERT_TRUE(data.is_object());
  EXPECT_EQ(data["run"]["id"], kRunId);
  EXPECT_EQ(data["run"]["state"], "complete");
  EXPECT_EQ(data["run"]["status"], 120);
  EXPECT_EQ(data["run"]["command"], "pip install requests");
  EXPECT_EQ(data["counts"]["violations"], 4);
  const Json& stolen = data["violations"]["rows"][0];
  EXPECT_EQ(stolen["deed"], "open /home/user/.ssh/id_rsa");
  EXPECT_EQ(stolen["count"], 3);
  EXPECT_TRUE(stolen["refused"]);
  EXPECT_EQ(data["subjects"][stolen["subject"].get<size_t>()], "package evil@1.0");
  EXPECT_EQ(data["hosts"]["rows"], Json({"(others)", "files.example.org:443", "203.0.113.9:443"}));
  EXPECT_EQ(data["touched"]["rows"], Json({"(others)", "credentials"}));
  EXPECT_EQ(data["paths"][4][0][0], "home");
  EXPECT_EQ(data["processes"]["rows"].size(), 2u);
  EXPECT_EQ(data["run"]["removed"], Json({"AWS_SECRET_ACCESS_KEY"}));
}

TEST_F(HtmlReportTest, HostileNamesAreInertInThePage) {
  TraceLogOptions options = SampleOptions(Name("t.jsonl"));
  options.header.command = {kHostileName};
  options.header.working_directory = kHostileName;
  auto writer = Writer(std::move(options));
  for (const char* action : {"file-create", "process-exec", "network-connect", kHostileName}) {
    TraceEvent event;
    event.action = action;
    event.category = std::string(action) == "network-connect" ? "network" : "file";
    event.is_violation = true;
    for (const char* key :
         {"process.entity_id", "safe_trace.role", "safe_trace.ecosystem", "package.name",
          "package.version", "safe_trace.decision", "rule.id", "safe_trace.reason", "file.path",
          "destination.ip", "process.executable", "process.hash.sha256", kHostileName}) {
      event.Set(key, std::string(kHostileName));
    }
    event.Set("process.args", std::vector<std::string>{kHostileName});
    event.Set("safe_trace.removed", std::vector<std::string>{kHostileName});
    writer->Record(std::move(event));
  }
  RunSummary summary = SampleSummary();
  summary.survivors = {kHostileName};
  ASSERT_TRUE(writer->Close(summary).ok());

  const std::string page = PageOf(Name("t.jsonl"));
  const std::string block = BlockOf(page);
  ASSERT_THAT(block, HasSubstr("alert(1)")) << "the names are in the data";
  EXPECT_EQ(block.find_first_of("<>&\x1b\xff"), std::string::npos);
  EXPECT_EQ(block.find("\xe2\x80\xa8"), std::string::npos);
  EXPECT_EQ(block.find("\xe2\x80\xae"), std::string::npos);
  EXPECT_TRUE(DataOf(page).is_object());
  std::string frame = page;
  frame.erase(frame.find(block), block.size());
  EXPECT_THAT(frame, Not(HasSubstr("alert("))) << "the data is nowhere but in its block";
}

TEST_F(HtmlReportTest, PageLoadsNothingAndAllowsOnlyItsOwnScriptAndStyle) {
  WriteSampleTrace(Name("t.jsonl"), 1);
  const std::string page = PageOf(Name("t.jsonl"));
  EXPECT_THAT(page, HasSubstr("default-src 'none'; script-src 'sha256-"));
  for (const char* word : {"src=", "@import", "url(", "<link", "innerHTML", "unsafe-inline",
                           "http://example", "https://"}) {
    EXPECT_THAT(page, Not(HasSubstr(word)));
  }
  for (const char* mark : {"@DATA@", "@STYLE@", "@SCRIPT@", "_HASH@"}) {
    EXPECT_THAT(page, Not(HasSubstr(mark)));
  }
}

TEST_F(HtmlReportTest, MarksOfTheTemplateInATraceAreJustText) {
  TraceLogOptions options = SampleOptions(Name("t.jsonl"));
  options.header.command = {"@SCRIPT@", "@DATA@"};
  auto writer = Writer(std::move(options));
  ASSERT_TRUE(writer->Close(SampleSummary()).ok());
  EXPECT_EQ(DataOf(PageOf(Name("t.jsonl")))["run"]["command"], "@SCRIPT@ @DATA@");
}

TEST_F(HtmlReportTest, EventsAreBoundedAndViolationsKept) {
  auto writer = Writer(SampleOptions(Name("t.jsonl")));
  constexpr int kOver = 250;
  constexpr int kOrdinary = static_cast<int>(EventTable::kMaxOrdinary);
  for (int i = 0; i < kOrdinary + kOver; ++i) {
    writer->Record(FileEvent("/srv/" + std::to_string(i)));
    // The queue of the writer drops what comes too fast; a violation waits.
    if (i % 500 == 0) writer->Record(FileEvent("/secret/" + std::to_string(i), true));
  }
  writer->Record(FileEvent("/secret/last", true));
  ASSERT_TRUE(writer->Close(SampleSummary()).ok());

  const Json data = DataOf(PageOf(Name("t.jsonl")));
  int violations = 0;
  for (const Json& row : data["events"]["rows"]) violations += row[6] == 2 ? 1 : 0;
  EXPECT_EQ(violations, kOrdinary / 500 + 2);
  EXPECT_EQ(data["events"]["left_out"][0], 0);
  const uint64_t left_out = data["events"]["left_out"][2];
  EXPECT_EQ(data["events"]["rows"].size() + left_out, data["counts"]["events"]);
  EXPECT_EQ(data["events"]["rows"].size() - static_cast<size_t>(violations),
            EventTable::kMaxOrdinary);
  EXPECT_GT(left_out, 0u);
}

TEST_F(HtmlReportTest, MegabyteNamesMakeNoMegabytePage) {
  auto writer = Writer(SampleOptions(Name("t.jsonl")));
  for (int i = 0; i < 50; ++i) {
    writer->Record(FileEvent("/" + std::to_string(i) + std::string(1 << 20, 'x'), true));
  }
  ASSERT_TRUE(writer->Close(SampleSummary()).ok());
  const std::string page = PageOf(Name("t.jsonl"));
  EXPECT_LT(page.size(), size_t{1} << 20);
  EXPECT_EQ(DataOf(page)["violations"]["rows"].size(), 50u);
}

TEST_F(HtmlReportTest, DamagedTraceGivesAPageThatSaysSo) {
  std::vector<std::string> lines = WriteSampleTrace(Name("t.jsonl"), 5);
  lines[2].replace(lines[2].find("/tmp/"), 5, "/TMP/");
  WriteFile(Name("bad.jsonl"), Joined(lines));
  const Answer answer = Ask({"report", "--html", Name("p.html"), Name("bad.jsonl")}, "");
  EXPECT_EQ(answer.status, 1);
  EXPECT_THAT(answer.err, HasSubstr("changed"));
  EXPECT_EQ(DataOf(ReadFile(Name("p.html")))["run"]["state"], "changed");
}

TEST_F(HtmlReportTest, WhatIsNoTraceLeavesTheOldPageAlone) {
  WriteFile(Name("p.html"), "old");
  WriteFile(Name("bad.jsonl"), "no trace\n");
  EXPECT_EQ(Ask({"report", "--html", Name("p.html"), Name("bad.jsonl")}, "").status, 1);
  EXPECT_EQ(ReadFile(Name("p.html")), "old");
}

TEST_F(HtmlReportTest, PageIsForItsOwnerAndReplacesAnOlderOne) {
  WriteSampleTrace(Name(std::string(kRunId) + ".jsonl"), 2);
  ASSERT_EQ(Report(Name("p.html")).status, 0);
  struct stat made {};
  ASSERT_EQ(stat(Name("p.html").c_str(), &made), 0);
  EXPECT_EQ(made.st_mode & 0777, 0600u);
  WriteFile(Name("p.html"), std::string(5 << 20, 'x'));
  ASSERT_EQ(Report(Name("p.html")).status, 0);
  EXPECT_THAT(ReadFile(Name("p.html")), ::testing::EndsWith("</html>\n"));
}

TEST_F(HtmlReportTest, PlantedLinksAndPipesAreNotWrittenThrough) {
  WriteSampleTrace(Name(std::string(kRunId) + ".jsonl"), 2);
  WriteFile(Name("precious"), "precious");
  ASSERT_EQ(symlink(Name("precious").c_str(), Name("link.html").c_str()), 0);
  ASSERT_EQ(link(Name("precious").c_str(), Name("hard.html").c_str()), 0);
  ASSERT_EQ(symlink(Name("nothing").c_str(), Name("dangling.html").c_str()), 0);
  ASSERT_EQ(mkfifo(Name("pipe.html").c_str(), 0600), 0);
  ASSERT_EQ(mkdir(Name("directory.html").c_str(), 0700), 0);
  for (const char* name :
       {"link.html", "hard.html", "dangling.html", "pipe.html", "directory.html"}) {
    const Answer answer = Report(Name(name));
    EXPECT_EQ(answer.status, 2) << name;
    EXPECT_THAT(answer.err, HasSubstr(name));
  }
  EXPECT_EQ(ReadFile(Name("precious")), "precious");
  EXPECT_NE(access(Name("nothing").c_str(), F_OK), 0);
}

TEST_F(HtmlReportTest, TracesAreNotOverwritten) {
  const std::string trace = Name(std::string(kRunId) + ".jsonl");
  WriteSampleTrace(trace, 2);
  const std::string before = ReadFile(trace);
  EXPECT_EQ(Report(trace).status, 2);
  WriteFile(Name("odd.trace"), before);
  EXPECT_EQ(Ask({"report", "--html", Name("odd.trace"), Name("./odd.trace")}, "").status, 2);
  EXPECT_EQ(ReadFile(trace), before);
  EXPECT_EQ(ReadFile(Name("odd.trace")), before);
}

TEST_F(HtmlReportTest, RunThatIsNotThereMakesNoPage) {
  EXPECT_EQ(Report(Name("p.html")).status, 2);
  EXPECT_NE(access(Name("p.html").c_str(), F_OK), 0);
}

TEST(PageJsonTest, NothingInAStringEndsTheScript) {
  EXPECT_EQ(PageJsonText("</script>&\"\\"), R"("\u003c/script\u003e\u0026\"\\")");
}

TEST(TimelineTest, HostileTimesStayInTheirBuckets) {
  Timeline timeline;
  for (const int64_t time : {int64_t{0}, std::numeric_limits<int64_t>::max(),
                             std::numeric_limits<int64_t>::min(), int64_t{5}}) {
    timeline.Add(1, time, false, false);
  }
  PageJson json;
  timeline.Write(json);
  const Json written = Json::parse(json.Take());
  uint64_t total = 0;
  for (size_t i = 0; i < written["lanes"][0][1].size(); i += 4) {
    EXPECT_LT(written["lanes"][0][1][i], Timeline::kBuckets);
    total += written["lanes"][0][1][i + 1].get<uint64_t>();
  }
  EXPECT_EQ(total, 4u);
}

TEST(PathTreeTest, NodesAreBoundedWhateverIsTried) {
  PathTree tree;
  for (int i = 0; i < 30'000; ++i) tree.Add("/a/" + std::to_string(i), false, false);
  tree.Add(std::string(5000, '/') + "a/b", false, false);
  std::string deep;
  for (int i = 0; i < 5000; ++i) deep += "/d";
  tree.Add(deep, true, true);
  EXPECT_GT(tree.paths_cut(), 0u);
  PageJson json;
  tree.Write(json);
  const Json written = Json::parse(json.Take());
  EXPECT_EQ(written[1], 30'002);
  EXPECT_EQ(written[3], 1);
}

TEST(PlaceTest, RuleCountsBeforeThePath) {
  EXPECT_EQ(PlaceOf("/home/u/proj/.env", "credential.dotenv", "/home/u/proj"), "credentials");
  EXPECT_EQ(PlaceOf("/home/u/proj/a", "", "/home/u/proj"), "project");
  EXPECT_EQ(PlaceOf("/home/u/project2/a", "", "/home/u/proj"), "home");
  EXPECT_EQ(PlaceOf("/home/u/.npmrc", "", "/home/u"), "hidden files of the home");
  EXPECT_EQ(PlaceOf("/root/.cache/pip/x", "", "/"), "caches in the home");
  EXPECT_EQ(PlaceOf("/tmp/x", "", "/"), "temporary");
  EXPECT_EQ(PlaceOf("/usr/lib/python3/dist-packages/x.py", "", ""), "installed packages");
  EXPECT_EQ(PlaceOf("/usrlocal/x", "", ""), "elsewhere");
}

}  // namespace
}  // namespace safe_trace
