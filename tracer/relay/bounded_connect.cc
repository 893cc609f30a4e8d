#include "tracer/relay/bounded_connect.h"

#include <signal.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include <cerrno>

namespace safe_trace {
namespace {

constexpr int kInterruptSignal = SIGURG;

void InstallHandlerOnce() {
  static const bool kInstalled = [] {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    return sigaction(kInterruptSignal, &action, nullptr) == 0;
  }();
  (void)kInstalled;
}

timespec ToTimespec(std::chrono::milliseconds time) {
  return {static_cast<time_t>(time.count() / 1000),
          static_cast<long>(time.count() % 1000) * 1000000};
}

// Signals the thread that made it while it is armed. Timers are not inherited by anyone.
class ThreadAlarm {
 public:
  ThreadAlarm() {
    sigset_t ours;
    sigemptyset(&ours);
    sigaddset(&ours, kInterruptSignal);
    pthread_sigmask(SIG_UNBLOCK, &ours, nullptr);
    sigevent event{};
    event.sigev_notify = SIGEV_THREAD_ID;
    event.sigev_signo = kInterruptSignal;
    // glibc gives this field no name of its own.
    event._sigev_un._tid = static_cast<pid_t>(syscall(SYS_gettid));
    valid_ = timer_create(CLOCK_MONOTONIC, &event, &timer_) == 0;
  }
  ~ThreadAlarm() {
    if (valid_) timer_delete(timer_);
  }
  ThreadAlarm(const ThreadAlarm&) = delete;
  ThreadAlarm& operator=(const ThreadAlarm&) = delete;

  // Repeats: the first one may come before the call was entered.
  bool Arm(std::chrono::milliseconds limit) {
    const itimerspec when{ToTimespec(limit), ToTimespec(limit)};
    return valid_ && timer_settime(timer_, 0, &when, nullptr) == 0;
  }
  void Disarm() {
    const itimerspec never{};
    timer_settime(timer_, 0, &never, nullptr);
  }

 private:
  timer_t timer_{};
  bool valid_ = false;
};

}  // namespace

int BoundedConnect(int socket, const SocketName& name, std::chrono::milliseconds limit) {
  InstallHandlerOnce();
  thread_local ThreadAlarm alarm;
  if (!alarm.Arm(limit)) return EAGAIN;
  const int error = connect(socket, name.get(), name.length) == 0 ? 0 : errno;
  alarm.Disarm();
  return error;
}

}  // namespace safe_trace
