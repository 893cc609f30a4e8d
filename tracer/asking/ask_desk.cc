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
constexpr std::string_view kNoAnswer = "no answer";
constexpr std::string_view kOthersAsk = "another run of safe-trace asks on this terminal";
constexpr std::string_view kEnded = "the command has ended";

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

AskDesk::~AskDesk() { Close(); }

void AskDesk::Close() {
  {
    std::lock_guard<std::mutex> lock(mutex_);
    ending_ = true;
    for (Question& question : book_.TakeAll()) {
      book_.Settle(question, false);
      answered_.push_back({std::move(question), {std::nullopt, kEnded}});
    }
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
  if (ending_ || !book_.Ask(std::move(question))) return false;
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
    wake_.wait(lock, [this] { return ending_ || book_.HasNext(); });
    if (ending_) return;
    Question question = book_.TakeNext();
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
  std::lock_guard<std::mutex> lock(mutex_);
  for (Question& question : book_.TakeAll()) {
    book_.Settle(question, false);
    answered_.push_back({std::move(question), {std::nullopt, kNoAnswer}});
  }
  // Of the one that is being asked it is told when that is settled.
  Signal(is_asking_ ? interrupt_ : event_);
}

bool AskDesk::WaitForForeground(std::chrono::steady_clock::time_point deadline) {
  while (!terminal_.IsForeground()) {
    if (std::chrono::steady_clock::now() >= deadline) return false;
    pollfd interrupted{interrupt_.get(), POLLIN, 0};
    if (poll(&interrupted, 1, kForegroundCheck) != 0) return false;
  }
  return true;
}

AskDesk::Outcome AskDesk::AwaitTerminal() {
  const auto deadline = std::chrono::steady_clock::now() + options_.patience;
  while (true) {
    // What is typed while this is a background job is meant for the shell.
    if (!WaitForForeground(deadline)) return {std::nullopt, kNoAnswer};
    switch (options_.turn.Take(deadline, interrupt_.get())) {
      case TerminalTurn::Result::kNever:
        return {std::nullopt, std::chrono::steady_clock::now() < deadline ? kNoAnswer : kOthersAsk};
      case TerminalTurn::Result::kAfterOthers:
        may_be_answering_another_ = true;
        break;
      case TerminalTurn::Result::kAtOnce:
        break;
    }
    if (terminal_.IsForeground()) return {};
    options_.turn.GiveBack();
  }
}

AskDesk::Outcome AskDesk::Ask(const Question& question) {
  Outcome outcome = AwaitTerminal();
  if (!outcome.why.empty()) return outcome;
  outcome = ReadAnswer(question);
  options_.turn.GiveBack();
  return outcome;
}

AskDesk::Outcome AskDesk::ReadAnswer(const Question& question) {
  const auto deadline = std::chrono::steady_clock::now() + options_.patience;
  terminal_.DropTypedAhead();
  terminal_.Write(options_.prompt(question));
  if (std::exchange(may_be_answering_another_, false)) {
    pollfd interrupted{interrupt_.get(), POLLIN, 0};
    (void)poll(&interrupted, 1, kReaction);
    terminal_.DropTypedAhead();
  }
  for (int i = 0; i < kTries; ++i) {
    const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
        deadline - std::chrono::steady_clock::now());
    const std::optional<std::string> line = terminal_.ReadLine(left, interrupt_.get());
    if (!line.has_value()) break;
    if (const std::optional<UserAnswer> answer = ParseAnswer(*line)) return {answer, {}};
    terminal_.Write("safe-trace: 1, 2, 3 or 4: ");
  }
  may_be_answering_another_ = std::chrono::steady_clock::now() >= deadline;
  return {std::nullopt, kNoAnswer};
}

void AskDesk::Settle(const Question& question, const Outcome& outcome) {
  const std::optional<UserAnswer> answer = outcome.answer;
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
  std::unique_lock<std::mutex> lock(mutex_);
  const bool has_ended = ending_ && !answer.has_value();
  book_.Settle(question, allowed);
  answered_.push_back({question, has_ended ? Outcome{std::nullopt, kEnded} : outcome});
  lock.unlock();
  if (!answer.has_value()) {
    terminal_.Write("\nsafe-trace: " + std::string(has_ended ? kEnded : outcome.why) +
                    ": refused\n");
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
    const std::optional<UserAnswer> answer = each.outcome.answer;
    const bool is_yes = answer.has_value() && *answer != UserAnswer::kNever;
    event.outcome = is_yes ? "success" : "failure";
    event.Set("safe_trace.asked", each.question.doing);
    event.Set("safe_trace.answer", std::string(answer ? UserAnswerName(*answer) : "none"));
    event.Set("safe_trace.flag", each.question.flag);
    if (!answer.has_value() && each.outcome.why != kNoAnswer) {
      event.Set("safe_trace.reason", std::string(each.outcome.why));
    }
    reporter.ReportEvent(*each.question.process, std::move(event));
  }
}

}  // namespace safe_trace
