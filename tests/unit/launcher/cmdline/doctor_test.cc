#include "launcher/doctor.h"

#include <dirent.h>
#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <unistd.h>

#include <chrono>
#include <fstream>
#include <nlohmann/json.hpp>
#include <sstream>

#include "launcher/probe_child.h"

namespace safe_trace {
namespace {

using ::testing::HasSubstr;
using ::testing::Not;

KernelFeatures Everything() {
  KernelFeatures features;
  features.release = "6.18.0";
  features.machine = "x86_64";
  features.landlock_abi = 7;
  features.seccomp_filter = features.user_notification = features.new_listener = true;
  features.wait_killable = features.addfd = features.addfd_send = features.sync_wake_up = true;
  features.ptrace_seize = features.process_vm_readv = true;
  features.pidfd_open = features.pidfd_getfd = true;
  features.close_range = features.openat2 = features.user_namespaces = features.cgroup_v2 = true;
  return features;
}

TEST(DoctorTest, EverythingPresentIsFullStrength) {
  EXPECT_TRUE(IsFullStrength(DescribeMechanisms(Everything())));
  const std::string text = DoctorText(Everything(), false);
  EXPECT_THAT(text, HasSubstr("full strength"));
  EXPECT_THAT(text, Not(HasSubstr("MISSING")));
  EXPECT_THAT(text, Not(HasSubstr("\x1b")));
}

struct MissingCase {
  const char* name;
  bool KernelFeatures::*feature;
  bool weakens;
};
class OneMissing : public ::testing::TestWithParam<MissingCase> {};

TEST_P(OneMissing, WeakensExactlyWhereSupervisionNeedsIt) {
  KernelFeatures features = Everything();
  features.*GetParam().feature = false;
  EXPECT_EQ(IsFullStrength(DescribeMechanisms(features)), !GetParam().weakens);
}

INSTANTIATE_TEST_SUITE_P(
    Table, OneMissing,
    ::testing::Values(MissingCase{"filter", &KernelFeatures::seccomp_filter, true},
                      MissingCase{"notification", &KernelFeatures::user_notification, true},
                      MissingCase{"listener", &KernelFeatures::new_listener, true},
                      MissingCase{"killable", &KernelFeatures::wait_killable, true},
                      MissingCase{"addfd", &KernelFeatures::addfd, true},
                      MissingCase{"send", &KernelFeatures::addfd_send, true},
                      MissingCase{"seize", &KernelFeatures::ptrace_seize, true},
                      MissingCase{"readv", &KernelFeatures::process_vm_readv, true},
                      MissingCase{"pidfd", &KernelFeatures::pidfd_open, true},
                      MissingCase{"getfd", &KernelFeatures::pidfd_getfd, true},
                      MissingCase{"wake", &KernelFeatures::sync_wake_up, false},
                      MissingCase{"close", &KernelFeatures::close_range, true},
                      MissingCase{"openat2", &KernelFeatures::openat2, true},
                      MissingCase{"userns", &KernelFeatures::user_namespaces, false},
                      MissingCase{"cgroup", &KernelFeatures::cgroup_v2, false}),
    [](const auto& named) { return named.param.name; });

TEST(DoctorTest, OlderLandlockIsWeakerAndSaysWhatIsLost) {
  KernelFeatures features = Everything();
  features.landlock_abi = 5;
  EXPECT_FALSE(IsFullStrength(DescribeMechanisms(features)));
  EXPECT_THAT(DoctorText(features, false), HasSubstr("lost: package code can signal"));
  EXPECT_THAT(DoctorText(features, false), HasSubstr("works here, but weaker"));
}

TEST(DoctorTest, WithoutAListenerNoRunIsPossible) {
  KernelFeatures features = Everything();
  features.new_listener = false;
  EXPECT_THAT(DoctorText(features, false), HasSubstr("cannot supervise here"));
}

TEST(DoctorTest, FitsAnEightyColumnTerminal) {
  for (const KernelFeatures& features : {Everything(), KernelFeatures{}}) {
    std::istringstream lines(DoctorText(features, false));
    for (std::string line; std::getline(lines, line);) EXPECT_LE(line.size(), 80U) << line;
  }
}

TEST(DoctorTest, SurroundingsAreMentioned) {
  KernelFeatures features = Everything();
  features.seccomp_mode = 2;
  features.tracer_pid = 77;
  EXPECT_THAT(DoctorText(features, false), HasSubstr("already runs under a seccomp filter"));
  EXPECT_THAT(DoctorText(features, false), HasSubstr("traced by process 77"));
}

TEST(DoctorTest, JsonSaysTheSame) {
  KernelFeatures features = Everything();
  features.pidfd_getfd = false;
  const nlohmann::json json = nlohmann::json::parse(DoctorJson(features));
  EXPECT_EQ(json["full_strength"], false);
  EXPECT_EQ(json["landlock_abi"], 7);
  EXPECT_EQ(json["mechanisms"].size(), DescribeMechanisms(features).size());
}

int OpenDescriptors() {
  DIR* directory = opendir("/proc/self/fd");
  int count = 0;
  while (readdir(directory) != nullptr) ++count;
  closedir(directory);
  return count;
}

// The process ids of this process's children, zombies included; it may have inherited some.
std::string Children() {
  std::ifstream file("/proc/thread-self/children");
  EXPECT_TRUE(file.is_open());
  return std::string(std::istreambuf_iterator<char>(file), {});
}

TEST(ProbeKernelTest, LeavesNoChildNoDescriptorAndNoFilterBehind) {
  const int before = OpenDescriptors();
  const std::string children = Children();
  const int no_new_privs = prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0);
  const int mode = prctl(PR_GET_SECCOMP, 0, 0, 0, 0);
  ProbeKernel();
  EXPECT_EQ(OpenDescriptors(), before);
  EXPECT_EQ(prctl(PR_GET_NO_NEW_PRIVS, 0, 0, 0, 0), no_new_privs);
  EXPECT_EQ(prctl(PR_GET_SECCOMP, 0, 0, 0, 0), mode);
  EXPECT_EQ(Children(), children);
}

TEST(ProbeKernelTest, FindsTheSameTwiceInARow) {
  const KernelFeatures first = ProbeKernel();
  EXPECT_FALSE(first.release.empty());
  EXPECT_EQ(DoctorJson(first), DoctorJson(ProbeKernel()));
}

// Installs a listener of its own, as another supervisor would have, and probes beneath it.
uint32_t ProbeUnderAListener() {
  const sock_filter allow = BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW);
  const sock_fprog program = {1, const_cast<sock_filter*>(&allow)};
  prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0);
  const long fd =
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER, SECCOMP_FILTER_FLAG_NEW_LISTENER, &program);
  if (fd < 0) return 1;
  const KernelFeatures features = ProbeKernel();
  return 2U | (features.new_listener ? 4U : 0U) | (features.seccomp_mode == 2 ? 8U : 0U);
}

TEST(ProbeKernelTest, FindsNoListenerToHaveUnderAnotherSupervisor) {
  if (!ProbeKernel().new_listener) GTEST_SKIP() << "this kernel gives no listener at all";
  EXPECT_EQ(RunInChild(ProbeUnderAListener), 2U | 8U);
}

uint32_t Answer() { return 42; }
uint32_t Dies() { _exit(3); }
uint32_t Hangs() {
  while (true) pause();
}

TEST(RunInChildTest, ReturnsWhatTheChildFound) { EXPECT_EQ(RunInChild(Answer), 42U); }

TEST(RunInChildTest, ADyingChildFoundNothing) { EXPECT_EQ(RunInChild(Dies), 0U); }

TEST(RunInChildTest, AHangingChildIsEndedInBoundedTime) {
  const std::string children = Children();
  const auto start = std::chrono::steady_clock::now();
  EXPECT_EQ(RunInChild(Hangs), 0U);
  EXPECT_LT(std::chrono::steady_clock::now() - start, std::chrono::seconds(20));
  EXPECT_EQ(Children(), children);
}

TEST(RunInChildTest, WorksWhereSigchldIsIgnored) {
  const auto before = signal(SIGCHLD, SIG_IGN);
  EXPECT_EQ(RunInChild(Answer), 42U);
  signal(SIGCHLD, before);
}

}  // namespace
}  // namespace safe_trace
