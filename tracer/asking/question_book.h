// Which questions were put, and in which order those that wait are. Bounded, so that nobody in the
// run can use up what others may ask. Not thread-safe.
#ifndef SAFE_TRACE_TRACER_ASKING_QUESTION_BOOK_H_
#define SAFE_TRACE_TRACER_ASKING_QUESTION_BOOK_H_

#include <cstddef>
#include <deque>
#include <map>
#include <memory>
#include <set>
#include <string>
#include <vector>

#include "policy/allowances.h"
#include "tracer/tracee/process_tree.h"

namespace safe_trace {

struct Question {
  std::shared_ptr<const Process> process;
  std::string subject;  // for a person: "left-pad@1.3.0 (package)"
  std::string doing;    // "look up example.com"
  std::string flag;     // "--allow-host example.com": what an answer stands for
  Allowance allowance;
};

class QuestionBook {
 public:
  // Different questions without an answer yet: of the run, of all package code, of one subject. A
  // subject is a package, whatever version it says it is, or a role.
  static constexpr size_t kMaximumPending = 64;
  static constexpr size_t kMaximumOfPackages = 32;
  static constexpr size_t kMaximumOfOne = 16;
  // What one subject is asked about in a run; more is refused without a question.
  static constexpr size_t kMaximumAsked = 128;
  // Refusals and subjects that are remembered; beyond that nobody new is asked.
  static constexpr size_t kMaximumRemembered = 4096;

  // True while the user is being asked, from now on or already.
  bool Ask(Question question);
  bool HasNext() const { return !queue_.empty(); }
  // Of the subject that was put before the user least often; package code last. HasNext() holds.
  Question TakeNext();
  std::vector<Question> TakeAll();
  // What was taken is answered: what was allowed may be asked about again, when it has lapsed.
  void Settle(const Question& question, bool allowed);

 private:
  struct Subject {
    size_t pending = 0, asked = 0, shown = 0;
  };
  static std::string KeyOf(const Question& question);

  std::deque<Question> queue_;
  std::set<std::string> pending_, refused_;  // flags
  std::map<std::string, Subject> subjects_;
  size_t of_packages_ = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_ASKING_QUESTION_BOOK_H_
