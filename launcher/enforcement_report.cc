#include "launcher/enforcement_report.h"

#include <algorithm>

#include "absl/strings/str_join.h"
#include "launcher/concat.h"
#include "launcher/terminal_text.h"

namespace safe_trace {
namespace {

std::string WithDetail(const EnforcedMechanism& mechanism) {
  if (mechanism.detail.empty()) return mechanism.name;
  return Concat(mechanism.name, " (", EscapeForTerminal(mechanism.detail), ")");
}

}  // namespace

void EnforcementReport::Add(std::string name, bool asked, bool enforced, std::string detail) {
  mechanisms_.push_back({std::move(name), asked, enforced, std::move(detail)});
}

bool EnforcementReport::full() const {
  const auto was_asked = [](const EnforcedMechanism& m) { return m.asked; };
  const auto holds = [](const EnforcedMechanism& m) { return !m.asked || m.enforced; };
  return std::any_of(mechanisms_.begin(), mechanisms_.end(), was_asked) &&
         std::all_of(mechanisms_.begin(), mechanisms_.end(), holds);
}

std::string EnforcementReport::ToText() const {
  std::vector<std::string> enforced, missing;
  for (const EnforcedMechanism& mechanism : mechanisms_) {
    if (mechanism.asked) {
      (mechanism.enforced ? enforced : missing).push_back(WithDetail(mechanism));
    }
  }
  std::string text =
      Concat("enforced: ", enforced.empty() ? "nothing" : absl::StrJoin(enforced, ", "));
  if (!missing.empty()) text += Concat("\nNOT enforced: ", absl::StrJoin(missing, ", "));
  return text;
}

std::vector<std::pair<std::string, FieldValue>> EnforcementReport::ToFields() const {
  std::vector<std::pair<std::string, FieldValue>> fields;
  fields.emplace_back("safe_trace.enforcement.full", full());
  for (const EnforcedMechanism& mechanism : mechanisms_) {
    std::string value = !mechanism.asked     ? "not asked"
                        : mechanism.enforced ? "enforced"
                                             : "missing";
    if (!mechanism.detail.empty()) value += Concat(": ", mechanism.detail);
    fields.emplace_back(Concat("safe_trace.enforcement.", mechanism.name), std::move(value));
  }
  return fields;
}

}  // namespace safe_trace
