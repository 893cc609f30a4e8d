#include "launcher/resource_limits.h"

#include <gtest/gtest.h>
#include <sys/mman.h>
#include <sys/resource.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <cmath>
#include <functional>
#include <limits>

namespace safe_trace {
namespace {

int InChild(const std::function<int()>& act) {
  pid_t child = fork();
  if (child == 0) {
    alarm(20);
    _exit(act());
  }
  int status = 0;
  while (waitpid(child, &status, 0) < 0 && errno == EINTR) {
  }
  return WIFEXITED(status) ? WEXITSTATUS(status) : 255;
}

rlimit Current(__rlimit_resource_t resource) {
  rlimit limit{};
  getrlimit(resource, &limit);
  return limit;
}

TEST(ApplyResourceLimits, CoreFilesAreAlwaysOff) {
  EXPECT_EQ(InChild([] {
              if (int error = ApplyResourceLimits({})) return error;
              rlimit core = Current(RLIMIT_CORE);
              return core.rlim_cur == 0 && core.rlim_max == 0 ? 0 : 1;
            }),
            0);
}

TEST(ApplyResourceLimits, NothingElseChangesUnlessAskedFor) {
  EXPECT_EQ(InChild([] {
              rlimit data = Current(RLIMIT_DATA), tasks = Current(RLIMIT_NPROC);
              rlimit files = Current(RLIMIT_NOFILE), size = Current(RLIMIT_FSIZE);
              if (int error = ApplyResourceLimits({})) return error;
              return Current(RLIMIT_DATA).rlim_cur == data.rlim_cur &&
                             Current(RLIMIT_NPROC).rlim_cur == tasks.rlim_cur &&
                             Current(RLIMIT_NOFILE).rlim_cur == files.rlim_cur &&
                             Current(RLIMIT_FSIZE).rlim_cur == size.rlim_cur
                         ? 0
                         : 1;
            }),
            0);
}

TEST(ApplyResourceLimits, MemoryBeyondTheLimitIsRefused) {
  auto map = [] {
    void* memory =
        mmap(nullptr, 256UL << 20, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
    return memory == MAP_FAILED ? errno : 0;
  };
  EXPECT_EQ(InChild(map), 0);
  EXPECT_EQ(InChild([&] {
              ResourceLimits limits;
              limits.data_bytes = 64UL << 20;
              if (ApplyResourceLimits(limits) != 0) return 200;
              return map();
            }),
            ENOMEM);
}

TEST(ApplyResourceLimits, NeverRaisesALimit) {
  EXPECT_EQ(InChild([] {
              rlimit low{32UL << 20, 48UL << 20};
              if (setrlimit(RLIMIT_DATA, &low) != 0) return 200;
              ResourceLimits limits;
              limits.data_bytes = 1UL << 40;
              if (int error = ApplyResourceLimits(limits)) return error;
              rlimit now = Current(RLIMIT_DATA);
              return now.rlim_cur == low.rlim_cur && now.rlim_max == low.rlim_max ? 0 : 1;
            }),
            0);
}

TEST(ApplyResourceLimits, ChildCannotRaiseThemAgainAsOrdinaryUser) {
  if (geteuid() == 0) GTEST_SKIP() << "root may raise limits";
  EXPECT_EQ(InChild([] {
              ResourceLimits limits;
              limits.data_bytes = 64UL << 20;
              if (int error = ApplyResourceLimits(limits)) return error;
              rlimit more{128UL << 20, 128UL << 20};
              return setrlimit(RLIMIT_DATA, &more) == 0 ? 1 : 0;
            }),
            0);
}

TEST(LimitsFromConfig, ProcessesComeOnTopOfThoseThatAreThere) {
  Config config;
  config.pids = 50;
  config.memory_limit_bytes = 1 << 30;
  ResourceLimits limits = LimitsFromConfig(config, 300);
  EXPECT_EQ(limits.tasks_of_user, 350U);
  EXPECT_EQ(limits.data_bytes, 1U << 30);
  EXPECT_EQ(LimitsFromConfig(config, std::numeric_limits<uint64_t>::max() - 1).tasks_of_user,
            std::numeric_limits<uint64_t>::max());
  EXPECT_FALSE(LimitsFromConfig(Config(), 300).tasks_of_user.has_value());
}

TEST(CountTasksOfUser, CountsAtLeastThisProcess) { EXPECT_GE(CountTasksOfUser(getuid()), 1U); }

TEST(CountTasksOfUser, CountsNothingForAUserWithoutProcesses) {
  EXPECT_EQ(CountTasksOfUser(4000000011U), 0U);
}

TEST(ValidateLimits, NothingAskedIsFine) { EXPECT_TRUE(ValidateLimits(Config()).ok()); }

TEST(ValidateLimits, ImpossibleValuesAreNamed) {
  Config memory, none, many, cpu, nan, timeout;
  memory.memory_limit_bytes = 1024;
  none.pids = 0;
  many.pids = 5000000;
  cpu.cpu_limit = 0;
  nan.cpu_limit = std::nan("");
  timeout.timeout_seconds = 0;
  for (const Config* config : {&memory, &none, &many, &cpu, &nan, &timeout}) {
    EXPECT_EQ(ValidateLimits(*config).code(), absl::StatusCode::kInvalidArgument);
  }
  EXPECT_NE(std::string(ValidateLimits(memory).message()).find("1024"), std::string::npos);
}

}  // namespace
}  // namespace safe_trace
