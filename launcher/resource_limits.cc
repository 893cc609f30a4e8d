#include "launcher/resource_limits.h"

#include <sys/resource.h>

#include <algorithm>
#include <cerrno>
#include <charconv>
#include <cmath>
#include <limits>
#include <string>

#include "absl/strings/match.h"
#include "absl/strings/numbers.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "launcher/host_paths.h"

namespace safe_trace {
namespace {

constexpr uint64_t kLeastMemory = 16ULL << 20;  // below this no interpreter starts
constexpr uint64_t kMostProcesses = 4194304;    // PID_MAX_LIMIT of 64-bit kernels
constexpr uint64_t kMostSeconds = 366ULL * 24 * 3600;
constexpr size_t kMostProcEntries = 200000;

int Lower(int resource, uint64_t wanted) {
  rlimit limit{};
  if (getrlimit(static_cast<__rlimit_resource_t>(resource), &limit) != 0) return errno;
  // RLIM_INFINITY is the largest value, so min() never raises.
  limit.rlim_max = std::min<rlim_t>(limit.rlim_max, wanted);
  limit.rlim_cur = std::min<rlim_t>(limit.rlim_cur, limit.rlim_max);
  return setrlimit(static_cast<__rlimit_resource_t>(resource), &limit) == 0 ? 0 : errno;
}

// The number after `field` in the text of /proc/PID/status; 0 where it is missing.
uint64_t StatusField(const std::string& status, absl::string_view field) {
  for (absl::string_view line : absl::StrSplit(status, '\n')) {
    if (!absl::StartsWith(line, field)) continue;
    const char* begin = line.data() + field.size();
    const char* end = line.data() + line.size();
    while (begin < end && (*begin == '\t' || *begin == ' ')) ++begin;
    uint64_t value = 0;
    std::from_chars(begin, end, value);
    return value;
  }
  return 0;
}

}  // namespace

absl::Status ValidateLimits(const Config& config) {
  if (config.memory_limit_bytes && *config.memory_limit_bytes < kLeastMemory) {
    return absl::InvalidArgumentError(absl::StrCat("memory limit of ", *config.memory_limit_bytes,
                                                   " bytes: at least 16m is needed"));
  }
  if (config.pids && (*config.pids < 1 || *config.pids > kMostProcesses)) {
    return absl::InvalidArgumentError(
        absl::StrCat("process limit of ", *config.pids, ": from 1 to ", kMostProcesses));
  }
  if (config.cpu_limit && (!std::isfinite(*config.cpu_limit) || *config.cpu_limit <= 0)) {
    return absl::InvalidArgumentError(
        absl::StrCat("processor limit of ", *config.cpu_limit, ": a number above 0"));
  }
  if (config.timeout_seconds &&
      (*config.timeout_seconds < 1 || *config.timeout_seconds > kMostSeconds)) {
    return absl::InvalidArgumentError(
        absl::StrCat("timeout of ", *config.timeout_seconds, " seconds: from 1 to ", kMostSeconds));
  }
  return absl::OkStatus();
}

ResourceLimits LimitsFromConfig(const Config& config, uint64_t existing_tasks) {
  ResourceLimits limits;
  limits.data_bytes = config.memory_limit_bytes;
  if (config.pids) {
    uint64_t room = std::numeric_limits<uint64_t>::max() - existing_tasks;
    limits.tasks_of_user = existing_tasks + std::min(*config.pids, room);
  }
  return limits;
}

uint64_t CountTasksOfUser(uint32_t user_id) {
  uint64_t tasks = 0;
  for (const std::string& name : ListDirectory("/proc", kMostProcEntries)) {
    uint32_t pid = 0;
    if (!absl::SimpleAtoi(name, &pid)) continue;
    std::string status = ReadFileHead(absl::StrCat("/proc/", name, "/status"), 4096);
    if (!status.empty() && StatusField(status, "Uid:") == user_id) {
      tasks += StatusField(status, "Threads:");
    }
  }
  return tasks;
}

int ApplyResourceLimits(const ResourceLimits& limits) {
  if (int error = Lower(RLIMIT_CORE, 0)) return error;
  if (limits.data_bytes) {
    if (int error = Lower(RLIMIT_DATA, *limits.data_bytes)) return error;
  }
  if (limits.tasks_of_user) {
    if (int error = Lower(RLIMIT_NPROC, *limits.tasks_of_user)) return error;
  }
  return 0;
}

}  // namespace safe_trace
