// A child that shares the test's descriptors, so that a seccomp listener which it makes is the
// test's as well, and a loop that answers for it.
#ifndef SAFE_TRACE_TESTS_UNIT_TRACER_FILTERED_CHILD_H_
#define SAFE_TRACE_TESTS_UNIT_TRACER_FILTERED_CHILD_H_

#include <gtest/gtest.h>
#include <poll.h>
#include <sched.h>
#include <signal.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include <atomic>
#include <cerrno>
#include <functional>
#include <memory>

#include "tracer/filter/seccomp_filter.h"
#include "tracer/filter/seccomp_listener.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

inline constexpr int kFilteredChildMilliseconds = 20'000;

class FilteredChild {
 public:
  // `act` runs in the child under the filter; what it returns is the child's exit status.
  FilteredChild(const SeccompProgram& program, const std::function<int()>& act) {
    void* page =
        mmap(nullptr, sizeof(Shared), PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
    shared_ = new (page) Shared;
    pid_ = static_cast<pid_t>(syscall(SYS_clone, CLONE_FILES | SIGCHLD, 0, 0, 0, 0));
    if (pid_ == 0) {
      alarm(kFilteredChildMilliseconds / 1000);
      int listener =
          prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0 ? -errno : InstallSeccompFilter(program);
      shared_->listener = listener;
      _exit(listener < 0 ? 125 : act());
    }
    while (pid_ > 0 && shared_->listener == kNone) {
      if (waitpid(pid_, nullptr, WNOHANG) != 0) {
        pid_ = -1;
        break;
      }
      usleep(200);
    }
    const int made = shared_->listener;
    EXPECT_GE(made, 0) << "no filter: errno " << -made;
    if (made < 0) return;
    auto created = KernelListener::Create(UniqueFd(made));
    EXPECT_TRUE(created.ok()) << created.status();
    if (created.ok()) listener_ = *std::move(created);
  }
  ~FilteredChild() {
    if (pid_ > 0) {
      kill(pid_, SIGKILL);
      waitpid(pid_, nullptr, 0);
    }
    munmap(shared_, sizeof(Shared));
  }
  FilteredChild(const FilteredChild&) = delete;
  FilteredChild& operator=(const FilteredChild&) = delete;

  bool ok() const { return listener_ != nullptr; }
  pid_t pid() const { return pid_; }
  KernelListener& listener() { return *listener_; }

  // True when a notification waits; false when the child ended first.
  bool Wait() {
    pollfd ready{listener_->fd(), POLLIN, 0};
    return poll(&ready, 1, kFilteredChildMilliseconds) == 1 && (ready.revents & POLLIN) != 0;
  }
  // Answers every notification by `answer` until the child ends; its exit status, or -1.
  int Run(const std::function<void(const SyscallInvocation&)>& answer) {
    while (ok() && Wait()) {
      absl::StatusOr<SyscallInvocation> call = listener_->Receive();
      if (call.ok()) answer(*call);
    }
    return Status();
  }
  int Status() {
    int status = 0;
    if (pid_ <= 0 || waitpid(pid_, &status, 0) != pid_) return -1;
    pid_ = -1;
    return WIFEXITED(status) ? WEXITSTATUS(status) : -1;
  }

 private:
  static constexpr int kNone = -1'000'000;
  struct Shared {
    std::atomic<int> listener{kNone};
  };
  Shared* shared_ = nullptr;
  pid_t pid_ = -1;
  std::unique_ptr<KernelListener> listener_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TESTS_UNIT_TRACER_FILTERED_CHILD_H_
