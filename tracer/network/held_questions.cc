#include "tracer/network/held_questions.h"

#include <algorithm>
#include <cstring>
#include <iterator>
#include <utility>

namespace safe_trace {
namespace {

bool IsSameSocket(const DnsOrigin& one, const DnsOrigin& other) {
  if (one.connection != 0 || other.connection != 0) return one.connection == other.connection;
  return one.listener == other.listener && one.client.length == other.client.length &&
         memcmp(&one.client.storage, &other.client.storage, one.client.length) == 0;
}

bool IsSameQuestion(const DnsQuery& one, const DnsQuery& other) {
  return one.id == other.id && one.type == other.type && one.wire_name == other.wire_name;
}

std::vector<HeldQuestion> ToVector(std::list<HeldQuestion> questions) {
  return {std::make_move_iterator(questions.begin()), std::make_move_iterator(questions.end())};
}

}  // namespace

bool HeldQuestions::Hold(HeldQuestion question) {
  size_t of_this_socket = 0;
  for (const HeldQuestion& known : held_) {
    if (!IsSameSocket(known.origin, question.origin)) continue;
    if (known.client == question.client && IsSameQuestion(known.query, question.query)) return true;
    ++of_this_socket;
  }
  if (held_.size() >= kMaximum || of_this_socket >= kMaximumOfOneSocket) return false;
  held_.push_back(std::move(question));
  return true;
}

std::vector<HeldQuestion> HeldQuestions::TakeAll() { return ToVector(std::exchange(held_, {})); }

std::vector<HeldQuestion> HeldQuestions::TakeOverdue(HeldQuestion::Clock::time_point now) {
  std::list<HeldQuestion> overdue;
  for (auto each = held_.begin(); each != held_.end();) {
    const auto next = std::next(each);
    if (each->until <= now) overdue.splice(overdue.end(), held_, each);
    each = next;
  }
  return ToVector(std::move(overdue));
}

void HeldQuestions::Forget(uint64_t connection) {
  held_.remove_if([connection](const HeldQuestion& known) {
    return connection != 0 && known.origin.connection == connection;
  });
}

bool HeldQuestions::HoldsFor(uint64_t connection) const {
  return std::any_of(held_.begin(), held_.end(), [connection](const HeldQuestion& known) {
    return known.origin.connection == connection;
  });
}

HeldQuestion::Clock::time_point HeldQuestions::NextDeadline() const {
  auto next = HeldQuestion::Clock::time_point::max();
  for (const HeldQuestion& known : held_) next = std::min(next, known.until);
  return next;
}

}  // namespace safe_trace
