#include "tracer/asking/ask_desk.h"

#include <poll.h>
#include <signal.h>
#include <sys/eventfd.h>
#include <unistd.h>

#include <algorithm>
#include <utility>

#include "tracer/network/network_report.h"

namespace safe_trace {
namespace {

constexpr size_t kLongestHost = 253;  // octets, of a name in DNS
constexpr int kTries = 3;
constexpr int kReaction = 700;         // milliseconds
constexpr int kForegroundCheck = 200;  // milliseconds
constexpr char kNoAnswer[] = "none";

// What can be written down as one host, and means this one alone: no pattern, no other syntax.
bool IsPlainHost(std::string_view host) {
  if (host.empty() || host.size() > kLongestHost) return false;
  return std::all_of(host.begin(), host.end(), [](char c) {
    return (c >= 'a' && c <= 'z') || (c >= '0' && c <= '9') || c == '.' || c == '-' || c == '_' ||
           c == ':';
  });
}

void Signal(const UniqueFd& event) {
  const uint64_t one = 1;
  // Fails only where the counter is full, and then its reader is awake anyway.
  [[maybe_unused]] ssize_t written = write(event.get(), &one, sizeof(one));
}

}  // namespace

AskDesk::AskDesk(AskTerminal terminal, Allowances& allowances, Options options)
    : terminal_(std::move(terminal)),
      allowances_(allowances),
      options_(std::move(options)),
      event_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)),
      interrupt_(eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK)) {}

AskDesk::~AskDesk() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
  }
  Signal(interrupt_);
  wake_.notify_one();
  if (thread_.joinable()) thread_.join();
}

bool AskDesk::IsAsking(const std::shared_ptr<const Process>& process, const Decision& refused,
                       const AskedHost& asked) {
  if (refused.allowed() || refused.never_allowed || !IsPlainHost(asked.host)) return false;
  // A port, or an address, that was asked for as if it were a name.
  IpAddress address;
  const bool is_address = ParseIpAddress(asked.host, address);
  if (is_address != asked.is_address ||
      (!is_address && asked.host.find(':') != std::string::npos)) {
    return false;
  }
  const Subject& subject = SubjectOf(*process);
  Question question{
      process, subject.Describe(), asked.doing, AllowHostFlag(subject, asked.host, asked.port), {}};
  if (question.flag.empty()) return false;  // nobody whom it could be allowed to
  if (subject.role == Role::kPackage) {
    question.allowance.package = subject.package;
    question.allowance.version = subject.version;
  }
  question.allowance.host = {asked.host, asked.port, "an answer of the user"};
  std::lock_guard<std::mutex> lock(mutex_);
  auto known = open_.find(question.flag);
  if (known != open_.end()) return known->second;
  if (asked_ >= kMaximumQuestions) return false;
  ++asked_;
  open_[question.flag] = true;
  queue_.push_back(std::move(question));
  if (!thread_.joinable()) thread_ = std::thread([this] { Run(); });
  wake_.notify_one();
  return true;
}

void AskDesk::Run() {
  // A background job that touches its terminal is stopped by a signal; blocked, it fails instead.
  sigset_t signals;
  sigfillset(&signals);
  pthread_sigmask(SIG_SETMASK, &signals, nullptr);
  std::unique_lock<std::mutex> lock(mutex_);
  while (true) {
    wake_.wait(lock, [this] { return ending_ || !queue_.empty(); });
    if (ending_) return;
    Question question = std::move(queue_.front());
    queue_.pop_front();
    is_asking_ = true;
    lock.unlock();
    Settle(question, Ask(question));
    lock.lock();
    is_asking_ = false;
    uint64_t count = 0;
    if (!ending_) [[maybe_unused]]
      ssize_t size = read(interrupt_.get(), &count, sizeof(count));
  }
}

void AskDesk::Dismiss() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    for (Question& question : std::exchange(queue_, {})) {
      open_[question.flag] = false;
      answered_.push_back({std::move(question), kNoAnswer});
    }
    if (!is_asking_) return;
  }
  Signal(interrupt_);
}

bool AskDesk::WaitForForeground(std::chrono::steady_clock::time_point deadline) {
  while (!terminal_.IsForeground()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    pollfd interrupted{interrupt_.get(), POLLIN, 0};
    if (poll(&interrupted, 1, kForegroundCheck) != 0) return false;
  }
  return true;
}

std::optional<UserAnswer> AskDesk::Ask(const Question& question) {
  const auto deadline = std::chrono::steady_clock::now() + options_.patience;
  // What is typed while this is a background job is meant for the shell.
  if (!WaitForForeground(deadline)) return std::nullopt;
  terminal_.DropTypedAhead();
  terminal_.Write(options_.prompt(question));
  if (std::exchange(was_unanswered_, false)) {
    // The user may be answering the one before.
    pollfd interrupted{interrupt_.get(), POLLIN, 0};
    (void)poll(&interrupted, 1, kReaction);
    terminal_.DropTypedAhead();
  }
  for (int i = 0; i < kTries; ++i) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    const std::optional<std::string> line = terminal_.ReadLine(left, interrupt_.get());
    if (!line.has_value()) break;
    if (const std::optional<UserAnswer> answer = ParseAnswer(*line)) return answer;
    terminal_.Write("safe-trace: 1, 2, 3 or 4: ");
  }
  was_unanswered_ = std::chrono::steady_clock::now() >= deadline;
  return std::nullopt;
}

void AskDesk::Settle(const Question& question, std::optional<UserAnswer> answer) {
  const bool is_yes = answer.has_value() && *answer != UserAnswer::kNever;
  bool allowed = false;
  if (is_yes) {
    Allowance allowance = question.allowance;
    if (*answer == UserAnswer::kOnce) allowance.until = std::chrono::steady_clock::now() + kAttempt;
    allowed = allowances_.Add(std::move(allowance));
  }
  if (answer == UserAnswer::kAlways) terminal_.Write(options_.remember(question));
  // A prompt can be covered by others; what was answered cannot be taken back by them.
  if (answer.has_value()) terminal_.Write(options_.confirm(question, *answer));
  if (!answer.has_value()) terminal_.Write("\nsafe-trace: no answer: refused\n");
  {
    std::lock_guard<std::mutex> lock(mutex_);
    // What was allowed once is asked about again after that.
    if (allowed) {
      open_.erase(question.flag);
    } else {
      open_[question.flag] = false;
    }
    answered_.push_back({question, answer ? std::string(UserAnswerName(*answer)) : kNoAnswer});
  }
  Signal(event_);
}

void AskDesk::Flush(Reporter& reporter) {
  uint64_t count = 0;
  [[maybe_unused]] ssize_t size = read(event_.get(), &count, sizeof(count));
  std::vector<Answered> answered;
  {
    std::lock_guard<std::mutex> lock(mutex_);
    answered.swap(answered_);
  }
  for (const Answered& each : answered) {
    TraceEvent event;
    event.action = "user-answer";
    event.category = "network";
    event.outcome = each.answer == kNoAnswer || each.answer == "never" ? "failure" : "success";
    event.Set("safe_trace.asked", each.question.doing);
    event.Set("safe_trace.answer", each.answer);
    event.Set("safe_trace.flag", each.question.flag);
    reporter.ReportEvent(*each.question.process, std::move(event));
  }
}

}  // namespace safe_trace
