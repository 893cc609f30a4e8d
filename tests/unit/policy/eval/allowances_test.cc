#include "policy/allowances.h"

#include "made_up_machine.h"

namespace safe_trace {
namespace {

std::unique_ptr<const Policy> PolicyWith(std::shared_ptr<const Allowances> allowances,
                                         const Config& config = {}) {
  auto policy =
      Policy::Build(MadeUpFacts(), config, MadeUpCatalog(), MadeUpPip(), {}, std::move(allowances));
  EXPECT_TRUE(policy.ok()) << policy.status();
  return *std::move(policy);
}

bool MayReach(const Policy& policy, const Subject& subject, const std::string& name,
              uint16_t port) {
  const std::vector<std::string> names = {name};
  NetworkRequest request;
  EXPECT_TRUE(ParseIpAddress("203.0.113.9", request.address));
  request.port = port;
  request.names = names;
  return policy.EvaluateNetwork(subject, request).allowed();
}

TEST(AllowancesTest, AnAnswerCountsFromThenOnAsAnOptionWould) {
  auto allowances = std::make_shared<Allowances>();
  auto policy = PolicyWith(allowances);
  EXPECT_FALSE(policy->EvaluateName(Manager(), {"new.example"}).allowed());
  ASSERT_TRUE(allowances->Add({"", "", {"new.example", 443, "test"}, std::nullopt}));
  EXPECT_TRUE(policy->EvaluateName(Manager(), {"new.example"}).allowed());
  EXPECT_TRUE(MayReach(*policy, Manager(), "new.example", 443));
  EXPECT_FALSE(MayReach(*policy, Manager(), "new.example", 80));
  EXPECT_FALSE(MayReach(*policy, Manager(), "other.example", 443));
}

TEST(AllowancesTest, PackageCodeHasNoPartInWhatTheManagerWasAllowed) {
  auto allowances = std::make_shared<Allowances>();
  auto policy = PolicyWith(allowances);
  ASSERT_TRUE(allowances->Add({"", "", {"new.example", 0, "test"}, std::nullopt}));
  Subject package = Manager();
  package.role = Role::kPackage;
  package.package = "left-pad";
  package.version = "1.0";
  EXPECT_FALSE(MayReach(*policy, package, "new.example", 443));
  ASSERT_TRUE(allowances->Add({"left-pad", "1.0", {"new.example", 0, "test"}, std::nullopt}));
  EXPECT_TRUE(MayReach(*policy, package, "new.example", 443));
  package.version = "2.0";
  EXPECT_FALSE(MayReach(*policy, package, "new.example", 443));
}

TEST(AllowancesTest, WhatWasAllowedForAMomentEnds) {
  auto allowances = std::make_shared<Allowances>();
  auto policy = PolicyWith(allowances);
  const auto now = std::chrono::steady_clock::now();
  ASSERT_TRUE(
      allowances->Add({"", "", {"over.example", 0, "test"}, now - std::chrono::seconds(1)}));
  ASSERT_TRUE(allowances->Add({"", "", {"now.example", 0, "test"}, now + std::chrono::hours(1)}));
  EXPECT_FALSE(MayReach(*policy, Manager(), "over.example", 443));
  EXPECT_TRUE(MayReach(*policy, Manager(), "now.example", 443));
}

TEST(AllowancesTest, MetadataServicesStayClosed) {
  auto allowances = std::make_shared<Allowances>();
  auto policy = PolicyWith(allowances);
  ASSERT_TRUE(allowances->Add({"", "", {"169.254.169.254", 0, "test"}, std::nullopt}));
  NetworkRequest request;
  ASSERT_TRUE(ParseIpAddress("169.254.169.254", request.address));
  request.port = 80;
  EXPECT_FALSE(policy->EvaluateNetwork(Manager(), request).allowed());
}

TEST(AllowancesTest, TheirNumberIsBounded) {
  Allowances allowances;
  for (size_t i = 0; i < Allowances::kMaximum; ++i) {
    ASSERT_TRUE(allowances.Add({"", "", {"h" + std::to_string(i), 0, ""}, std::nullopt}));
  }
  EXPECT_FALSE(allowances.Add({"", "", {"more", 0, ""}, std::nullopt}));
}

}  // namespace
}  // namespace safe_trace
