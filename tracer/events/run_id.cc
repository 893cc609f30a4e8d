#include "tracer/events/run_id.h"

#include <pwd.h>
#include <sys/random.h>
#include <unistd.h>

#include <cstdio>
#include <ctime>

#include "absl/status/status.h"
#include "absl/strings/str_cat.h"
#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

std::string AbsoluteVariable(const std::map<std::string, std::string>& environment,
                             const std::string& name) {
  const auto it = environment.find(name);
  if (it == environment.end() || it->second.empty() || it->second.front() != '/') return "";
  return it->second;
}

// What login would set HOME to; "" where nobody knows.
std::string HomeOfAccount() {
  std::array<char, 16384> buffer{};
  passwd entry{};
  passwd* found = nullptr;
  const int error = getpwuid_r(getuid(), &entry, buffer.data(), buffer.size(), &found);
  if (error != 0 || found == nullptr || found->pw_dir == nullptr) return "";
  return found->pw_dir[0] == '/' ? found->pw_dir : "";
}

}  // namespace

std::string NewRunId(int64_t wall_clock_ns, const std::array<uint8_t, 4>& random) {
  const time_t seconds = static_cast<time_t>(wall_clock_ns / 1'000'000'000);
  tm utc{};
  gmtime_r(&seconds, &utc);
  std::array<char, 64> text{};
  const int length =
      std::snprintf(text.data(), text.size(), "%04d%02d%02dT%02d%02d%02dZ-%02x%02x%02x%02x",
                    utc.tm_year + 1900, utc.tm_mon + 1, utc.tm_mday, utc.tm_hour, utc.tm_min,
                    utc.tm_sec, random[0], random[1], random[2], random[3]);
  return std::string(text.data(), static_cast<size_t>(length));
}

absl::StatusOr<std::string> NewRunId() {
  std::array<uint8_t, 4> random{};
  if (getrandom(random.data(), random.size(), 0) != static_cast<ssize_t>(random.size())) {
    return LastErrnoStatus("getrandom for the run id");
  }
  timespec now{};
  clock_gettime(CLOCK_REALTIME, &now);
  return NewRunId(int64_t{now.tv_sec} * 1'000'000'000 + now.tv_nsec, random);
}

bool IsRunId(std::string_view text) {
  constexpr std::string_view kPattern = "ddddddddTddddddZ-xxxxxxxx";
  if (text.size() != kPattern.size()) return false;
  for (size_t i = 0; i < text.size(); ++i) {
    const char c = text[i];
    const bool digit = c >= '0' && c <= '9';
    switch (kPattern[i]) {
      case 'd':
        if (!digit) return false;
        break;
      case 'x':
        if (!digit && (c < 'a' || c > 'f')) return false;
        break;
      default:
        if (c != kPattern[i]) return false;
    }
  }
  return true;
}

absl::StatusOr<std::string> DefaultTraceDirectory(
    const std::map<std::string, std::string>& environment,
    const std::function<std::string()>& home_of_account) {
  std::string base = AbsoluteVariable(environment, "XDG_STATE_HOME");
  std::string_view below = "/safe-trace/traces";
  if (base.empty()) {
    below = "/.local/state/safe-trace/traces";
    base = AbsoluteVariable(environment, "HOME");
    if (base.empty()) base = home_of_account();
  }
  if (base.empty()) {
    return absl::FailedPreconditionError(
        "no place for the trace: neither XDG_STATE_HOME nor HOME holds an absolute path, and the "
        "account has no home; set one of them, or name a file with -o FILE");
  }
  while (!base.empty() && base.back() == '/') base.pop_back();
  return base.append(below);
}

absl::StatusOr<std::string> DefaultTraceDirectory(
    const std::map<std::string, std::string>& environment) {
  return DefaultTraceDirectory(environment, HomeOfAccount);
}

std::string TracePathIn(std::string_view directory, std::string_view run_id) {
  return std::string(directory).append("/").append(run_id).append(".jsonl");
}

}  // namespace safe_trace
