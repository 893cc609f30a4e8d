#include "tracer/network/interruptible_connect.h"

#include <pthread.h>
#include <signal.h>

#include <atomic>
#include <cerrno>
#include <chrono>
#include <condition_variable>
#include <mutex>
#include <system_error>
#include <thread>

namespace safe_trace {
namespace {

constexpr int kInterruptSignal = SIGURG;
constexpr auto kPollInterval = std::chrono::milliseconds(20);
constexpr auto kRepeatInterval = std::chrono::milliseconds(2);

void InstallHandlerOnce() {
  static const bool kInstalled = [] {
    struct sigaction action {};
    action.sa_handler = [](int) {};
    return sigaction(kInterruptSignal, &action, nullptr) == 0;
  }();
  (void)kInstalled;
}

struct Outcome {
  std::mutex mutex;
  std::condition_variable changed;
  std::optional<int> error;
  std::atomic<bool> given_up = false;
};

int ConnectAs(int socket, const RawSocketAddress& address,
              const std::optional<ProcessStatus>& identity) {
  std::optional<ScopedIdentity> scope;
  if (identity.has_value()) scope.emplace(*identity);
  if (scope.has_value() && !scope->ok()) return EACCES;
  return connect(socket, address.get(), address.length) == 0 ? 0 : errno;
}

void ConnectAndTell(int socket, const RawSocketAddress& address,
                    const std::optional<ProcessStatus>& identity, Outcome& outcome) {
  sigset_t only_ours;
  sigemptyset(&only_ours);
  sigaddset(&only_ours, kInterruptSignal);
  pthread_sigmask(SIG_UNBLOCK, &only_ours, nullptr);
  int error = 0;
  // A stray signal ends nothing: EINTR makes the caller's call restart, which takes a signal of its
  // own. A repeated connect waits for the one under way.
  do {
    error = ConnectAs(socket, address, identity);
  } while (error == EINTR && !outcome.given_up);
  std::lock_guard<std::mutex> lock(outcome.mutex);
  outcome.error = error;
  outcome.changed.notify_one();
}

// The new thread starts with every signal blocked: they belong to the supervisor's loop.
std::optional<std::thread> StartQuietly(const std::function<void()>& run) {
  sigset_t all, before;
  sigfillset(&all);
  pthread_sigmask(SIG_SETMASK, &all, &before);
  std::optional<std::thread> thread;
  try {
    thread.emplace(run);
  } catch (const std::system_error&) {
    thread.reset();  // no more threads: the caller refuses
  }
  pthread_sigmask(SIG_SETMASK, &before, nullptr);
  return thread;
}

}  // namespace

int InterruptibleConnect(int socket, const RawSocketAddress& address,
                         const std::optional<ProcessStatus>& identity,
                         const std::function<bool()>& interrupted) {
  InstallHandlerOnce();
  Outcome outcome;
  std::optional<std::thread> thread =
      StartQuietly([&] { ConnectAndTell(socket, address, identity, outcome); });
  if (!thread.has_value()) return EAGAIN;
  {
    std::unique_lock<std::mutex> lock(outcome.mutex);
    auto finished = [&] { return outcome.error.has_value(); };
    while (!outcome.changed.wait_for(lock, kPollInterval, finished)) {
      lock.unlock();
      bool give_up = interrupted();
      lock.lock();
      outcome.given_up = give_up;
      while (give_up && !outcome.changed.wait_for(lock, kRepeatInterval, finished)) {
        pthread_kill(thread->native_handle(), kInterruptSignal);
      }
      if (give_up) break;
    }
  }
  thread->join();
  return *outcome.error;
}

}  // namespace safe_trace
