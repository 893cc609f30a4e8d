// Asks the user, one question after the other, on a thread of its own.
#ifndef SAFE_TRACE_TRACER_ASKING_ASK_DESK_H_
#define SAFE_TRACE_TRACER_ASKING_ASK_DESK_H_

#include <chrono>
#include <condition_variable>
#include <deque>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "policy/allowances.h"
#include "tracer/asking/answer.h"
#include "tracer/asking/ask_terminal.h"
#include "tracer/deciding/asker.h"
#include "tracer/deciding/violation_reporter.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

struct Question {
  std::shared_ptr<const Process> process;
  std::string subject;  // for a person: "left-pad@1.3.0 (package)"
  std::string doing;    // "look up example.com"
  std::string flag;     // "--allow-host example.com": what an answer stands for
  Allowance allowance;
};

class AskDesk final : public Asker {
 public:
  // What was asked in a run; more is refused without a question.
  static constexpr size_t kMaximumQuestions = 128;
  // For how long "once" lasts: the lookup, the connections to its addresses, what is said on them.
  static constexpr std::chrono::seconds kAttempt{10};

  struct Options {
    // The text of the prompt; what it is made of may be hostile.
    std::function<std::string(const Question&)> prompt;
    // What is said after an answer.
    std::function<std::string(const Question&, UserAnswer)> confirm;
    // Writes "always" down. What to tell the user, "" where there is nothing to tell.
    std::function<std::string(const Question&)> remember;
    std::chrono::milliseconds patience{60000};  // then the answer is no
  };
  // `allowances` outlives the desk.
  AskDesk(AskTerminal terminal, Allowances& allowances, Options options);
  ~AskDesk() override;
  AskDesk(const AskDesk&) = delete;
  AskDesk& operator=(const AskDesk&) = delete;

  bool IsAsking(const std::shared_ptr<const Process>& process, const Decision& refused,
                const AskedHost& asked) override;

  // The user wants to be left alone (Ctrl-C): what is being asked is refused.
  void Dismiss();
  // Readable when a question was answered.
  int event_fd() const { return event_.get(); }
  // Loop thread: records what was answered since the last call.
  void Flush(Reporter& reporter);

 private:
  struct Answered {
    Question question;
    std::string answer;  // UserAnswerName, or "none"
  };
  void Run();
  std::optional<UserAnswer> Ask(const Question& question);
  bool WaitForForeground(std::chrono::steady_clock::time_point deadline);
  void Settle(const Question& question, std::optional<UserAnswer> answer);

  AskTerminal terminal_;
  Allowances& allowances_;
  Options options_;
  UniqueFd event_, interrupt_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false, is_asking_ = false;
  std::deque<Question> queue_;
  std::map<std::string, bool> open_;  // by flag: true while it is asked, false once refused
  std::vector<Answered> answered_;
  size_t asked_ = 0;
  bool was_unanswered_ = false;  // of the desk's thread
  std::thread thread_;           // begun with the first question
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_ASKING_ASK_DESK_H_
