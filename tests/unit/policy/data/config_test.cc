#include "policy/config.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

namespace safe_trace {
namespace {

using ::testing::ElementsAre;
using ::testing::Field;
using ::testing::HasSubstr;
using ::testing::StartsWith;

std::string ErrorOf(std::string_view text, ConfigFormat format = ConfigFormat::kToml) {
  const absl::StatusOr<Config> config = ParseConfig(text, format, "/etc/c");
  if (config.ok()) return "no error";
  EXPECT_EQ(config.status().code(), absl::StatusCode::kInvalidArgument);
  return std::string(config.status().message());
}

constexpr std::string_view kFull = R"(
[sandbox]
enabled = true
memory_limit = "2g"
cpu_limit = 1.5
timeout = 600
pids = 100
[vault]
extra_paths = ["~/secrets",
               "/srv/keys"]
extra_env_vars = ["MY_*"]
[network]
allowed_hosts = ["pypi.example:8443", "[::1]:80", "*.example.com"]
grants = ["@scope/pkg@1.0=cdn.example", "grpcio=1.2.3.4:443"]
offline = false
[run]
exe = "/usr/bin/python3"
user = "nobody"
root_dir = "/srv/root"
keep_env = ["PGPASSWORD"]
[guard]
keep_env = ["DATABASE_URL"]
[policy]
on_violation = "kill"
fail_on_violation = false
decoys = true
allow_read = ["~/data"]
allow_write = ["/srv/out"]
)";

TEST(ParseConfigTest, ReadsEveryKeyOfToml) {
  const absl::StatusOr<Config> parsed = ParseConfig(kFull, ConfigFormat::kToml, "/etc/c.toml");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  const Config& c = *parsed;
  EXPECT_EQ(c.enabled, true);
  EXPECT_EQ(c.memory_limit_bytes, uint64_t{2} << 30);
  EXPECT_EQ(c.cpu_limit, 1.5);
  EXPECT_EQ(c.timeout_seconds, 600u);
  EXPECT_EQ(c.pids, 100u);
  EXPECT_THAT(c.extra_paths, ElementsAre(Entry{"~/secrets", "/etc/c.toml:9"},
                                         Entry{"/srv/keys", "/etc/c.toml:10"}));
  EXPECT_THAT(c.extra_env_vars, ElementsAre(Field(&Entry::value, "MY_*")));
  EXPECT_EQ(c.allowed_hosts.size(), 3u);
  EXPECT_EQ(c.grants.size(), 2u);
  EXPECT_EQ(c.offline, false);
  EXPECT_EQ(c.exe, "/usr/bin/python3");
  EXPECT_EQ(c.user, "nobody");
  EXPECT_EQ(c.root_dir, "/srv/root");
  EXPECT_THAT(c.keep_env, ElementsAre(Field(&Entry::value, "PGPASSWORD")));
  EXPECT_THAT(c.guard_keep_env, ElementsAre(Field(&Entry::value, "DATABASE_URL")));
  EXPECT_EQ(c.on_violation, ViolationAction::kKill);
  EXPECT_EQ(c.fail_on_violation, false);
  EXPECT_EQ(c.decoys, true);
  EXPECT_THAT(c.allow_read, ElementsAre(Field(&Entry::value, "~/data")));
  EXPECT_THAT(c.allow_write, ElementsAre(Field(&Entry::value, "/srv/out")));
}

TEST(ParseConfigTest, ReadsJsonWithLines) {
  const absl::StatusOr<Config> parsed = ParseConfig(
      "{\n \"vault\": {\"extra_paths\": [\n\"/a\",\n\"/b\"]},\n"
      " \"sandbox\": {\"memory_limit\": 1048576, \"cpu_limit\": 2,\n\"pids\": 7\n}}",
      ConfigFormat::kJson, "c.json");
  ASSERT_TRUE(parsed.ok()) << parsed.status();
  EXPECT_THAT(parsed->extra_paths, ElementsAre(Entry{"/a", "c.json:3"}, Entry{"/b", "c.json:4"}));
  EXPECT_EQ(parsed->memory_limit_bytes, 1048576u);
  EXPECT_EQ(parsed->cpu_limit, 2.0);
  EXPECT_EQ(parsed->pids, 7u);
}

TEST(ParseConfigTest, EmptyFileIsAnEmptyConfig) {
  EXPECT_TRUE(ParseConfig("", ConfigFormat::kToml, "c").ok());
  EXPECT_TRUE(ParseConfig("{}", ConfigFormat::kJson, "c").ok());
}

TEST(ParseConfigTest, UnknownKeyNamesLineAndNearest) {
  EXPECT_EQ(ErrorOf("[vault]\n\nextra_path = []\n"),
            "/etc/c:3: unknown key 'extra_path' in [vault]; did you mean 'extra_paths'?");
  EXPECT_EQ(ErrorOf("[valt]\n"), "/etc/c:1: unknown key 'valt'; did you mean 'vault'?");
  EXPECT_EQ(ErrorOf("{\"network\":\n {\"allow_hosts\": []}}", ConfigFormat::kJson),
            "/etc/c:2: unknown key 'allow_hosts' in [network]; did you mean 'allowed_hosts'?");
}

TEST(ParseConfigTest, AKeyThatIsNearNothingGetsNoBogusSuggestion) {
  EXPECT_EQ(ErrorOf("[network]\nproxy = \"x\"\n"),
            "/etc/c:2: unknown key 'proxy' in [network]; the keys there are: allowed_hosts, "
            "grants, offline, direct_hosts, outward_limit");
  for (const char* far : {"env", "x", "colour", "log", "telemetry"}) {
    EXPECT_THAT(ErrorOf(std::string("[run]\n") + far + " = 1\n"),
                ::testing::EndsWith("; the keys there are: exe, user, root_dir, keep_env"))
        << far;
  }
  EXPECT_THAT(ErrorOf("[run]\nkep-env = []\n"), HasSubstr("did you mean 'keep_env'?"));
  EXPECT_THAT(ErrorOf("[sandbox]\npid = 3\n"), HasSubstr("did you mean 'pids'?"));
  EXPECT_THAT(ErrorOf("[sandbox]\n" + std::string(100000, 'p') + " = 3\n"),
              HasSubstr("the keys there are"));
}

TEST(ParseConfigTest, WrongTypesNameTheLine) {
  EXPECT_EQ(ErrorOf("[sandbox]\nenabled = \"yes\"\n"),
            "/etc/c:2: 'enabled' in [sandbox] must be true or false, not a string");
  EXPECT_EQ(ErrorOf("[vault]\nextra_paths = \"x\"\n"),
            "/etc/c:2: 'extra_paths' in [vault] must be a list of strings, not a string");
  EXPECT_THAT(ErrorOf("[vault]\nextra_paths = [\"a\",\n 3]\n"),
              StartsWith("/etc/c:3: every value"));
  EXPECT_THAT(ErrorOf("vault = 3\n"), StartsWith("/etc/c:1: 'vault' must be a table"));
  EXPECT_THAT(ErrorOf("[sandbox]\ntimeout = 1.5\n"), HasSubstr("must be an integer"));
  EXPECT_THAT(ErrorOf("{\"sandbox\":{\n\"pids\":\"7\"}}", ConfigFormat::kJson),
              StartsWith("/etc/c:2: 'pids'"));
  EXPECT_THAT(ErrorOf("[]", ConfigFormat::kJson), HasSubstr("expected a table, found a list"));
}

TEST(ParseConfigTest, ValuesOutOfRangeAreErrors) {
  for (const char* bad :
       {"pids = 0", "pids = -1", "timeout = 0", "cpu_limit = 0", "cpu_limit = nan",
        "cpu_limit = inf", "cpu_limit = -1", "memory_limit = \"lots\"", "memory_limit = 0",
        "memory_limit = -5", "memory_limit = []", "memory_limit = \"9999999t\""}) {
    EXPECT_THAT(ErrorOf(std::string("[sandbox]\n") + bad), StartsWith("/etc/c:2: ")) << bad;
  }
  for (const char* bad : {"maybe", "log"}) {
    EXPECT_EQ(ErrorOf(std::string("[policy]\non_violation = \"") + bad + "\""),
              "/etc/c:2: 'on_violation' in [policy] must be \"deny\" or \"kill\"");
  }
  EXPECT_THAT(ErrorOf("[run]\nkeep_env = [\"A=b\"]"), HasSubstr("not its value"));
  EXPECT_THAT(ErrorOf("[run]\nkeep_env = [\"*\"]"), HasSubstr("every variable"));
  EXPECT_THAT(ErrorOf("[network]\nallowed_hosts = [\"https://x/\"]"),
              HasSubstr("without a scheme"));
  EXPECT_THAT(ErrorOf("[network]\ngrants = [\"x\"]"), HasSubstr("NAME[@VERSION]=HOST"));
  EXPECT_THAT(ErrorOf("[run]\nexe = \"\""), HasSubstr("empty"));
}

TEST(ParseConfigTest, SyntaxErrorsNameTheLine) {
  EXPECT_THAT(ErrorOf("[vault]\nx = \n"), StartsWith("/etc/c:2: not valid TOML"));
  EXPECT_THAT(ErrorOf("[vault]\nextra_paths = []\nextra_paths = []\n"),
              StartsWith("/etc/c:3: not valid TOML"));
  EXPECT_THAT(ErrorOf("{\n\"a\": 1,\n}", ConfigFormat::kJson),
              StartsWith("/etc/c:3: not valid JSON"));
  EXPECT_THAT(ErrorOf("{\"run\":{},\n\"run\":{}}", ConfigFormat::kJson),
              StartsWith("/etc/c:2: key 'run' twice"));
  EXPECT_THAT(ErrorOf("", ConfigFormat::kJson), StartsWith("/etc/c:1: not valid JSON"));
  EXPECT_THAT(ErrorOf("{} x", ConfigFormat::kJson), HasSubstr("not valid JSON"));
}

TEST(ParseConfigTest, HostileBytesAreErrors) {
  EXPECT_EQ(ErrorOf("a = \"\xff\""), "/etc/c:1: the file is not UTF-8 text");
  EXPECT_EQ(ErrorOf("\n\xed\xa0\x80"), "/etc/c:2: the file is not UTF-8 text");
  EXPECT_EQ(ErrorOf(std::string("\n\n\0", 3)), "/etc/c:3: the file holds a NUL byte");
  EXPECT_EQ(ErrorOf(std::string((1 << 20) + 1, '\n')), "/etc/c:1: the file is larger than 1 MiB");
  EXPECT_THAT(ErrorOf("{\"vault\":{\"extra_paths\":[\"/a\\u0000b\"]}}", ConfigFormat::kJson),
              HasSubstr("NUL character"));
  EXPECT_THAT(ErrorOf("{\"run\":{\"exe\":\"/a\\u0000b\"}}", ConfigFormat::kJson),
              HasSubstr("NUL character"));
}

TEST(ParseConfigTest, DepthBombsAreErrors) {
  const std::string deep(200000, '[');
  EXPECT_NE(ErrorOf("a = " + deep), "no error");
  EXPECT_THAT(ErrorOf("{\"a\":" + deep, ConfigFormat::kJson), HasSubstr("nested too deeply"));
  std::string dotted = "a";
  for (int i = 0; i < 200000; ++i) dotted += ".a";
  EXPECT_THAT(ErrorOf(dotted + " = 1"), HasSubstr("too many parts"));
  EXPECT_THAT(ErrorOf("[" + dotted + "]"), HasSubstr("too many parts"));
  EXPECT_THAT(ErrorOf("x = {" + dotted + " = 1}"), HasSubstr("too many parts"));
  std::string inline_tables;
  for (int i = 0; i < 30; ++i) inline_tables += "{a=";
  EXPECT_NE(ErrorOf("a = " + inline_tables + "1" + std::string(30, '}')), "no error");
}

TEST(ParseConfigTest, DotsInStringsAndCommentsAreNoKeys) {
  std::string dots(300, '.');
  EXPECT_THAT(ErrorOf("# " + dots + "\n[run]\nexe = \"" + dots + "\" # " + dots + "\n"),
              "no error");
  EXPECT_THAT(ErrorOf("[run]\nexe = '''\n" + dots + "'''\nuser = \"\"\"\\\"" + dots + "\"\"\"\n"),
              "no error");
}

TEST(ParseConfigTest, ErrorsNeverPrintControlBytes) {
  const std::string error = ErrorOf("{\"a\\u001b[31m\":1}", ConfigFormat::kJson);
  EXPECT_EQ(error.find('\x1b'), std::string::npos) << error;
}

TEST(HostPortProblemTest, AcceptsHostsOnly) {
  for (const char* good : {"pypi.org", "pypi.org:443", "*.example.com", "127.0.0.1:8080", "[::1]",
                           "[2001:db8::1]:443", "localhost", "a_b.example", "pypi.org."}) {
    EXPECT_EQ(HostPortProblem(good), "") << good;
  }
  for (const char* bad : {"", ":443", "pypi.org:", "pypi.org:0", "pypi.org:65536", "pypi.org:x",
                          "https://pypi.org", "pypi.org/simple", "a..b", "*", "*.*.com", "a b",
                          "::1", "[::1", "[]", "[x]", "a@b", "pypi.org:+5", "-\n"}) {
    EXPECT_NE(HostPortProblem(bad), "") << bad;
  }
  EXPECT_NE(HostPortProblem(std::string(300, 'a')), "");
}

TEST(GrantProblemTest, NeedsPackageAndHost) {
  for (const char* good :
       {"a=b.example", "a@1.0=b.example:443", "@s/p@1=b.example", "@s/p=b.example"}) {
    EXPECT_EQ(GrantProblem(good), "") << good;
  }
  for (const char* bad : {"", "a", "=b", "a=", "a@=b", "@=b", "a b=c", "a=b=c"}) {
    EXPECT_NE(GrantProblem(bad), "") << bad;
  }
}

TEST(ParseByteSizeTest, UnitsArePowersOf1024) {
  EXPECT_EQ(*ParseByteSize("1048576"), 1048576u);
  EXPECT_EQ(*ParseByteSize("1k"), 1024u);
  EXPECT_EQ(*ParseByteSize("512MiB"), uint64_t{512} << 20);
  EXPECT_EQ(*ParseByteSize("2G"), uint64_t{2} << 30);
  EXPECT_EQ(*ParseByteSize("1.5gb"), uint64_t{3} << 29);
  EXPECT_EQ(*ParseByteSize("100b"), 100u);
  EXPECT_EQ(*ParseByteSize("1t"), uint64_t{1} << 40);
  for (const char* bad : {"", "g", "-1", "1x", "1gg", "1 g", ".5g", "5.", "1.2.3", "0", "0x10",
                          "1e9", "99999999999999999999", "999999999t", "nan", "inf", "1gi"}) {
    EXPECT_FALSE(ParseByteSize(bad).ok()) << bad;
  }
}

TEST(ParseConfigTest, TheNetworksLimitIsASize) {
  absl::StatusOr<Config> config = ParseConfig(
      "[network]\noutward_limit = \"2m\"\ndirect_hosts = [\"proxy.example:1080\"]\n",
      ConfigFormat::kToml, "/etc/c");
  ASSERT_TRUE(config.ok());
  EXPECT_EQ(config->outward_limit_bytes, 2u << 20);
  ASSERT_EQ(config->direct_hosts.size(), 1u);
  EXPECT_THAT(ErrorOf("[network]\noutward_limit = [1]\n"), HasSubstr("outward_limit"));
  EXPECT_THAT(ErrorOf("[network]\ndirect_hosts = [\"a b\"]\n"), HasSubstr("a b"));
}

}  // namespace
}  // namespace safe_trace
