#include "launcher/status_line.h"

#include <algorithm>
#include <vector>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "launcher/concat.h"
#include "launcher/terminal_text.h"

namespace safe_trace {
namespace {

constexpr size_t kMostColumns = 400;
constexpr size_t kMostListed = 6;

struct Outcome {
  std::string_view word;
  Colour colour;
};

Outcome OutcomeOf(Verdict verdict) {
  switch (verdict) {
    case Verdict::kAllow:
      return {"allowed, only logged", Colour::kYellow};
    case Verdict::kHide:
      return {"hidden", Colour::kRed};
    case Verdict::kDeny:
      return {"denied", Colour::kRed};
    case Verdict::kKill:
      return {"killed", Colour::kRed};
  }
  return {"denied", Colour::kRed};
}

bool IsQuotedWord(std::string_view value) {
  return value.size() > 2 && value.front() == '\'' && value.back() == '\'' &&
         value.find('\'', 1) == value.size() - 1;
}

// A file may be named "x --allow-host evil.example", or "$(rm -rf ~)": what the user is invited to
// paste is one option with one quoted value, or nothing.
std::string SafeToPaste(std::string_view how_to_allow) {
  const size_t end = how_to_allow.find_first_of(" =");
  if (end == std::string_view::npos || !how_to_allow.starts_with("--")) return "";
  const std::string_view option = how_to_allow.substr(0, end);
  const std::string_view value = how_to_allow.substr(end + 1);
  const bool is_name =
      option.find_first_not_of("abcdefghijklmnopqrstuvwxyz-") == std::string_view::npos;
  if (!is_name || value.empty() || EscapeForTerminal(value) != value) return "";
  return Concat(option, " ", IsQuotedWord(value) ? std::string(value) : ShellQuote(value));
}

std::string Plural(uint64_t count, std::string_view one, std::string_view many) {
  return Concat(count, " ", count == 1 ? one : many);
}

// "a, b, c and 12 more".
std::string Listed(const std::vector<std::string>& all) {
  const size_t shown = std::min(all.size(), kMostListed);
  std::string text = absl::StrJoin(all.begin(), all.begin() + static_cast<ptrdiff_t>(shown), ", ");
  if (shown < all.size()) text += Concat(" and ", all.size() - shown, " more");
  return text;
}

std::vector<std::string> PackageNames(const RunSummary& summary) {
  std::vector<const PackageSummary*> packages;
  for (const PackageSummary& package : summary.packages) packages.push_back(&package);
  // The offenders must not be lost in "and 12 more".
  std::stable_sort(packages.begin(), packages.end(),
                   [](auto* a, auto* b) { return a->violations > b->violations; });
  std::vector<std::string> names;
  for (const PackageSummary* package : packages) {
    std::string name = EscapeAndShorten(package->name.empty() ? "(unknown)" : package->name, 60);
    if (!package->version.empty()) {
      name += Concat("@", EscapeAndShorten(package->version, 30));
    }
    if (!package->ecosystem.empty()) {
      name += Concat(" (", EscapeAndShorten(package->ecosystem, 20), ")");
    }
    if (package->violations > 0) {
      name += Concat(": ", Plural(package->violations, "violation", "violations"));
    }
    names.push_back(std::move(name));
  }
  return names;
}

std::vector<std::string> HostNames(const RunSummary& summary) {
  std::vector<std::string> names;
  for (const HostSummary& host : summary.hosts) {
    std::string name = EscapeAndShorten(host.name, 80);
    if ((name.find(':') != std::string_view::npos)) name = Concat("[", name, "]");
    names.push_back(Concat(name, ":", host.port, " (", host.connections, ")"));
  }
  return names;
}

std::vector<std::string> Escaped(const std::vector<std::string>& texts, size_t columns) {
  std::vector<std::string> escaped;
  for (const std::string& text : texts) escaped.push_back(EscapeAndShorten(text, columns));
  return escaped;
}

std::string Row(std::string_view label, std::string_view text) {
  return absl::StrFormat("  %-11s %s\n", label, text);
}

std::string WhyThisStatus(const RunSummary& summary) {
  if (!summary.ended_because.empty()) {
    return Concat(" (ended: ", EscapeAndShorten(summary.ended_because, 100), ")");
  }
  if (summary.exit_status == summary.command_status) return "";
  if (summary.exit_status == 120) {
    return " (the command itself ended with 0, but there were violations)";
  }
  if (summary.exit_status == 124) return " (timeout)";
  return Concat(" (the command itself: ", summary.command_status, ")");
}

}  // namespace

std::string FormatViolation(const ViolationLine& line, bool colour) {
  const Outcome outcome = OutcomeOf(line.verdict);
  const std::string head = Concat("safe-trace: ", EscapeAndShorten(line.subject, 90), " tried to ",
                                  EscapeAndShorten(line.doing, 160), ": ");
  const std::string tail = Concat(" (", EscapeAndShorten(line.rule_id, 50), ")");
  std::string hint = line.never_allowed ? "" : SafeToPaste(line.how_to_allow);
  if (!hint.empty()) hint = Concat("; to allow: ", hint);
  if (line.never_allowed) hint = "; no option allows this";
  if (line.rule_id.starts_with("lock.")) hint = "; review it, then: safe-trace policy learn";
  // A hint is shown whole or not at all: half of one would be pasted too.
  if (Columns(head) + outcome.word.size() + Columns(tail) + Columns(hint) > kMostColumns) {
    hint.clear();
  }
  return Concat(head, Coloured(outcome.word, outcome.colour, colour), tail, hint);
}

std::string FormatSummary(const RunSummary& summary, bool colour) {
  const bool clean = summary.violations == 0;
  std::string text = absl::StrFormat("safe-trace: %s: exit status %d%s, %.1f s, %s\n",
                                     EscapeAndShorten(summary.command, 120), summary.exit_status,
                                     WhyThisStatus(summary), summary.seconds,
                                     Plural(summary.processes, "process", "processes"));
  if (!summary.packages.empty()) text += Row("packages", Listed(PackageNames(summary)));
  std::string denied =
      clean ? Coloured("no violation", Colour::kGreen, colour)
            : Coloured(Plural(summary.violations, "violation", "violations"), Colour::kRed, colour);
  if (summary.denials > 0) {
    denied += Concat(", ", Plural(summary.denials, "other refusal", "other refusals"));
  }
  text += Row("denied", denied);
  if (!summary.hosts.empty()) text += Row("hosts", Listed(HostNames(summary)));
  if (!summary.removed_variables.empty()) {
    text += Row("variables", Concat("removed ", Listed(Escaped(summary.removed_variables, 40))));
  }
  if (!summary.survivors.empty()) {
    text += Row("survivors", Concat("ended ", Listed(Escaped(summary.survivors, 100))));
  }
  for (const std::string& note : summary.notes) text += Row("note", EscapeAndShorten(note, 400));
  if (summary.dropped_events > 0) {
    text += Row("incomplete", Concat(Plural(summary.dropped_events, "event", "events"),
                                     " not written to the trace (queue full)"));
  }
  for (const std::string& sink : summary.sinks) text += Row("sink", EscapeAndShorten(sink, 300));
  if (summary.trace_path.empty()) return text;
  text += Row("trace", EscapeForTerminal(summary.trace_path));
  // Half of a command, or one that means another run, would be pasted too.
  if (summary.trace_name.empty() || EscapeForTerminal(summary.trace_name) != summary.trace_name) {
    return text;
  }
  // Where the command failed, a refusal that is no violation may be why.
  const bool failed_by_refusal = summary.command_status != 0 && summary.denials > 0;
  return text + Row("look at it", Concat("safe-trace trace show ", failed_by_refusal ? "--all " : "",
                                         ShellQuote(summary.trace_name)));
}

std::string ViolationLimiter::Admit(const std::string& line) {
  const auto known = shown_.find(line);
  if (total_ >= kTotalLimit || (known != shown_.end() && known->second >= kSameLimit)) {
    ++held_back_;
    return "";
  }
  ++total_;
  const uint64_t same = ++shown_[line];
  if (total_ == kTotalLimit) {
    return Concat(line, "\nsafe-trace: ", kTotalLimit,
                  " violations shown; further ones are only in the trace");
  }
  if (same == kSameLimit) {
    return Concat(line, "\nsafe-trace: the same ", kSameLimit,
                  " times; further ones are only in the trace");
  }
  return line;
}

std::string ViolationLimiter::Closing() const {
  if (held_back_ == 0) return "";
  return Concat("safe-trace: ", held_back_, " more ",
                held_back_ == 1 ? "violation is" : "violations are", " in the trace");
}

}  // namespace safe_trace
