// Asks the user, one question after the other, on a thread of its own.
#ifndef SAFE_TRACE_TRACER_ASKING_ASK_DESK_H_
#define SAFE_TRACE_TRACER_ASKING_ASK_DESK_H_

#include <chrono>
#include <condition_variable>
#include <functional>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <string_view>
#include <thread>
#include <vector>

#include "policy/allowances.h"
#include "tracer/asking/answer.h"
#include "tracer/asking/ask_terminal.h"
#include "tracer/asking/question_book.h"
#include "tracer/asking/terminal_turn.h"
#include "tracer/deciding/asker.h"
#include "tracer/deciding/violation_reporter.h"
#include "tracer/unique_fd.h"

namespace safe_trace {

class AskDesk final : public Asker {
 public:
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
    TerminalTurn turn;                          // for so long it is waited for as well
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
  // The command has ended: what is being asked is refused, and nothing more is said or asked.
  void Close();
  // Readable when a question was answered.
  int event_fd() const { return event_.get(); }
  // Loop thread: records what was answered since the last call.
  void Flush(Reporter& reporter);

 private:
  // Of a question: an answer, or why there is none.
  struct Outcome {
    std::optional<UserAnswer> answer;
    std::string_view why;  // of no answer
  };
  struct Answered {
    Question question;
    Outcome outcome;
  };
  void Run();
  Outcome Ask(const Question& question);
  // Until the terminal is this run's to ask on.
  Outcome AwaitTerminal();
  Outcome ReadAnswer(const Question& question);
  bool WaitForForeground(std::chrono::steady_clock::time_point deadline);
  void Settle(const Question& question, const Outcome& outcome);

  AskTerminal terminal_;
  Allowances& allowances_;
  Options options_;
  UniqueFd event_, interrupt_;
  std::mutex mutex_;
  std::condition_variable wake_;
  bool ending_ = false, is_asking_ = false;
  QuestionBook book_;
  std::vector<Answered> answered_;
  bool may_be_answering_another_ = false;  // of the desk's thread
  std::thread thread_;                     // begun with the first question
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_ASKING_ASK_DESK_H_
