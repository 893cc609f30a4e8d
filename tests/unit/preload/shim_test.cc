// The shim in small programs: every record is checked byte by byte, and what the program sees is
// compared with a run without the shim.
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cstdio>
#include <cstring>
#include <string>
#include <vector>

#include "preload/shim_protocol.h"
#include "tiny_supervisor.h"

namespace safe_trace {
namespace {

using ::testing::Each;
using ::testing::ElementsAre;
using ::testing::IsEmpty;
using ::testing::SizeIs;
using ::testing::UnorderedElementsAre;

RunOptions Removed(const std::string& names) {
  RunOptions options;
  options.environment = {"FAKE_PRESENT=here", std::string(ST_REMOVED_VARIABLES) + "=" + names};
  return options;
}

RunResult RunChild(const std::vector<std::string>& arguments, const RunOptions& options,
                   const char* program = SHIM_CHILD) {
  std::vector<std::string> command = {program};
  command.insert(command.end(), arguments.begin(), arguments.end());
  RunResult result = RunProgram(command, options);
  EXPECT_EQ(result.error, "");
  EXPECT_TRUE(WIFEXITED(result.wait_status) && WEXITSTATUS(result.wait_status) == 0)
      << "status " << result.wait_status << ": " << result.output;
  return result;
}

// What the program prints must not depend on the shim or on its supervisor.
void ExpectSameAsBare(const std::vector<std::string>& arguments, RunOptions options,
                      const std::string& output) {
  options.preload = false;
  options.supervised = false;
  EXPECT_EQ(RunChild(arguments, options).output, output);
  options.preload = true;
  EXPECT_EQ(RunChild(arguments, options).output, output);
}

void ExpectRecord(const Notified& notified, uint32_t event, const std::string& text) {
  const st_shim_record expected = ExpectedRecord(event, text, notified.record.caller);
  EXPECT_EQ(std::memcmp(&notified.record, &expected, sizeof(expected)), 0)
      << "event " << notified.record.event << " text " << notified.text();
  EXPECT_NE(notified.record.caller, 0u);
  EXPECT_EQ(notified.flags, static_cast<uint64_t>(ST_SHIM_FLAGS));
}

TEST(ShimVariables, LookupOfRemovedVariableIsReportedOnce) {
  const std::vector<std::string> arguments = {"lookup", "FAKE_TOKEN", "FAKE_TOKEN"};
  const RunOptions options = Removed("OTHER:FAKE_TOKEN:LAST");
  const RunResult result = RunChild(arguments, options);
  ASSERT_THAT(result.records, SizeIs(1));
  ExpectRecord(result.records[0], ST_EVENT_VARIABLE_LOOKUP, "FAKE_TOKEN");
  EXPECT_EQ(result.output, "FAKE_TOKEN=(unset) errno=77\nFAKE_TOKEN=(unset) errno=77\n");
  ExpectSameAsBare(arguments, options, result.output);
}

TEST(ShimVariables, CallerIsAnAddressInTheProgramThatAsked) {
  const RunResult result = RunChild({"code", "FAKE_TOKEN"}, Removed("FAKE_TOKEN"));
  ASSERT_THAT(result.records, SizeIs(1));
  unsigned long start = 0;
  unsigned long end = 0;
  ASSERT_EQ(std::sscanf(result.output.c_str(), "%lx %lx", &start, &end), 2);
  EXPECT_GE(result.records[0].record.caller, start);
  EXPECT_LT(result.records[0].record.caller, end);
}

TEST(ShimVariables, FirstAndLastAndOneLetterNamesOfTheListAreWatched) {
  const RunResult result =
      RunChild({"lookup", "LAST", "FIRST", "X", "MIDDLE"}, Removed("FIRST::MIDDLE:X:LAST"));
  EXPECT_THAT(result.texts(), ElementsAre("LAST", "FIRST", "X", "MIDDLE"));
}

TEST(ShimVariables, NamesThatOnlyResembleAreNotReported) {
  const RunResult result = RunChild(
      {"lookup", "FAKE_TOKE", "FAKE_TOKEN2", "fake_token", "", ":", "FAKE_TOKEN:LAST", "FA", "F"},
      Removed("FAKE_TOKEN:LAST"));
  EXPECT_THAT(result.records, IsEmpty());
}

TEST(ShimVariables, VariableThatIsSetAgainIsNotReported) {
  const RunResult result = RunChild({"lookup", "FAKE_PRESENT"}, Removed("FAKE_PRESENT"));
  EXPECT_THAT(result.records, IsEmpty());
  EXPECT_EQ(result.output, "FAKE_PRESENT=here errno=77\n");
}

TEST(ShimVariables, NothingIsReportedWithoutList) {
  RunOptions options;
  const RunResult result = RunChild({"lookup", "FAKE_TOKEN"}, options);
  EXPECT_THAT(result.records, IsEmpty());
}

TEST(ShimVariables, SecureGetenvIsReportedToo) {
  const std::vector<std::string> arguments = {"secure", "FAKE_TOKEN", "FAKE_PRESENT"};
  const RunOptions options = Removed("FAKE_TOKEN");
  const RunResult result = RunChild(arguments, options);
  ASSERT_THAT(result.records, SizeIs(1));
  ExpectRecord(result.records[0], ST_EVENT_VARIABLE_LOOKUP, "FAKE_TOKEN");
  EXPECT_EQ(result.output, "FAKE_TOKEN=(unset) errno=77\nFAKE_PRESENT=here errno=77\n");
  ExpectSameAsBare(arguments, options, result.output);
}

TEST(ShimVariables, HotLoopSendsOneRecord) {
  const RunResult result = RunChild({"hot", "FAKE_TOKEN", "1000000"}, Removed("FAKE_TOKEN"));
  EXPECT_THAT(result.texts(), ElementsAre("FAKE_TOKEN"));
}

TEST(ShimVariables, ProgramThatClearsItsEnvironmentIsStillWatched) {
  const std::vector<std::string> arguments = {"clear", "FAKE_TOKEN", "FAKE_PRESENT"};
  const RunOptions options = Removed("FAKE_TOKEN");
  const RunResult result = RunChild(arguments, options);
  EXPECT_THAT(result.texts(), ElementsAre("FAKE_TOKEN"));
  EXPECT_EQ(result.output, "FAKE_TOKEN=(unset) errno=77\nFAKE_PRESENT=(unset) errno=77\n");
  ExpectSameAsBare(arguments, options, result.output);
}

TEST(ShimVariables, NamesBeyondTheTableAreNotWatched) {
  std::string list;
  std::vector<std::string> arguments = {"lookup"};
  for (int i = 0; i < 80; ++i) {
    const std::string name = "FAKE_" + std::to_string(i);
    list += (i == 0 ? "" : ":") + name;
    arguments.push_back(name);
  }
  const RunResult result = RunChild(arguments, Removed(list));
  ASSERT_THAT(result.records, SizeIs(64));
  EXPECT_EQ(result.records.front().text(), "FAKE_0");
  EXPECT_EQ(result.records.back().text(), "FAKE_63");
}

TEST(ShimVariables, ListLongerThanItsBufferIsCutAtAWholeName) {
  // "KEEP:" and the long name together end exactly at byte 4096; the name after is out of reach.
  const std::string longest(4096 - 5 - 1, 'L');
  const RunResult fits =
      RunChild({"lookup", "KEEP", longest, "BEYOND"}, Removed("KEEP:" + longest + ":BEYOND"));
  EXPECT_THAT(fits.texts(), ElementsAre("KEEP", longest.substr(0, ST_SHIM_TEXT_SIZE)));
  const RunResult cut =
      RunChild({"lookup", "KEEP", longest, longest + "L"}, Removed("KEEP:" + longest + "L"));
  EXPECT_THAT(cut.texts(), ElementsAre("KEEP"));
}

TEST(ShimVariables, NameAsLongAsTheRecordIsSentWhole) {
  const std::string name(ST_SHIM_TEXT_SIZE, 'N');
  const RunResult result = RunChild({"lookup", name}, Removed(name));
  ASSERT_THAT(result.records, SizeIs(1));
  ExpectRecord(result.records[0], ST_EVENT_VARIABLE_LOOKUP, name);
}

TEST(ShimVariables, ThreadsReportEachNameOnceTogether) {
  const RunResult result = RunChild({"threads", "FAKE_A", "FAKE_B", "FAKE_C", "UNWATCHED"},
                                    Removed("FAKE_A:FAKE_B:FAKE_C"));
  EXPECT_THAT(result.texts(), UnorderedElementsAre("FAKE_A", "FAKE_B", "FAKE_C"));
  EXPECT_EQ(result.output, "joined\n");
}

TEST(ShimVariables, ForkedChildReportsItsOwnLookup) {
  const RunResult result = RunChild({"fork", "FAKE_TOKEN"}, Removed("FAKE_TOKEN"));
  ASSERT_THAT(result.texts(), ElementsAre("FAKE_TOKEN", "FAKE_TOKEN"));
  EXPECT_NE(result.records[0].pid, result.records[1].pid);
  EXPECT_EQ(result.output, "child 3\n");
}

TEST(ShimVariables, LookupBetweenVforkAndExecIsReported) {
  const RunResult result = RunChild({"vfork", "FAKE_A", "FAKE_B"}, Removed("FAKE_A:FAKE_B"));
  EXPECT_THAT(result.texts(), ElementsAre("FAKE_A", "FAKE_B"));
  EXPECT_EQ(result.output, "child 0\n");
}

TEST(ShimVariables, LookupsBeforeTheShimIsReadyAreHarmless) {
  RunOptions options = Removed("FAKE_EARLY_TOKEN:FAKE_IFUNC_TOKEN");
  const RunResult result = RunChild({}, options, SHIM_EARLY_CHILD);
  // The constructor's lookup comes before the shim's own constructor, and is reported; the IFUNC
  // resolver's may come before the shim can report anything.
  EXPECT_THAT(result.texts(), ::testing::Contains("FAKE_EARLY_TOKEN"));
  EXPECT_EQ(result.output, "42 here\n");
  options.preload = false;
  EXPECT_EQ(RunChild({}, options, SHIM_EARLY_CHILD).output, result.output);
}

TEST(ShimVariables, LookupInSignalHandlerDuringLookupsIsHarmless) {
  const RunResult result = RunChild({"signals", "FAKE_TOKEN"}, Removed("FAKE_TOKEN"));
  EXPECT_EQ(result.output, "failures 0\n");
  EXPECT_LE(result.records.size(), 257u);
}

TEST(ShimNames, HostOfGetaddrinfoIsReported) {
  const std::vector<std::string> arguments = {"names", "127.0.0.1", "NULL", "no-number.invalid"};
  RunOptions options;
  const RunResult result = RunChild(arguments, options);
  ASSERT_THAT(result.records, SizeIs(2));
  ExpectRecord(result.records[0], ST_EVENT_NAME_LOOKUP, "127.0.0.1");
  ExpectRecord(result.records[1], ST_EVENT_NAME_LOOKUP, "no-number.invalid");
  ExpectSameAsBare(arguments, options, result.output);
}

TEST(ShimNames, HostLongerThanTheRecordIsCut) {
  const std::string host(1000, 'h');
  const RunResult result = RunChild({"names", host}, RunOptions());
  ASSERT_THAT(result.records, SizeIs(1));
  ExpectRecord(result.records[0], ST_EVENT_NAME_LOOKUP, host.substr(0, ST_SHIM_TEXT_SIZE));
}

TEST(ShimNames, RepeatedLookupsAreReportedUpToTheBound) {
  const RunResult result = RunChild({"many-names", "127.0.0.1", "400"}, RunOptions());
  EXPECT_THAT(result.records, SizeIs(256));
  EXPECT_THAT(result.texts(), Each("127.0.0.1"));
  EXPECT_EQ(result.output, "failures 0\n");
}

TEST(ShimNames, OlderCallsAreReported) {
  const RunResult result = RunChild({"old-names"}, RunOptions());
  EXPECT_THAT(result.texts(), ElementsAre("127.0.0.1", "127.0.0.2", "127.0.0.3", "127.0.0.4"));
  EXPECT_EQ(result.output, "1111\n");
  ExpectSameAsBare({"old-names"}, RunOptions(), result.output);
}

TEST(ShimNames, LookupInsideTheDynamicLinkersSearchDoesNotRecurse) {
  RunOptions options = Removed("FAKE_TOKEN");
  options.preload_after = SHIM_REENTRANT_DLSYM;
  const RunResult result = RunChild({"names", "127.0.0.1"}, options);
  EXPECT_THAT(result.texts(), ::testing::Contains("127.0.0.1"));
  EXPECT_EQ(result.output, "127.0.0.1 0 errno=77\n");
}

TEST(ShimNames, EveryHostOfAnAsynchronousListIsReported) {
  const RunResult result = RunChild({"async-names"}, RunOptions());
  EXPECT_THAT(result.texts(), ElementsAre("127.0.0.5", "127.0.0.6"));
  EXPECT_EQ(result.output, "0 0 0\n");
  ExpectSameAsBare({"async-names"}, RunOptions(), result.output);
}

TEST(ShimChannel, RefusedRecordIsTheLastOne) {
  RunOptions options = Removed("FAKE_A:FAKE_B");
  options.answer_errno = EBADF;
  const RunResult result = RunChild({"lookup", "FAKE_A", "FAKE_B"}, options);
  EXPECT_THAT(result.texts(), ElementsAre("FAKE_A"));
  EXPECT_EQ(result.output, "FAKE_A=(unset) errno=77\nFAKE_B=(unset) errno=77\n");
}

TEST(ShimChannel, ProgramGoesOnWhenTheSupervisorGoesAway) {
  RunOptions options = Removed("FAKE_A:FAKE_B:FAKE_C");
  options.hang_up_after = 1;
  const RunResult result = RunChild({"lookup", "FAKE_A", "FAKE_B", "FAKE_C"}, options);
  EXPECT_THAT(result.texts(), ElementsAre("FAKE_A"));
  EXPECT_THAT(result.output, ::testing::HasSubstr("FAKE_C=(unset) errno=77"));
}

TEST(ShimSecureMode, NothingIsReported) {
  if (geteuid() != 0) GTEST_SKIP() << "needs root to make a secure execution";
  RunOptions options = Removed("FAKE_TOKEN");
  options.preload = false;  // ld.so would ignore it; the program is linked against the shim
  const std::vector<std::string> arguments = {"at-secure", "FAKE_TOKEN", "FAKE_PRESENT"};
  const RunResult plain = RunChild(arguments, options, SHIM_LINKED_CHILD);
  EXPECT_THAT(plain.texts(), ElementsAre("FAKE_TOKEN", "127.0.0.1"));
  EXPECT_THAT(plain.output, ::testing::StartsWith("secure 0\n"));
  options.real_uid_of_nobody = true;
  const RunResult secure = RunChild(arguments, options, SHIM_LINKED_CHILD);
  EXPECT_THAT(secure.records, IsEmpty());
  EXPECT_EQ(secure.output,
            "secure 1\nFAKE_TOKEN=(unset) errno=77\nFAKE_PRESENT=(unset) errno=77\n"
            "FAKE_TOKEN=(unset) errno=77\nFAKE_PRESENT=here errno=77\n");
}

}  // namespace
}  // namespace safe_trace
