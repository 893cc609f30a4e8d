// What the progress line says, from the events that pass.
#include "launcher/run_tally.h"

#include <gtest/gtest.h>

#include "launcher/progress_line.h"

namespace safe_trace {
namespace {

class Passed : public TraceSink {
 public:
  void Record(TraceEvent event) override { actions.push_back(event.action); }
  std::vector<std::string> actions;
};

TraceEvent Event(const std::string& action, const std::string& process,
                 const std::string& package = "") {
  TraceEvent event;
  event.action = action;
  event.outcome = "success";
  event.Set("process.entity_id", process);
  if (!package.empty()) event.Set("package.name", package).Set("package.version", std::string("1"));
  return event;
}

TEST(RunTallyTest, APackageIsDoneWhenItsLastProcessEnded) {
  Passed passed;
  RunTally tally(passed);
  tally.Record(Event("process-exec", "1-1"));
  tally.Record(Event("process-exec", "2-2", "a"));
  tally.Record(Event("process-exec", "3-3", "a"));
  tally.Record(Event("process-exec", "4-4", "b"));
  tally.Record(Event("process-exec", "4-4", "b"));  // a second exec of the same process
  EXPECT_EQ(tally.counts().running, 2u);
  tally.Record(Event("process-exit", "2-2", "a"));
  tally.Record(Event("process-exit", "4-4", "b"));
  tally.Record(Event("process-exit", "1-1"));
  EXPECT_EQ(tally.counts().running, 1u);
  EXPECT_EQ(tally.counts().done, 1u);
  tally.Record(Event("process-exit", "3-3", "a"));
  EXPECT_EQ(tally.counts().done, 2u);
  EXPECT_EQ(passed.actions.size(), 9u) << "every event is passed on";
}

TEST(RunTallyTest, ViolationsAreCountedAndRefusedProgramsAreNot) {
  Passed passed;
  RunTally tally(passed);
  TraceEvent violation = Event("process-exec", "1-1", "a");
  violation.is_violation = true;
  violation.outcome = "failure";
  tally.Record(violation);
  EXPECT_EQ(tally.counts().violations, 1u);
  EXPECT_EQ(tally.counts().running, 0u);
}

TEST(RunTallyTest, TheLineSaysNoMoreThanThereIs) {
  using std::chrono::seconds;
  EXPECT_EQ(ProgressText(seconds(7), {0, 0, 0}), "safe-trace: 7 s, code of 0 packages done");
  EXPECT_EQ(ProgressText(seconds(75), {1, 2, 1}),
            "safe-trace: 75 s, code of 1 package done, 2 running, 1 violation");
}

}  // namespace
}  // namespace safe_trace
