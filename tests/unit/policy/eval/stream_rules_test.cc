#include "made_up_machine.h"

namespace safe_trace {
namespace {

using Kind = StreamClaim::Kind;

const std::vector<std::string> kNames = {"files.pythonhosted.org", "pypi.org"};

// On a connection to an address that was looked up for `names`.
class Connection {
 public:
  explicit Connection(uint16_t port, std::vector<std::string> names = kNames,
                      const char* address = "203.0.113.7")
      : port_(port), names_(std::move(names)) {
    EXPECT_TRUE(ParseIpAddress(address, address_));
  }
  Decision Says(const Policy& policy, StreamClaim claim) const {
    return policy.EvaluateStream(Manager(), StreamRequest{address_, port_, names_, claim});
  }

 private:
  IpAddress address_;
  uint16_t port_;
  std::vector<std::string> names_;
};

std::string RuleOf(const Decision& decision) { return decision.allowed() ? "" : decision.rule->id; }

TEST(StreamRulesTest, OnlyTheNamesThatWereLookedUpMayBeSaid) {
  auto policy = PipPolicy();
  const Connection connection(443);
  EXPECT_TRUE(connection.Says(*policy, {.kind = Kind::kTlsName, .name = "pypi.org"}).allowed());
  EXPECT_EQ(RuleOf(connection.Says(*policy, {.kind = Kind::kTlsName, .name = "evil.example"})),
            "network.server-name");
  EXPECT_EQ(RuleOf(connection.Says(*policy, {.kind = Kind::kTlsWithoutName})),
            "network.no-server-name");
  EXPECT_EQ(RuleOf(connection.Says(*policy, {.kind = Kind::kHttpHost, .name = "evil.example"})),
            "network.request-host");
  EXPECT_EQ(RuleOf(connection.Says(*policy, {.kind = Kind::kUnknownProtocol})), "network.protocol");
  EXPECT_TRUE(
      connection.Says(*policy, {.kind = Kind::kTlsName, .name = "evil.example"}).is_violation);
}

TEST(StreamRulesTest, AnAllowedNameOfAnotherAddressIsAMismatch) {
  auto policy = PipPolicy();
  const Connection connection(443, {"pypi.org"});
  EXPECT_EQ(
      RuleOf(connection.Says(*policy, {.kind = Kind::kTlsName, .name = "files.pythonhosted.org"})),
      "network.server-name");
}

Config Allowing(const char* host) {
  Config config;
  config.allowed_hosts = {{host, "--allow-host"}};
  return config;
}

TEST(StreamRulesTest, AnAddressThatIsAllowedAsSuchNeedsNoName) {
  auto policy = PipPolicy(Allowing("192.0.2.5:8080"));
  const Connection connection(8080, {}, "192.0.2.5");
  EXPECT_TRUE(connection.Says(*policy, {.kind = Kind::kTlsWithoutName}).allowed());
  EXPECT_TRUE(connection.Says(*policy, {.kind = Kind::kHttpHost, .name = "192.0.2.5"}).allowed());
  EXPECT_TRUE(connection.Says(*policy, {.kind = Kind::kHttpHost, .name = "pypi.org"}).allowed());
  EXPECT_TRUE(connection.Says(*policy, {.kind = Kind::kUnknownProtocol}).allowed());
  EXPECT_FALSE(connection.Says(*policy, {.kind = Kind::kHttpHost, .name = "192.0.2.6"}).allowed());
  EXPECT_FALSE(
      connection.Says(*policy, {.kind = Kind::kTlsName, .name = "evil.example"}).allowed());
}

TEST(StreamRulesTest, AProxyIsAskedForAllowedHostsOnly) {
  auto policy = PipPolicy(Allowing("192.0.2.5:8080"));
  const Connection proxy(8080, {}, "192.0.2.5");
  const auto target = [&](const char* name, uint16_t port) {
    return proxy.Says(*policy, {.kind = Kind::kProxyTarget, .name = name, .port = port});
  };
  EXPECT_TRUE(target("pypi.org", 443).allowed());
  EXPECT_EQ(RuleOf(target("pypi.org", 25)), "network.proxy-target");
  EXPECT_EQ(RuleOf(target("evil.example", 443)), "network.proxy-target");
  EXPECT_EQ(RuleOf(target("127.0.0.1", 443)), "network.proxy-target");
  EXPECT_EQ(RuleOf(target("255.255.255.255", 443)), "network.proxy-target");
}

TEST(StreamRulesTest, MetadataIsNeverReachedThroughAProxy) {
  auto policy = PipPolicy(Allowing("*.internal"));
  const Connection proxy(8080, {}, "192.0.2.5");
  for (const char* name :
       {"169.254.169.254", "metadata.google.internal", "::ffff:169.254.169.254", "fd00:ec2::254"}) {
    const Decision decision =
        proxy.Says(*policy, {.kind = Kind::kProxyTarget, .name = name, .port = 80});
    EXPECT_EQ(RuleOf(decision), "network.metadata") << name;
    EXPECT_TRUE(decision.never_allowed);
  }
}

TEST(StreamRulesTest, InsideATunnelOnlyItsHostIsMeant) {
  auto policy = PipPolicy(Allowing("192.0.2.5:8080"));
  const Connection proxy(8080, {}, "192.0.2.5");
  StreamClaim claim{
      .kind = Kind::kTlsName, .name = "pypi.org", .tunnel = "pypi.org", .tunnel_port = 443};
  EXPECT_TRUE(proxy.Says(*policy, claim).allowed());
  claim.name = "files.pythonhosted.org";
  EXPECT_EQ(RuleOf(proxy.Says(*policy, claim)), "network.server-name");
  claim.kind = Kind::kTlsWithoutName;
  EXPECT_EQ(RuleOf(proxy.Says(*policy, claim)), "network.no-server-name");
  claim.kind = Kind::kUnknownProtocol;
  EXPECT_EQ(RuleOf(proxy.Says(*policy, claim)), "network.protocol");
}

TEST(StreamRulesTest, OtherProtocolsReachTheirOwnPortsOfANamedHost) {
  auto policy = PipPolicy(Allowing("git.example:22"));
  EXPECT_TRUE(
      Connection(22, {"git.example"}).Says(*policy, {.kind = Kind::kUnknownProtocol}).allowed());
}

}  // namespace
}  // namespace safe_trace
