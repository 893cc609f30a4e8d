#include "launcher/enforcement_report.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace safe_trace {
namespace {

using ::testing::Contains;
using ::testing::Pair;

TEST(EnforcementReportTest, IsFullOnlyWhenEverythingAskedForHolds) {
  EnforcementReport report;
  EXPECT_FALSE(report.full()) << "nothing asked, nothing enforced";
  report.Add("landlock", true, true, "ABI 7");
  EXPECT_TRUE(report.full());
  report.Add("memory_limit", false, false, "");
  EXPECT_TRUE(report.full());
  report.Add("capabilities", true, false, "EPERM");
  EXPECT_FALSE(report.full());
}

TEST(EnforcementReportTest, TextNamesWhatIsMissingOnALineOfItsOwn) {
  EnforcementReport report;
  report.Add("landlock", true, true, "ABI 7");
  report.Add("supervisor", true, true, "");
  report.Add("memory_limit", false, false, "");
  EXPECT_EQ(report.ToText(), "enforced: landlock (ABI 7), supervisor");
  report.Add("capabilities", true, false, "a\nb");
  EXPECT_EQ(report.ToText(),
            "enforced: landlock (ABI 7), supervisor\nNOT enforced: capabilities (a\\x0ab)");
}

TEST(EnforcementReportTest, FieldsTellAllThreeStates) {
  EnforcementReport report;
  report.Add("landlock", true, true, "ABI 7");
  report.Add("memory_limit", false, false, "");
  report.Add("capabilities", true, false, "EPERM");
  const auto fields = report.ToFields();
  EXPECT_THAT(fields, Contains(Pair("safe_trace.enforcement.full", FieldValue(false))));
  EXPECT_THAT(fields, Contains(Pair("safe_trace.enforcement.landlock",
                                    FieldValue(std::string("enforced: ABI 7")))));
  EXPECT_THAT(fields, Contains(Pair("safe_trace.enforcement.memory_limit",
                                    FieldValue(std::string("not asked")))));
  EXPECT_THAT(fields, Contains(Pair("safe_trace.enforcement.capabilities",
                                    FieldValue(std::string("missing: EPERM")))));
}

}  // namespace
}  // namespace safe_trace
