#include "policy/secret_shape.h"

#include <gtest/gtest.h>

#include <chrono>
#include <string>

namespace safe_trace {
namespace {

// Made up, and put together here so that no scanner takes the source for a leak.
std::string Made(std::string_view prefix, size_t length,
                 std::string_view alphabet = "a7Bc9dEf2GhJ4kLmN6pQrS8tUvW3xYz5") {
  std::string out(prefix);
  for (size_t i = 0; i < length; ++i) out.push_back(alphabet[(i * 7 + i / 5) % alphabet.size()]);
  return out;
}
constexpr std::string_view kHex = "0a1b2c3d4e5f6789";
constexpr std::string_view kUpper = "A2B3C4D5E6F7GHJK";

TEST(SecretShapeTest, KnowsTokensOfIssuers) {
  for (const std::string& token : {Made("AKIA", 16, kUpper),   Made("ASIA", 16, kUpper),
                                   Made("ghp_", 36),           Made("gho_", 36),
                                   Made("ghs_", 36),           Made("github_pat_", 82),
                                   Made("glpat-", 20),         Made("xoxb-", 40),
                                   Made("npm_", 36),           Made("pypi-AgEIcHlwaS5vcmc", 120),
                                   Made("sk_live_", 24),       Made("sk-ant-api03-", 90),
                                   Made("sk-proj-", 60),       Made("sk-", 48),
                                   Made("AIza", 35),           Made("hf_", 34),
                                   Made("dop_v1_", 64, kHex),  Made("dckr_pat_", 27),
                                   Made("hvs.", 90),           Made("AGE-SECRET-KEY-1", 58, kUpper),
                                   Made("GOCSPX-", 28),        Made("glsa_", 40),
                                   Made("rubygems_", 48, kHex)}) {
    EXPECT_NE(SecretShape(token), nullptr) << token;
    EXPECT_NE(SecretShape("token=" + token + "\n"), nullptr) << token;
    EXPECT_NE(SecretShape("{\"a\": \"" + token + "\"}"), nullptr) << token;
  }
}

TEST(SecretShapeTest, KnowsKeysAndWebTokens) {
  EXPECT_STREQ(SecretShape("-----BEGIN OPENSSH PRIVATE KEY-----\nAAAA"), "private key");
  EXPECT_STREQ(SecretShape("x\n-----BEGIN RSA PRIVATE KEY-----\n"), "private key");
  EXPECT_STREQ(SecretShape("-----BEGIN PGP PRIVATE KEY BLOCK-----"), "private key");
  EXPECT_STREQ(SecretShape(Made("Bearer eyJhbGciOiJIUzI1NiJ9.eyJzdWIi", 20) + "." + Made("", 30)),
               "JSON web token");
}

TEST(SecretShapeTest, KnowsUrlsWithPasswords) {
  for (const char* url :
       {"https://user:hunter2@pypi.example/simple", "http://u:p%40ss@proxy:3128",
        "postgres://app:pw@db/app", "postgresql+psycopg2://app:pw@db/app", "mysql://a:b@h/d",
        "redis://:pw@cache:6379/0", "mongodb+srv://a:b@c.example/d", "amqp://a:b@mq/",
        "git+https://user:tok@git.example/r.git", "--index-url=https://__token__:pypi@h/simple"}) {
    EXPECT_STREQ(SecretShape(url), "URL with a password") << url;
  }
}

TEST(SecretShapeTest, LeavesHonestValuesAlone) {
  for (const std::string& value :
       {std::string("0123456789abcdef0123456789abcdef01234567"),
        std::string("550e8400-e29b-41d4-a716-446655440000"),
        Made("sha256:", 64, kHex),
        std::string("https://pypi.org/simple"),
        std::string("ssh://git@github.com/a/b.git"),
        std::string("git@github.com:a/b.git"),
        std::string("http://localhost:8080/a@b"),
        std::string("https://example.com/?q=a:b@c"),
        std::string("https://user@host/"),
        std::string("http://$USER:$PASS@proxy:1"),
        std::string("https://user:****@host/"),
        std::string("/usr/local/bin:/usr/bin:/bin"),
        std::string("sk-learn"),
        std::string("task-force"),
        std::string("risk-assessment-tool-for-everyone-in-the-world"),
        std::string("npm_config_cache"),
        std::string("hf_hub"),
        std::string("ghp_"),
        std::string("npm_lifecycle_event"),
        std::string("AKIAlanguage"),
        std::string("eyJ"),
        std::string("desk-top.eyJ"),
        std::string("-----BEGIN CERTIFICATE-----\nMIID\n-----END CERTIFICATE-----"),
        std::string("-----BEGIN PUBLIC KEY-----"),
        std::string("xterm-256color"),
        std::string("-O2 -g -fdebug-prefix-map=/build=."),
        std::string("en_US.UTF-8"),
        std::string(),
        std::string("rs=0:di=01;34:ln=01;36:mh=00"),
        std::string("secret_santa"),
        std::string("AIzawa"),
        std::string("unix:path=/run/user/1000/bus")}) {
    EXPECT_EQ(SecretShape(value), nullptr) << value << " -> " << SecretShape(value);
  }
}

TEST(UserInfoTest, IsFoundInEveryFormThatToolsTake) {
  for (const char* value :
       {"https://user:password@host/simple", "https://token@host/simple", "https://:pw@host",
        "http://a@b@host/", "mine=https://token@host/simple", "git+https://token@host/x.git",
        "https://one.example/ https://token@two.example/",
        "https://one.example,http://t@two|direct", "user:password@proxy:3128", "token@proxy",
        "ssh://git:password@host/x", "https://user:pass,word@host/", "sparse+https://t@host/",
        "HTTPS://T@HOST"}) {
    EXPECT_TRUE(HasUserInfo(value)) << value;
  }
  EXPECT_TRUE(HasUserInfo(std::string(70000, 'a')));
}

TEST(UserInfoTest, IsNotFoundInPlainAddressesAndPaths) {
  for (const char* value :
       {"", " ", ",", "https://host/simple", "https://host:8443/a@b/", "http://host?mail=a@b",
        "/srv/wheels@2 ./wheels@3 ~/w@4", "file:///srv/a@b", "proxy:3128", "direct", "off",
        "https://proxy.golang.org,direct", "ssh://git@host/index", "git+ssh://git@host/index",
        "https://host/@scope", "@scope", "wheels/a@b"}) {
    EXPECT_FALSE(HasUserInfo(value)) << value;
  }
}

TEST(SecretShapeTest, LooksNoFurtherThan64KiB) {
  const std::string far = std::string(70000, ' ') + Made("ghp_", 36);
  EXPECT_EQ(SecretShape(far), nullptr);
  EXPECT_NE(SecretShape(far.substr(10000)), nullptr);
}

TEST(SecretShapeTest, TakesLinearTimeOnHostileValues) {
  const auto start = std::chrono::steady_clock::now();
  for (std::string_view piece : {"eyJ", "e-", "a://", "://:@", "sk-", "-----BEGIN ", "ghp_a", "e.",
                                 "eyJaaaaaaaaaaaa.", "glpat-"}) {
    std::string value;
    while (value.size() < 65536) value += piece;
    SecretShape(value);
  }
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(5));
}

}  // namespace
}  // namespace safe_trace
