#include "tracer/asking/question_book.h"

#include <algorithm>
#include <iterator>
#include <utility>

#include "tracer/network/network_report.h"

namespace safe_trace {
namespace {

bool IsOfPackage(const Question& question) { return !question.allowance.package.empty(); }

}  // namespace

// No package is called as a role with a blank before it.
std::string QuestionBook::KeyOf(const Question& question) {
  if (IsOfPackage(question)) return question.allowance.package;
  return " " + std::to_string(static_cast<int>(SubjectOf(*question.process).role));
}

bool QuestionBook::Ask(Question question) {
  if (refused_.contains(question.flag)) return false;
  if (pending_.contains(question.flag)) return true;
  const bool is_of_package = IsOfPackage(question);
  if (pending_.size() >= kMaximumPending || refused_.size() >= kMaximumRemembered ||
      (is_of_package && of_packages_ >= kMaximumOfPackages)) {
    return false;
  }
  const std::string key = KeyOf(question);
  if (!subjects_.contains(key) && subjects_.size() >= kMaximumRemembered) return false;
  Subject& subject = subjects_[key];
  if (subject.pending >= kMaximumOfOne || subject.asked >= kMaximumAsked) return false;
  ++subject.pending;
  ++subject.asked;
  if (is_of_package) ++of_packages_;
  pending_.insert(question.flag);
  queue_.push_back(std::move(question));
  return true;
}

Question QuestionBook::TakeNext() {
  const auto rank = [this](const Question& question) {
    return std::make_pair(subjects_.at(KeyOf(question)).shown, IsOfPackage(question));
  };
  const auto next = std::min_element(
      queue_.begin(), queue_.end(),
      [&rank](const Question& one, const Question& other) { return rank(one) < rank(other); });
  Question question = std::move(*next);
  queue_.erase(next);
  ++subjects_.at(KeyOf(question)).shown;
  return question;
}

std::vector<Question> QuestionBook::TakeAll() {
  std::deque<Question> all = std::exchange(queue_, {});
  return {std::make_move_iterator(all.begin()), std::make_move_iterator(all.end())};
}

void QuestionBook::Settle(const Question& question, bool allowed) {
  if (pending_.erase(question.flag) == 0) return;
  --subjects_.at(KeyOf(question)).pending;
  if (IsOfPackage(question)) --of_packages_;
  if (!allowed) refused_.insert(question.flag);
}

}  // namespace safe_trace
