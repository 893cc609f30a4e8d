// What the tests of the trace share: a fresh directory, sample events, a whole trace.
#ifndef SAFE_TRACE_TESTS_UNIT_EVENTS_EVENTS_TESTING_H_
#define SAFE_TRACE_TESTS_UNIT_EVENTS_EVENTS_TESTING_H_

#include <gtest/gtest.h>
#include <stdlib.h>

#include <filesystem>
#include <fstream>
#include <iterator>
#include <string>
#include <vector>

#include "tracer/events/trace_log_writer.h"
#include "tracer/events/trace_verifier.h"

namespace safe_trace {

inline constexpr char kRunId[] = "20261122T101500Z-0badcafe";

class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    std::string pattern = ::testing::TempDir() + "safe-trace-test-XXXXXX";
    EXPECT_NE(mkdtemp(pattern.data()), nullptr);
    path_ = pattern;
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  TemporaryDirectory(const TemporaryDirectory&) = delete;
  TemporaryDirectory& operator=(const TemporaryDirectory&) = delete;
  std::string operator/(const std::string& name) const { return path_ + "/" + name; }
  const std::string& path() const { return path_; }

 private:
  std::string path_;
};

inline int64_t FixedClock() { return 1'795'342'500'000'000'007; }  // 2026-11-22T10:15:00Z

inline TraceHeader SampleHeader() {
  TraceHeader header;
  header.command = {"pip", "install", "requests"};
  header.working_directory = "/home/user/project";
  header.kernel_features = {"landlock=7", "seccomp-notify"};
  header.enforcement = {"landlock: on", "supervisor: on"};
  header.policy_digest = "sha256:00";
  return header;
}

inline TraceLogOptions SampleOptions(const std::string& path) {
  TraceLogOptions options;
  options.path = path;
  options.run_id = kRunId;
  options.header = SampleHeader();
  return options;
}

inline TraceEvent FileEvent(const std::string& path, bool is_violation = false) {
  TraceEvent event;
  event.action = "file-open";
  event.category = "file";
  event.outcome = is_violation ? "failure" : "success";
  event.is_violation = is_violation;
  event.Set("process.entity_id", std::string("100-1"))
      .Set("process.pid", int64_t{100})
      .Set("safe_trace.role", std::string("package"))
      .Set("package.name", std::string("evil"))
      .Set("package.version", std::string("1.0"))
      .Set("safe_trace.decision", std::string(is_violation ? "hide" : "allow"))
      .Set("rule.id", std::string("credential.ssh"))
      .Set("file.path", path);
  return event;
}

inline RunSummary SampleSummary() {
  RunSummary summary;
  summary.run_id = kRunId;
  summary.exit_status = 120;
  summary.seconds = 1.5;
  summary.processes = 3;
  summary.violations = 1;
  summary.packages = {{"pip", "evil", "1.0", 2, 1}};
  summary.hosts = {{"files.example.org", 443, 2}};
  summary.removed_variables = {"AWS_SECRET_ACCESS_KEY"};
  return summary;
}

inline std::string ReadFile(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return std::string(std::istreambuf_iterator<char>(file), {});
}

inline void WriteFile(const std::string& path, const std::string& content) {
  std::ofstream(path, std::ios::binary) << content;
}

inline std::vector<std::string> Lines(const std::string& content) {
  std::vector<std::string> lines;
  size_t start = 0;
  for (size_t end = content.find('\n'); end != std::string::npos; end = content.find('\n', start)) {
    lines.push_back(content.substr(start, end - start));
    start = end + 1;
  }
  if (start < content.size()) lines.push_back(content.substr(start));
  return lines;
}

inline std::string Joined(const std::vector<std::string>& lines) {
  std::string content;
  for (const std::string& line : lines) content += line + "\n";
  return content;
}

inline TraceCheck Check(const std::string& path) {
  absl::StatusOr<TraceLogReader> reader = TraceLogReader::Open(path);
  EXPECT_TRUE(reader.ok()) << reader.status();
  absl::StatusOr<TraceCheck> check = VerifyTrace(*reader);
  EXPECT_TRUE(check.ok()) << check.status();
  return *check;
}

// A finished trace of header, `events` file events and summary; its lines.
inline std::vector<std::string> WriteSampleTrace(const std::string& path, int events) {
  auto writer = TraceLogWriter::Open(SampleOptions(path));
  EXPECT_TRUE(writer.ok()) << writer.status();
  for (int i = 0; i < events; ++i) (*writer)->Record(FileEvent("/tmp/" + std::to_string(i)));
  EXPECT_TRUE((*writer)->Close(SampleSummary()).ok());
  return Lines(ReadFile(path));
}

}  // namespace safe_trace

#endif  // SAFE_TRACE_TESTS_UNIT_EVENTS_EVENTS_TESTING_H_
