#include "tools/trace/diff.h"

#include <algorithm>
#include <vector>

#include "tools/trace/behaviour.h"
#include "tools/trace/event_text.h"
#include "tools/trace/json_output.h"

namespace safe_trace {
namespace {

constexpr int kNothingNew = 0;
constexpr int kNew = 1;
constexpr int kCannotTell = 2;
constexpr size_t kTitleColumns = 16;
constexpr size_t kMaxTriedShown = 20;  // of one rule

// What is new in `b`, by subject and kind.
using News = std::vector<std::pair<const Behaviour*, const Seen*>>;

News Compare(const RunBehaviour& a, const RunBehaviour& b) {
  News news;
  // Of a run whose trace does not hold every open, nothing is known about what it read and wrote.
  const bool knows_opens = a.table.has_every_open() == b.table.has_every_open();
  for (const auto& [behaviour, seen] : b.table.behaviours()) {
    const bool is_open =
        behaviour.kind == BehaviourKind::kRead || behaviour.kind == BehaviourKind::kWrite;
    if (is_open && !knows_opens && !seen.was_refused) continue;
    if (a.table.behaviours().count(behaviour) == 0) news.emplace_back(&behaviour, &seen);
  }
  return news;
}

std::string Joined(const std::set<std::string>& versions) {
  std::string text;
  for (const std::string& version : versions) {
    text.append(text.empty() ? "" : ", ").append(SafeText(version));
  }
  return text;
}

// "package tiny (npm)  1.0.0 -> 1.0.1"
std::string SubjectTitle(const Actor& subject, const RunBehaviour& a, const RunBehaviour& b) {
  std::string text = SafeText(subject.role.empty() ? "run" : subject.role);
  if (!subject.package.empty()) text.append(" ").append(SafeText(subject.package));
  if (!subject.ecosystem.empty()) text.append(" (").append(SafeText(subject.ecosystem)).append(")");
  if (subject.package.empty()) return text;
  const std::string before = Joined(a.table.VersionsOf(subject));
  const std::string now = Joined(b.table.VersionsOf(subject));
  if (before.empty() && !now.empty()) return text + "  " + now + ", not in A";
  if (!now.empty() && before != now) return text + "  " + before + " -> " + now;
  return now.empty() ? text : text + "  " + now;
}

std::string NewsText(const Behaviour& behaviour, const std::string& raw_example, uint64_t count) {
  std::string text = SafeText(behaviour.what);
  const std::string example = SafeText(raw_example);
  // Of a program the path as it was says more than the comparable form of it.
  if (behaviour.kind == BehaviourKind::kProgram) {
    text = example;
  } else if (!example.empty()) {
    text.append(": ").append(example);
  }
  if (count > 1) text.append("  x").append(std::to_string(count));
  return text;
}

// One line for each thing that was tried, where that is known; as many as help to see what it was.
std::vector<std::string> NewsTexts(const Behaviour& behaviour, const Seen& seen) {
  if (seen.tried.empty()) return {NewsText(behaviour, seen.example, seen.count)};
  std::vector<std::string> texts;
  for (const auto& [tried, count] : seen.tried) {
    if (texts.size() == kMaxTriedShown) {
      texts.push_back(SafeText(behaviour.what) + ": " +
                      Counted(seen.tried.size() - kMaxTriedShown, "further thing") + " (--json)");
      break;
    }
    texts.push_back(NewsText(behaviour, tried, count));
  }
  return texts;
}

void RenderRunLine(const char* name, const RunBehaviour& run, std::ostream& out,
                   const Terminal& terminal) {
  const std::string text =
      std::string(name) + "  " + SafeText(run.check.run_id) + "  " + SafeCommand(run.command);
  out << Clip(text, terminal.columns) << "\n";
}

void RenderText(const News& news, const RunBehaviour& a, const RunBehaviour& b,
                const Terminal& terminal, std::ostream& out) {
  RenderRunLine("A", a, out, terminal);
  RenderRunLine("B", b, out, terminal);
  const Actor* subject = nullptr;
  const Behaviour* before = nullptr;
  for (const auto& [behaviour, seen] : news) {
    if (subject == nullptr || *subject != behaviour->subject) {
      subject = &behaviour->subject;
      before = nullptr;
      out << "\n" << Tinted(terminal, Tint::kBold, SubjectTitle(*subject, a, b)) << "\n";
    }
    const bool is_bad = behaviour->kind == BehaviourKind::kViolation;
    for (const std::string& text : NewsTexts(*behaviour, *seen)) {
      const bool is_first = before == nullptr || before->kind != behaviour->kind;
      before = behaviour;
      const std::string title = is_first ? std::string(KindTitle(behaviour->kind)) : "";
      const std::string line = "  " + Pad(title, kTitleColumns) + text;
      out << Tinted(terminal, is_bad ? Tint::kRed : Tint::kNone, Clip(line, terminal.columns))
          << "\n";
    }
  }
  out << "\n"
      << (news.empty() ? "nothing new: B does nothing that A did not"
                       : Counted(news.size(), "thing") + " in B that A did not do")
      << "\n";
}

void RenderTexts(const std::set<std::string>& texts, std::ostream& out) {
  const char* separator = "";
  out << "[";
  for (const std::string& text : texts) {
    out << separator << JsonText(text);
    separator = ",";
  }
  out << "]";
}

void RenderTried(const std::map<std::string, uint64_t>& tried, std::ostream& out) {
  const char* separator = "";
  out << "[";
  for (const auto& [what, count] : tried) {
    out << separator << "{\"what\":" << JsonText(what) << ",\"count\":" << count << "}";
    separator = ",";
  }
  out << "]";
}

void RenderRunJson(const RunBehaviour& run, std::ostream& out) {
  out << "{\"run_id\":" << JsonText(run.check.run_id) << ",\"path\":" << JsonText(run.path)
      << ",\"command\":[";
  const char* separator = "";
  for (const std::string& argument : run.command) {
    out << separator << JsonText(argument);
    separator = ",";
  }
  const std::string gap = run.Gap();
  out << "],\"gap\":" << (gap.empty() ? "null" : JsonText(gap)) << "}";
}

void RenderJson(const News& news, const RunBehaviour& a, const RunBehaviour& b, std::ostream& out) {
  out << "{\"a\":";
  RenderRunJson(a, out);
  out << ",\"b\":";
  RenderRunJson(b, out);
  out << ",\"new\":[";
  const char* separator = "";
  for (const auto& [behaviour, seen] : news) {
    const Actor& subject = behaviour->subject;
    out << separator << "{\"role\":" << JsonText(subject.role)
        << ",\"ecosystem\":" << JsonText(subject.ecosystem)
        << ",\"package\":" << JsonText(subject.package) << ",\"versions_a\":";
    RenderTexts(a.table.VersionsOf(subject), out);
    out << ",\"versions_b\":";
    RenderTexts(b.table.VersionsOf(subject), out);
    out << ",\"kind\":" << JsonText(KindName(behaviour->kind))
        << ",\"what\":" << JsonText(behaviour->what) << ",\"example\":" << JsonText(seen->example)
        << ",\"first\":" << JsonText(seen->first) << ",\"count\":" << seen->count;
    if (!seen->tried.empty()) {
      out << ",\"tried\":";
      RenderTried(seen->tried, out);
    }
    out << "}";
    separator = ",";
  }
  out << "]}\n";
}

}  // namespace

int DiffTraces(const std::string& a, const std::string& b, bool json, const Terminal& terminal,
               std::ostream& out, std::ostream& err) {
  const absl::StatusOr<RunBehaviour> before = LoadBehaviour(a);
  const absl::StatusOr<RunBehaviour> now = LoadBehaviour(b);
  for (const auto* run : {&before, &now}) {
    if (run->ok()) continue;
    err << "safe-trace trace: " << SafeText(std::string(run->status().message())) << "\n";
    return kCannotTell;
  }
  const News news = Compare(*before, *now);
  if (json) {
    RenderJson(news, *before, *now, out);
  } else if (!news.empty() || now->Gap().empty()) {
    RenderText(news, *before, *now, terminal, out);
  }
  if (const std::string gap = before->Gap(); !gap.empty() && !news.empty()) {
    err << "safe-trace trace: A is not whole (" << gap << "): what is new may be old\n";
  }
  if (const std::string gap = now->Gap(); !gap.empty()) {
    err << "safe-trace trace: B is not whole (" << gap << "): there may be more"
        << (news.empty() ? ", and nothing new was found in what there is" : "") << "\n";
    if (news.empty()) return kCannotTell;
  }
  return news.empty() ? kNothingNew : kNew;
}

}  // namespace safe_trace
