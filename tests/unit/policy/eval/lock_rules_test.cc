// A locked run: what policy allows and the lock does not have is refused, and nothing else changes.
#include <cerrno>

#include "made_up_machine.h"

namespace safe_trace {
namespace {

constexpr char kLock[] = R"(
lock_version = 1
[[manager]]
ecosystem = "pip"
hosts = ["pypi.org"]
[[package]]
ecosystem = "pip"
name = "thing"
hosts = ["cdn.example"]
programs = ["/usr/bin/cc", "/usr/bin/gh"]
reads = ["system"]
writes = []
)";

std::shared_ptr<const BehaviourLock> Lock(const char* text = kLock) {
  absl::StatusOr<BehaviourLock> lock = BehaviourLock::Parse(text, "safe-trace.lock");
  EXPECT_TRUE(lock.ok()) << lock.status();
  lock->SetPlaces({"/home/ann/project", "/home/ann"});
  return std::make_shared<const BehaviourLock>(*std::move(lock));
}

Config Loose() {
  Config config;
  config.allowed_hosts = {{"mirror.example:443", "test"}};
  config.grants = {{"thing=cdn.example:443", "test"}, {"thing=evil.example:443", "test"}};
  config.allow_read = {{"/home/ann/data", "test"}};
  config.allow_write = {{"/home/ann/out", "test"}};
  return config;
}

std::unique_ptr<const Policy> Locked(std::shared_ptr<const BehaviourLock> lock) {
  auto policy = Policy::Build(MadeUpFacts(), Loose(), MadeUpCatalog(), MadeUpPip(), {}, nullptr,
                              std::move(lock));
  EXPECT_TRUE(policy.ok()) << policy.status();
  return *std::move(policy);
}

Subject Thing() {
  Subject subject;
  subject.role = Role::kPackage;
  subject.ecosystem = "pip";
  subject.package = "thing";
  subject.version = "1.0";
  subject.own = {{"/tmp/build-1", Access::kRead | Access::kWrite | Access::kExecute}};
  return subject;
}

Decision Connect(const Policy& policy, const Subject& subject, const std::string& name,
                 bool own_listener = false) {
  std::vector<std::string> names;
  if (!name.empty()) names = {name};
  NetworkRequest request;
  EXPECT_TRUE(ParseIpAddress(own_listener ? "127.0.0.1" : "203.0.113.9", request.address));
  request.port = 443;
  request.names = names;
  request.bound_by_this_run = own_listener;
  return policy.EvaluateNetwork(subject, request);
}

std::string RuleOf(const Decision& decision) { return decision.allowed() ? "" : decision.rule->id; }

TEST(LockRulesTest, HostThatPolicyAllowsAndTheLockHasNotIsAViolation) {
  auto open = Locked(nullptr);
  EXPECT_TRUE(Connect(*open, Thing(), "evil.example").allowed());
  auto policy = Locked(Lock());
  EXPECT_TRUE(Connect(*policy, Thing(), "cdn.example").allowed());
  const Decision decision = Connect(*policy, Thing(), "evil.example");
  EXPECT_EQ(RuleOf(decision), "lock.unknown-host");
  EXPECT_TRUE(decision.is_violation);
  EXPECT_EQ(decision.error, EACCES);
  EXPECT_EQ(RuleOf(policy->EvaluateName(Thing(), {"evil.example"})), "lock.unknown-host");
  EXPECT_TRUE(policy->EvaluateName(Thing(), {"cdn.example"}).allowed());
  EXPECT_EQ(RuleOf(policy->EvaluateName(Manager(), {"mirror.example"})), "lock.unknown-host");
  EXPECT_TRUE(policy->EvaluateName(Manager(), {"pypi.org"}).allowed());
}

TEST(LockRulesTest, OneAddressOfTwoHostsIsOpenForTheOneThatTheLockHas) {
  auto policy = Locked(Lock());
  const std::vector<std::string> names = {"cdn.example", "evil.example"};
  StreamClaim claim{.kind = StreamClaim::Kind::kTlsName, .name = "evil.example"};
  IpAddress address;
  ASSERT_TRUE(ParseIpAddress("203.0.113.9", address));
  EXPECT_EQ(RuleOf(policy->EvaluateStream(Thing(), {address, 443, names, claim})),
            "lock.unknown-host");
  claim.name = "cdn.example";
  EXPECT_TRUE(policy->EvaluateStream(Thing(), {address, 443, names, claim}).allowed());
}

TEST(LockRulesTest, TheLockGivesNothing) {
  auto policy =
      Locked(Lock("lock_version = 1\n[[package]]\necosystem = \"pip\"\nname = \"thing\"\n"
                  "hosts = [\"169.254.169.254\", \"other.example\"]\n"
                  "programs = [\"/usr/bin/gh\"]\nreads = [\"~/.ssh\"]\n"
                  "writes = [\"~/.bashrc\"]\n"));
  EXPECT_EQ(RuleOf(Connect(*policy, Thing(), "other.example")), "network.package");
  EXPECT_EQ(RuleOf(policy->EvaluateFile(Thing(), {"/home/ann/.ssh/id", Access::kRead})),
            "credential.ssh");
  EXPECT_EQ(RuleOf(policy->EvaluateFile(Thing(), {"/home/ann/.bashrc", Access::kWrite})),
            "persistence.shell");
  EXPECT_FALSE(policy->EvaluateExecute(Thing(), "/usr/bin/gh").allowed());
}

TEST(LockRulesTest, PathClassesAreHeld) {
  auto policy = Locked(Lock());
  EXPECT_TRUE(policy->EvaluateFile(Thing(), {"/usr/include/a.h", Access::kRead}).allowed());
  const Decision read = policy->EvaluateFile(Thing(), {"/home/ann/data/x", Access::kRead});
  EXPECT_EQ(RuleOf(read), "lock.unknown-path-class");
  EXPECT_TRUE(read.is_violation);
  EXPECT_EQ(RuleOf(policy->EvaluateFile(Thing(), {"/home/ann/out/x", Access::kWrite})),
            "lock.unknown-path-class");
  EXPECT_TRUE(policy->HoldsPathsByLock(Thing())) << "or the kernel would allow it by itself";
  auto open = Locked(nullptr);
  EXPECT_TRUE(open->EvaluateFile(Thing(), {"/home/ann/data/x", Access::kRead}).allowed());
  EXPECT_FALSE(open->HoldsPathsByLock(Thing()));
}

TEST(LockRulesTest, OwnPlacesDevicesAndKernelFilesAreNotAskedAbout) {
  auto policy = Locked(Lock());
  for (const char* path : {"/tmp/build-1/a", "/dev/null"}) {
    EXPECT_TRUE(policy->EvaluateFile(Thing(), {path, Access::kRead | Access::kWrite}).allowed())
        << path;
  }
  EXPECT_TRUE(policy->EvaluateFile(Thing(), {"/proc/self/status", Access::kRead}).allowed());
  EXPECT_TRUE(Connect(*policy, Thing(), "", /*own_listener=*/true).allowed());
}

TEST(LockRulesTest, OthersThanPackagesAreHeldToTheirHostsOnly) {
  auto policy = Locked(Lock());
  EXPECT_TRUE(policy->EvaluateFile(Manager(), {"/home/ann/data/x", Access::kRead}).allowed());
  EXPECT_TRUE(policy->EvaluateLockedProgram(Manager(), "/usr/bin/curl").allowed());
  Subject command;
  EXPECT_EQ(RuleOf(policy->EvaluateName(command, {"pypi.org"})), "lock.unknown-host")
      << "learned of the manager";
}

TEST(LockRulesTest, ProgramsAndUnknownPackagesAreRefused) {
  auto policy = Locked(Lock());
  EXPECT_TRUE(policy->EvaluateLockedProgram(Thing(), "/usr/bin/cc").allowed());
  EXPECT_EQ(RuleOf(policy->EvaluateLockedProgram(Thing(), "/usr/bin/curl")),
            "lock.unknown-program");
  Subject other = Thing();
  other.package = "other";
  EXPECT_EQ(RuleOf(policy->EvaluateLockedProgram(other, "/usr/bin/cc")), "lock.unknown-package");
  EXPECT_TRUE(Locked(nullptr)->EvaluateLockedProgram(other, "/usr/bin/cc").allowed());
}

TEST(LockRulesTest, ListenersOfPackagesAreHeld) {
  auto policy = Locked(Lock());
  NetworkRequest request;
  request.operation = NetworkOperation::kBind;
  ASSERT_TRUE(ParseIpAddress("127.0.0.1", request.address));
  EXPECT_EQ(RuleOf(policy->EvaluateNetwork(Thing(), request)), "lock.unknown-listener");
  EXPECT_TRUE(policy->EvaluateNetwork(Manager(), request).allowed());
}

TEST(LockRulesTest, TheDigestTellsOneLockFromAnother) {
  EXPECT_NE(Locked(nullptr)->Digest(), Locked(Lock())->Digest());
  EXPECT_NE(Locked(Lock())->Digest(), Locked(Lock("lock_version = 1\n"))->Digest());
}

}  // namespace
}  // namespace safe_trace
