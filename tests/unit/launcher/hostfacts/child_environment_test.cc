#include "launcher/child_environment.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include "absl/strings/str_cat.h"

namespace safe_trace {
namespace {

using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;

bool HidesToken(const VariableRequest& request) {
  return request.name.find("TOKEN") != std::string_view::npos || request.value == "ghp_fake";
}

ChildEnvironment Scrub(const std::vector<std::string>& environment, const std::string& shim = "") {
  return ScrubEnvironment(HidesToken, environment, shim);
}

TEST(ScrubEnvironment, HiddenVariablesAreLeftOutByNameAndByValue) {
  ChildEnvironment child = Scrub({"A=1", "MY_TOKEN=x", "INNOCENT=ghp_fake", "B=2=3"});
  EXPECT_THAT(child.removed, ElementsAre("INNOCENT", "MY_TOKEN"));
  EXPECT_THAT(child.variables,
              ElementsAre("A=1", "B=2=3", "SAFE_TRACE_REMOVED_VARIABLES=INNOCENT:MY_TOKEN"));
}

TEST(ScrubEnvironment, EveryEntryOfARepeatedNameIsRemovedAndNamedOnce) {
  ChildEnvironment child = Scrub({"TOKEN=a", "TOKEN=b"});
  EXPECT_THAT(child.removed, ElementsAre("TOKEN"));
  EXPECT_THAT(child.variables, ElementsAre("SAFE_TRACE_REMOVED_VARIABLES=TOKEN"));
}

TEST(ScrubEnvironment, ValuesAreNeverNamed) {
  ChildEnvironment child = Scrub({"TOKEN=hush"});
  EXPECT_THAT(child.variables, Not(Contains(HasSubstr("hush"))));
}

TEST(ScrubEnvironment, NothingRemovedLeavesNoTrace) {
  EXPECT_THAT(Scrub({"A=1"}).variables, ElementsAre("A=1"));
}

TEST(ScrubEnvironment, EntriesWithoutEqualsSignAndLdAuditStay) {
  EXPECT_THAT(Scrub({"odd", "", "LD_AUDIT=/a.so"}).variables,
              ElementsAre("odd", "", "LD_AUDIT=/a.so"));
}

TEST(ScrubEnvironment, ShimIsAdded) {
  EXPECT_THAT(Scrub({"A=1"}, "/s/shim.so").variables, ElementsAre("A=1", "LD_PRELOAD=/s/shim.so"));
}

TEST(ScrubEnvironment, ShimGoesBeforeOtherPreloads) {
  EXPECT_THAT(Scrub({"LD_PRELOAD=/a.so /b.so", "LD_PRELOAD="}, "/s/shim.so").variables,
              ElementsAre("LD_PRELOAD=/s/shim.so:/a.so /b.so", "LD_PRELOAD=/s/shim.so"));
}

TEST(ScrubEnvironment, ShimIsNotAddedTwiceInNestedRuns) {
  EXPECT_THAT(Scrub({"LD_PRELOAD=/s/shim.so:/a.so"}, "/s/shim.so").variables,
              ElementsAre("LD_PRELOAD=/s/shim.so:/a.so"));
  EXPECT_THAT(Scrub({"LD_PRELOAD=/s/shim.so.1"}, "/s/shim.so").variables,
              ElementsAre("LD_PRELOAD=/s/shim.so:/s/shim.so.1"));
}

TEST(ScrubEnvironment, ShimPathThatTheListCannotHoldIsNotPreloaded) {
  EXPECT_THAT(Scrub({"A=1"}, "/with blank/shim.so").variables, ElementsAre("A=1"));
  EXPECT_THAT(Scrub({"A=1"}, "/with:colon/shim.so").variables, ElementsAre("A=1"));
}

TEST(ScrubEnvironment, ListOfAnOuterRunIsReplaced) {
  EXPECT_THAT(Scrub({"SAFE_TRACE_REMOVED_VARIABLES=OLD"}).variables, ElementsAre());
  EXPECT_THAT(Scrub({"SAFE_TRACE_REMOVED_VARIABLES=OLD", "TOKEN=x"}).variables,
              ElementsAre("SAFE_TRACE_REMOVED_VARIABLES=TOKEN"));
}

TEST(ScrubEnvironment, ListIsBoundedAndHoldsWholeNames) {
  std::vector<std::string> environment;
  for (int i = 0; i < 2000; ++i) environment.push_back(absl::StrCat("TOKEN_", 10000 + i, "=x"));
  ChildEnvironment child = Scrub(environment);
  EXPECT_EQ(child.removed.size(), 2000U);
  ASSERT_EQ(child.variables.size(), 1U);
  std::string list = child.variables[0].substr(std::string("SAFE_TRACE_REMOVED_VARIABLES=").size());
  EXPECT_LT(list.size(), 4096U);
  EXPECT_GT(list.size(), 4000U);
  EXPECT_EQ((list.size() + 1) % 12, 0U);  // names of 11 bytes and their colons
}

TEST(ScrubEnvironment, NameWithAColonIsRemovedButNotListed) {
  ChildEnvironment child = Scrub({"A:TOKEN=x"});
  EXPECT_THAT(child.removed, ElementsAre("A:TOKEN"));
  EXPECT_TRUE(child.variables.empty());
}

TEST(ScrubEnvironment, PolicyDecidesWhatThePackageManagerMustNotSee) {
  HostFacts facts;
  facts.home = "/home/nobody-here";
  facts.homes = {facts.home};
  facts.working_directory = "/work";
  facts.arguments = {"pip", "install", "x"};
  facts.command_executable = "/usr/bin/pip";
  auto policy = Policy::Build(facts, Config(), ShippedCatalog(),
                              RecognizeProfile(facts.arguments, facts.command_executable));
  ASSERT_TRUE(policy.ok()) << policy.status();
  ChildEnvironment child = ScrubEnvironment(
      **policy, (*policy)->InitialSubject(),
      {"PATH=/bin", "AWS_SECRET_ACCESS_KEY=fake", "PIP_INDEX_URL=https://h.example/"}, "/s.so");
  EXPECT_THAT(child.removed, ElementsAre("AWS_SECRET_ACCESS_KEY"));
  EXPECT_THAT(child.variables, testing::IsSupersetOf({"PATH=/bin", "LD_PRELOAD=/s.so",
                                                      "PIP_INDEX_URL=https://h.example/"}));
  EXPECT_THAT(child.variables, Not(Contains(HasSubstr("fake"))));
}

}  // namespace
}  // namespace safe_trace
