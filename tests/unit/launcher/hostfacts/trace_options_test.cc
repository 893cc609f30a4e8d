// Where a trace goes, with what it is signed, and what is closed because of it.
#include "launcher/trace_options.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <sys/stat.h>
#include <unistd.h>

#include <fstream>

#include "tests/unit/launcher/hostfacts/temporary_host.h"

namespace safe_trace {
namespace {

using ::testing::Contains;
using ::testing::Field;
using ::testing::HasSubstr;

constexpr char kRun[] = "20261122T101500Z-0badcafe";

class TraceOptionsTest : public ::testing::Test {
 protected:
  TraceOptionsTest() {
    facts_.working_directory = host_.Path("");
    facts_.environment["XDG_STATE_HOME"] = "/state";
  }
  absl::StatusOr<TracePlace> Place(const char* output = nullptr) {
    LaunchOptions options;
    if (output != nullptr) options.output_file = output;
    return PlaceOfTrace(options, facts_, config_, kRun);
  }
  std::string Key(const std::string& content, mode_t mode) {
    const std::string path = host_.Path("sign.key");
    std::ofstream(path) << content;
    EXPECT_EQ(chmod(path.c_str(), mode), 0);
    return path;
  }

  TemporaryHost host_;
  HostFacts facts_;
  Config config_;
};

TEST_F(TraceOptionsTest, TheNameSaysWhetherATraceIsCompressed) {
  EXPECT_EQ(Place()->path, std::string("/state/safe-trace/traces/") + kRun + ".jsonl");
  EXPECT_FALSE(Place()->compress);
  EXPECT_TRUE(Place("own.zst")->compress);
  EXPECT_FALSE(Place("own.jsonl")->compress);
  config_.compress = true;
  EXPECT_EQ(Place()->path, std::string("/state/safe-trace/traces/") + kRun + ".jsonl.zst");
  EXPECT_EQ(Place()->name, kRun);
  EXPECT_TRUE(Place("own.zst")->compress);
  for (const char* refused : {"own.jsonl", "-"}) {
    EXPECT_THAT(std::string(Place(refused).status().message()), HasSubstr("--no-compress"));
  }
}

TEST_F(TraceOptionsTest, StandardOutputIsNoFileToLookAtLater) {
  EXPECT_EQ(Place("-")->path, "-");
  EXPECT_EQ(Place("-")->name, "");
  GuardTraceFiles("/work", "-", config_);
  EXPECT_TRUE(config_.own_files.empty());
}

TEST_F(TraceOptionsTest, TheDirectoryOfAnOutputFileMustBeThere) {
  EXPECT_THAT(std::string(Place("no-such/own.jsonl").status().message()),
              HasSubstr("there is no directory"));
}

TEST_F(TraceOptionsTest, TraceKeyAndSocketsAreClosedAlsoWhereALinkLeads) {
  ASSERT_EQ(mkdir(host_.Path("real").c_str(), 0700), 0);
  ASSERT_EQ(symlink(host_.Path("real").c_str(), host_.Path("link").c_str()), 0);
  config_.sign_key = host_.Path("link/sign.key");
  config_.sinks = {{"unix:" + host_.Path("link/x.sock"), "--sink"}, {"otlp+http://h", "--sink"}};
  GuardTraceFiles(host_.Path(""), "link/own.jsonl", config_);
  for (const char* directory : {"link/", "real/"}) {
    EXPECT_THAT(config_.own_files, Contains(host_.Path(directory) + "own.jsonl"));
    EXPECT_THAT(config_.extra_paths,
                Contains(Field(&Entry::value, host_.Path(directory) + "sign.key")));
    EXPECT_THAT(config_.extra_paths,
                Contains(Field(&Entry::value, host_.Path(directory) + "x.sock")));
  }
}

TEST_F(TraceOptionsTest, AKeyIsLoadedOnlyWhereNobodyElseCouldHaveIt) {
  const std::string pem = SigningKey(SigningKey::Bytes{}).ToPem();
  EXPECT_EQ(*LoadSigningKey(std::nullopt, geteuid()), nullptr);
  EXPECT_NE(*LoadSigningKey(Key(pem, 0600), geteuid()), nullptr);
  const struct {
    std::string path;
    uid_t user;
    const char* why;
  } refused[] = {{Key(pem, 0640), geteuid(), "chmod 600"},
                 {host_.Path("absent"), geteuid(), "opening"},
                 {host_.Path(""), geteuid(), "not a regular file"}};
  for (const auto& row : refused) {
    const auto key = LoadSigningKey(row.path, row.user);
    ASSERT_FALSE(key.ok()) << row.path;
    EXPECT_THAT(std::string(key.status().message()), HasSubstr(row.why));
  }
  if (geteuid() != 0) {
    EXPECT_THAT(std::string(LoadSigningKey(Key(pem, 0600), 0).status().message()),
                HasSubstr("another user"));
  }
  const auto none = LoadSigningKey(Key("not a key, but a secret", 0600), geteuid());
  ASSERT_FALSE(none.ok());
  EXPECT_THAT(std::string(none.status().message()), Not(HasSubstr("a secret")));
}

}  // namespace
}  // namespace safe_trace
