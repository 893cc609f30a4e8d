#include <cerrno>

#include "made_up_machine.h"

namespace safe_trace {
namespace {

NetworkRequest To(const char* address, uint16_t port, bool bound_by_this_run = false) {
  NetworkRequest request;
  EXPECT_TRUE(ParseIpAddress(address, request.address)) << address;
  request.port = port;
  request.bound_by_this_run = bound_by_this_run;
  return request;
}

const std::vector<std::string> kPypi = {"pypi.org"};
const std::vector<std::string> kFiles = {"files.pythonhosted.org"};
const std::vector<std::string> kEvil = {"evilpypi.org", "pypi.org.evil.example"};

NetworkRequest Named(const std::vector<std::string>& names, uint16_t port) {
  NetworkRequest request = To("203.0.113.7", port);
  request.names = names;
  return request;
}

TEST(NetworkRulesTest, AManagerReachesItsHostsOnTheirPortsOnly) {
  auto policy = PipPolicy();
  EXPECT_TRUE(policy->EvaluateNetwork(Manager(), Named(kPypi, 443)).allowed());
  EXPECT_TRUE(policy->EvaluateNetwork(Manager(), Named(kFiles, 443)).allowed());
  for (const NetworkRequest& request :
       {Named(kPypi, 80), Named(kPypi, 22), Named(kEvil, 443), To("203.0.113.7", 443)}) {
    Decision decision = policy->EvaluateNetwork(Manager(), request);
    EXPECT_EQ(decision.verdict, Verdict::kDeny);
    EXPECT_EQ(decision.error, EACCES);
    EXPECT_TRUE(decision.is_violation);
  }
}

TEST(NetworkRulesTest, ConfiguredHostsStandBesideTheDefaultThatNothingReplaces) {
  HostFacts facts = MadeUpFacts();
  facts.hosts = {{"scope.example", 443, "npm configuration"}};
  auto policy = MustBuild(facts, {}, MadeUpPip());
  const std::vector<std::string> scope = {"scope.example"};
  EXPECT_TRUE(policy->EvaluateNetwork(Manager(), Named(scope, 443)).allowed());
  EXPECT_TRUE(policy->EvaluateNetwork(Manager(), Named(kPypi, 443)).allowed());
  EXPECT_TRUE(policy->EvaluateNetwork(Manager(), Named(kFiles, 443)).allowed());
}

TEST(NetworkRulesTest, ConfiguredHostsReplaceTheDefault) {
  HostFacts facts = MadeUpFacts();
  facts.hosts = {{"Mirror.Example", 8080, "pip configuration"}};
  facts.default_hosts_replaced = true;
  auto policy = MustBuild(facts, {}, MadeUpPip());
  const std::vector<std::string> mirror = {"mirror.example"};
  EXPECT_TRUE(policy->EvaluateNetwork(Manager(), Named(mirror, 8080)).allowed());
  EXPECT_FALSE(policy->EvaluateNetwork(Manager(), Named(kPypi, 443)).allowed());
  EXPECT_FALSE(policy->EvaluateNetwork(Manager(), Named(kFiles, 443)).allowed());
}

TEST(NetworkRulesTest, PackageAndProjectCodeHaveNoNetwork) {
  auto policy = PipPolicy();
  for (const Subject& subject : {EvilPackage(), Subject{.role = Role::kProject}}) {
    EXPECT_FALSE(policy->EvaluateNetwork(subject, Named(kPypi, 443)).allowed());
    EXPECT_FALSE(policy->EvaluateNetwork(subject, To("127.0.0.1", 5432)).allowed());
    EXPECT_TRUE(policy->EvaluateNetwork(subject, To("127.0.0.1", 5432, true)).allowed());
    EXPECT_TRUE(policy->EvaluateNetwork(subject, To("0.0.0.0", 5432, true)).allowed());
    // "Bound by this run" says something about loopback only.
    EXPECT_FALSE(policy->EvaluateNetwork(subject, To("203.0.113.7", 5432, true)).allowed());
  }
}

TEST(NetworkRulesTest, EveryFormOfLoopbackGetsTheSameVerdict) {
  auto policy = PipPolicy();
  IpAddress mapped;
  mapped.is_v6 = true;  // as a caller that forgot to unmap would pass it
  mapped.bytes = {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 127, 0, 0, 1};
  NetworkRequest raw;
  raw.address = mapped;
  raw.port = 6379;
  for (NetworkRequest request : {To("127.0.0.1", 6379), To("127.9.9.9", 6379), To("::1", 6379),
                                 To("0.0.0.0", 6379), To("::", 6379), raw}) {
    EXPECT_FALSE(policy->EvaluateNetwork(Manager(), request).allowed());
    request.bound_by_this_run = true;
    EXPECT_TRUE(policy->EvaluateNetwork(Manager(), request).allowed());
  }
}

TEST(NetworkRulesTest, ARegistryOnLoopbackThatConfigurationNamesIsReached) {
  for (const char* host : {"127.0.0.1", "localhost"}) {
    HostFacts facts = MadeUpFacts();
    facts.hosts = {{host, 8080, "pip configuration"}};
    auto policy = MustBuild(facts, {}, MadeUpPip());
    EXPECT_TRUE(policy->EvaluateNetwork(Manager(), To("127.0.0.1", 8080)).allowed()) << host;
    EXPECT_TRUE(policy->EvaluateNetwork(Manager(), To("::ffff:127.0.0.1", 8080)).allowed());
    EXPECT_FALSE(policy->EvaluateNetwork(Manager(), To("127.0.0.1", 8081)).allowed()) << host;
    EXPECT_FALSE(policy->EvaluateNetwork(EvilPackage(), To("127.0.0.1", 8080)).allowed()) << host;
  }
}

TEST(NetworkRulesTest, MetadataIsNeverReachedWhateverAllowsIt) {
  Config config;
  config.allowed_hosts = {{"169.254.169.254", "--allow-host"},
                          {"metadata.google.internal", "--allow-host"},
                          {"*.internal", "--allow-host"}};
  config.grants = {{"evil=169.254.169.254", "--grant"}};
  auto policy = PipPolicy(config);
  const std::vector<std::string> name = {"metadata.google.internal"};
  for (const Subject& subject : {Manager(), Command(), EvilPackage()}) {
    for (const char* address : {"169.254.169.254", "::ffff:169.254.169.254", "fd00:ec2::254",
                                "64:ff9b::a9fe:a9fe", "fe80::1", "168.63.129.16"}) {
      NetworkRequest request = To(address, 80, true);
      request.names = name;
      Decision decision = policy->EvaluateNetwork(subject, request);
      EXPECT_EQ(decision.error, EACCES) << address;
      EXPECT_EQ(decision.rule->id, "network.metadata") << address;
      EXPECT_TRUE(decision.is_violation);
    }
    EXPECT_FALSE(policy->EvaluateName(subject, {"metadata.google.internal"}).allowed());
  }
}

TEST(NetworkRulesTest, DatagramsFollowTheSameRules) {
  auto policy = PipPolicy();
  NetworkRequest request = Named(kPypi, 443);
  request.is_stream = false;
  EXPECT_TRUE(policy->EvaluateNetwork(Manager(), request).allowed());
  // libc sorts addresses by connecting to port 0, which sends nothing; sending to it is no probe.
  request.port = 0;
  EXPECT_TRUE(policy->EvaluateNetwork(Manager(), request).allowed());
  request.operation = NetworkOperation::kSend;
  EXPECT_FALSE(policy->EvaluateNetwork(Manager(), request).allowed());
  request.names = {};
  request.port = 53;
  EXPECT_FALSE(policy->EvaluateNetwork(Manager(), request).allowed());
}

TEST(NetworkRulesTest, PackageCodeListensOnLoopbackOnly) {
  auto policy = PipPolicy();
  auto bind = [&](const Subject& subject, const char* address) {
    NetworkRequest request = To(address, 8000);
    request.operation = NetworkOperation::kBind;
    return policy->EvaluateNetwork(subject, request);
  };
  EXPECT_TRUE(bind(EvilPackage(), "127.0.0.1").allowed());
  EXPECT_TRUE(bind(EvilPackage(), "::1").allowed());
  EXPECT_EQ(bind(EvilPackage(), "0.0.0.0").error, EACCES);
  EXPECT_EQ(bind(EvilPackage(), "::").error, EACCES);
  EXPECT_EQ(bind(EvilPackage(), "203.0.113.1").error, EACCES);
  EXPECT_TRUE(bind(Manager(), "0.0.0.0").allowed());
  // A client's own address: `curl --interface`.
  EXPECT_TRUE(bind(Manager(), "203.0.113.1").allowed());
}

TEST(NetworkRulesTest, OfflineLeavesNothingButTheRunsOwnListeners) {
  Config config;
  config.offline = true;
  config.allowed_hosts = {{"example.com", "--allow-host"}};
  config.grants = {{"evil=example.com", "--grant"}};
  auto policy = PipPolicy(config);
  const std::vector<std::string> names = {"example.com"};
  EXPECT_TRUE(policy->allowed_hosts().empty());
  EXPECT_FALSE(policy->EvaluateNetwork(Manager(), Named(kPypi, 443)).allowed());
  EXPECT_FALSE(policy->EvaluateNetwork(EvilPackage(), Named(names, 443)).allowed());
  EXPECT_FALSE(policy->EvaluateName(Manager(), {"pypi.org"}).allowed());
  EXPECT_TRUE(policy->EvaluateNetwork(Manager(), To("127.0.0.1", 1, true)).allowed());
}

TEST(NetworkRulesTest, AGrantIsForOnePackageVersionAndHost) {
  Config config;
  config.grants = {{"Evil@1.0=cdn.example:443", "--grant"}, {"other=cdn.example", "--grant"}};
  auto policy = PipPolicy(config);
  const std::vector<std::string> cdn = {"cdn.example"};
  Subject newer = EvilPackage();
  newer.version = "1.1";
  Subject unknown = EvilPackage();
  unknown.package = "";
  EXPECT_TRUE(policy->EvaluateNetwork(EvilPackage(), Named(cdn, 443)).allowed());
  EXPECT_TRUE(policy->EvaluateName(EvilPackage(), {"cdn.example"}).allowed());
  EXPECT_FALSE(policy->EvaluateNetwork(EvilPackage(), Named(cdn, 80)).allowed());
  EXPECT_FALSE(policy->EvaluateNetwork(newer, Named(cdn, 443)).allowed());
  EXPECT_FALSE(policy->EvaluateNetwork(unknown, Named(cdn, 443)).allowed());
  EXPECT_FALSE(policy->EvaluateNetwork(Manager(), Named(cdn, 443)).allowed());
  EXPECT_FALSE(policy->EvaluateNetwork(EvilPackage(), Named(kPypi, 443)).allowed());
}

TEST(NameRulesTest, OnlyAllowedNamesAreLookedUp) {
  Config config;
  config.allowed_hosts = {{"*.example.com", "--allow-host"}};
  auto policy = PipPolicy(config);
  for (const char* name : {"pypi.org", "files.pythonhosted.org", "a.example.com"}) {
    EXPECT_TRUE(policy->EvaluateName(Manager(), {name}).allowed()) << name;
    Decision denied = policy->EvaluateName(EvilPackage(), {name});
    EXPECT_FALSE(denied.allowed());
    EXPECT_TRUE(denied.is_violation);
  }
  for (const char* name : {"evilpypi.org", "example.com", "secret.pypi.org", "localhost", "", "org",
                           "7.113.0.203.in-addr.arpa", "1.0.0.127.in-addr.arpa", "x.ip6.arpa",
                           "pypi.org.attacker.example"}) {
    Decision denied = policy->EvaluateName(Manager(), {name});
    EXPECT_EQ(denied.verdict, Verdict::kDeny) << name;
    EXPECT_TRUE(denied.is_violation) << name;
  }
}

TEST(UnixSocketRulesTest, OnlyTheRunsOwnSocketsAreReached) {
  Config config;
  config.allow_read = {{"/srv/db.sock", "--allow-read"}};
  HostFacts facts = MadeUpFacts();
  facts.environment["SSH_AUTH_SOCK"] = "/home/ann/agent.sock";
  auto policy = MustBuild(facts, config, MadeUpPip());
  for (const Subject& subject : {Manager(), Command(), EvilPackage()}) {
    EXPECT_TRUE(policy->EvaluateUnixSocket(subject, {"/tmp/mine", false, true}).allowed());
    EXPECT_TRUE(policy->EvaluateUnixSocket(subject, {"mine", true, true}).allowed());
    EXPECT_TRUE(policy->EvaluateUnixSocket(subject, {"/srv/db.sock"}).allowed());
    for (const char* path : {"/run/docker.sock", "/tmp/ssh-Ab1/agent.77", "/home/ann/agent.sock",
                             "/home/ann/.ssh/control"}) {
      Decision hidden = policy->EvaluateUnixSocket(subject, {path});
      EXPECT_EQ(hidden.verdict, Verdict::kHide) << path;
      EXPECT_EQ(hidden.error, ECONNREFUSED);
      EXPECT_TRUE(hidden.is_violation);
    }
    for (const char* path :
         {"/tmp/tmux-1000/default", "/run/dbus/system_bus_socket", "/srv/x", ""}) {
      Decision denied = policy->EvaluateUnixSocket(subject, {path});
      EXPECT_EQ(denied.error, ECONNREFUSED) << path;
      EXPECT_TRUE(denied.is_violation) << path;
    }
    Decision shim = policy->EvaluateUnixSocket(subject, {"/containerd-shim/x", true});
    EXPECT_EQ(shim.verdict, Verdict::kHide);
    EXPECT_FALSE(policy->EvaluateUnixSocket(subject, {"/tmp/.X11-unix/X0", true}).allowed());
  }
}

TEST(UnixSocketRulesTest, NameServicesAreRefusedWithoutAlarm) {
  auto policy = PipPolicy();
  for (const char* path :
       {"/run/nscd/socket", "/var/run/nscd/socket", "/dev/log",
        "/run/systemd/resolve/io.systemd.Resolve", "/run/systemd/userdb/io.systemd.Multiplexer"}) {
    for (const Subject& subject : {Manager(), EvilPackage()}) {
      Decision decision = policy->EvaluateUnixSocket(subject, {path});
      EXPECT_FALSE(decision.allowed()) << path;
      EXPECT_FALSE(decision.is_violation) << path;
    }
  }
}

TEST(NetworkRulesTest, DatagramsGoToAddressesThatAreAllowedAsSuch) {
  Config config;
  config.allowed_hosts = {{"192.0.2.5:123", "--allow-host"}};
  auto policy = PipPolicy(config);
  NetworkRequest named = Named(kPypi, 443);
  named.is_stream = false;
  EXPECT_TRUE(policy->EvaluateNetwork(Manager(), named).allowed());
  EXPECT_FALSE(policy->CarriesDatagrams(Manager(), named));
  named.operation = NetworkOperation::kSend;
  const Decision refused = policy->EvaluateNetwork(Manager(), named);
  EXPECT_EQ(refused.rule->id, "network.datagram");
  EXPECT_TRUE(refused.is_violation);
  NetworkRequest literal = To("192.0.2.5", 123);
  literal.is_stream = false;
  literal.operation = NetworkOperation::kSend;
  EXPECT_TRUE(policy->EvaluateNetwork(Manager(), literal).allowed());
  EXPECT_TRUE(policy->CarriesDatagrams(Manager(), literal));
}

}  // namespace
}  // namespace safe_trace
