#include "tools/trace/event_text.h"

#include <array>
#include <string_view>

#include "tools/trace/display_text.h"
#include "tracer/events/json_line.h"

namespace safe_trace {
namespace {

struct Phrase {
  std::string_view action;
  std::string_view words;
};
constexpr std::array kPhrases = {Phrase{"file-open", "open"},
                                 Phrase{"file-write", "write"},
                                 Phrase{"file-create", "create"},
                                 Phrase{"file-remove", "remove"},
                                 Phrase{"file-rename", "rename"},
                                 Phrase{"file-link", "link"},
                                 Phrase{"file-attribute", "change the attributes of"},
                                 Phrase{"stack", "come through the calls of stack"},
                                 Phrase{"process-start", "start"},
                                 Phrase{"process-exec", "run"},
                                 Phrase{"process-exit", "end"},
                                 Phrase{"network-connect", "connect to"},
                                 Phrase{"network-send", "send to"},
                                 Phrase{"network-sendto", "send to"},
                                 Phrase{"network-sendmsg", "send to"},
                                 Phrase{"network-sendmmsg", "send to"},
                                 Phrase{"network-bind", "listen on"},
                                 Phrase{"network-listen", "listen on"},
                                 Phrase{"network-flow", "exchange data with"},
                                 Phrase{"startup-file", "leave for later starts"},
                                 Phrase{"lock-difference", "differ from the lock in"},
                                 Phrase{"signal-refused", "send a signal to the process"},
                                 Phrase{"call-refused", "make the system call"},
                                 Phrase{"user-answer", "ask the user for"},
                                 Phrase{"run-start", "begin the run"},
                                 Phrase{"run-end", "end the run"},
                                 Phrase{"dns-question", "look up"},
                                 Phrase{"name-lookup", "look up"},
                                 Phrase{"variable-lookup", "read the variable"},
                                 Phrase{"environment-removed", "had removed from its environment:"},
                                 Phrase{"survivor-ended", "outlive the run:"},
                                 Phrase{"limit-reached", "exceed the limit of tasks:"},
                                 Phrase{"events-dropped", "events not written for want of room:"}};

constexpr std::array kVerdicts = {Phrase{"hide", "hidden"}, Phrase{"deny", "denied"},
                                  Phrase{"kill", "killed"}, Phrase{"allow", "allowed"},
                                  Phrase{"decoy", "given a decoy"}};

template <size_t N>
std::string WordsFor(const std::array<Phrase, N>& phrases, std::string_view key) {
  for (const Phrase& phrase : phrases) {
    if (phrase.action == key) return std::string(phrase.words);
  }
  return SafeText(key);
}

std::string JoinedList(const TraceRecord& record, std::string_view key) {
  std::string text;
  for (const std::string& item : record.List(key)) {
    text.append(text.empty() ? "" : ", ").append(SafeText(item));
  }
  return text;
}

// A text, or the items of a list: some keys may hold either.
std::string TextOrList(const TraceRecord& record, std::string_view key) {
  const std::string_view text = record.Text(key);
  return text.empty() ? JoinedList(record, key) : SafeText(text);
}

std::string SizeText(int64_t bytes) {
  constexpr int64_t kKilo = 1000;
  if (bytes < 10 * kKilo) return std::to_string(bytes) + " bytes";
  if (bytes < 10 * kKilo * kKilo) return std::to_string(bytes / kKilo) + " kB";
  return std::to_string(bytes / kKilo / kKilo) + " MB";
}

// "create /a/b (executable, 12 bytes, sha256 0123456789ab…)"
std::string ChangedFileText(const TraceRecord& record) {
  const std::string_view change = record.Text("safe_trace.change");
  std::string text = change == "created" ? "create" : change == "deleted" ? "delete" : "change";
  text += " " + SafeText(record.Text("file.path"));
  std::string details = JoinedList(record, "safe_trace.notable");
  const auto add = [&details](const std::string& detail) {
    details.append(details.empty() ? "" : ", ").append(detail);
  };
  if (record.Text("file.type") == "symlink") add("symlink");
  if (record.Find("file.size") != nullptr) add(SizeText(record.Number("file.size", 0)));
  constexpr size_t kShortHash = 12;
  const std::string_view hash = record.Text("file.hash.sha256");
  if (!hash.empty()) add("sha256 " + SafeText(hash.substr(0, kShortHash)) + "…");
  return details.empty() ? text : text + " (" + details + ")";
}

std::string ChangedFilesText(const TraceRecord& record) {
  return "create " + std::to_string(record.Number("safe_trace.files.count", 0)) + " files in " +
         SafeText(record.Text("file.directory")) + " (" +
         SizeText(record.Number("safe_trace.files.bytes", 0)) + ")";
}

// "reach thief.example:443 through proxy.example:3128 (192.0.2.7)": what was said on a connection.
std::string ClaimText(const TraceRecord& record) {
  const std::string_view kind = record.Text("safe_trace.claim");
  const std::string place = DestinationText(record);
  const std::string name = ClaimedHostText(record);
  if (kind == "proxy-target") return "reach " + name + " through " + place;
  if (kind == "http-host")
    return "request from " + (name.empty() ? "no host" : name) + " at " + place;
  if (!name.empty()) return "speak to " + name + " at " + place;
  if (kind == "tls-without-name") return "speak TLS without a server name to " + place;
  if (kind == "unknown-protocol") return "speak an unknown protocol to " + place;
  return "speak to " + place;
}

std::string ObjectText(const TraceRecord& record) {
  const std::string_view action = record.Text("event.action");
  if (action.substr(0, 8) == "network-" || record.Find("dns.question.name") != nullptr) {
    return DestinationText(record);
  }
  if (action.substr(0, 8) == "process-" || action == "survivor-ended") {
    const std::string command = SafeCommand(record.List("process.args"));
    if (!command.empty() && action != "process-exit") return command;
    const std::string_view path = record.Text("file.path");
    return SafeText(path.empty() ? record.Text("process.executable") : path);
  }
  if (action == "environment-removed") return JoinedList(record, "safe_trace.removed");
  if (action == "call-refused") return TextOrList(record, "safe_trace.syscall");
  for (const std::string_view key : {"file.path", "safe_trace.variable", "safe_trace.asked"}) {
    const std::string text = TextOrList(record, key);
    if (!text.empty()) return text;
  }
  for (const std::string_view key :
       {"safe_trace.limit", "safe_trace.dropped", "safe_trace.target_pid", "safe_trace.stack.id"}) {
    if (record.Find(key) != nullptr) return std::to_string(record.Number(key, 0));
  }
  return "";
}

}  // namespace

std::string SubjectText(const TraceRecord& record) {
  std::string text = SafeText(record.Text("safe_trace.role"));
  const std::string name = SafeText(record.Text("package.name"));
  const std::string version = SafeText(record.Text("package.version"));
  const std::string ecosystem = SafeText(record.Text("safe_trace.ecosystem"));
  if (!name.empty()) text.append(" ").append(name);
  if (!name.empty() && !version.empty()) text.append("@").append(version);
  if (!ecosystem.empty()) text.append(" (").append(ecosystem).append(")");
  return text;
}

std::string DoingText(const TraceRecord& record) {
  const std::string_view action = record.Text("event.action");
  if (action == "file-changed") return ChangedFileText(record);
  if (action == "files-changed") return ChangedFilesText(record);
  if (action == "network-claim") return ClaimText(record);
  const std::string object = ObjectText(record);
  std::string text = WordsFor(kPhrases, record.Text("event.action"));
  if (!object.empty()) text.append(" ").append(object);
  const std::string error = SafeText(record.Text("error.message"));
  if (!error.empty()) text.append(" (").append(error).append(")");
  if (record.Find("process.exit_code") != nullptr) {
    text.append(", status ").append(std::to_string(record.Number("process.exit_code", 0)));
  }
  return text;
}

std::string VerdictText(const TraceRecord& record) {
  const std::string_view decision = record.Text("safe_trace.decision");
  if (decision.empty()) return "";
  std::string text = WordsFor(kVerdicts, decision);
  const std::string rule = SafeText(record.Text("rule.id"));
  const std::string reason = SafeText(record.Text("safe_trace.reason"));
  if (rule.empty()) return text;
  text.append(" (").append(rule);
  if (!reason.empty()) text.append(": ").append(reason);
  return text.append(")");
}

std::string DestinationText(const TraceRecord& record) {
  const std::string_view question = record.Text("dns.question.name");
  if (!question.empty()) return SafeText(question);
  const std::string path = SafeText(record.Text("file.path"));
  if (!path.empty()) return path;
  const std::string domain = TextOrList(record, "destination.domain");
  std::string ip = SafeText(record.Text("destination.ip"));
  if (domain.empty() && ip.find(':') != std::string::npos) ip = "[" + ip + "]";
  std::string text = domain.empty() ? ip : domain;
  const int64_t port = record.Number("destination.port", -1);
  if (port >= 0) text.append(":").append(std::to_string(port));
  if (!domain.empty() && !ip.empty()) text.append(" (").append(ip).append(")");
  return text;
}

std::string ClaimedHostText(const TraceRecord& record) {
  const std::string_view server = record.Text("tls.client.server_name");
  std::string text = SafeText(server.empty() ? record.Text("url.domain") : server);
  const int64_t port = record.Number("url.port", -1);
  if (port < 0 || text.empty()) return text;
  if (text.find(':') != std::string::npos) text = "[" + text + "]";
  return text.append(":").append(std::to_string(port));
}

bool IsRefused(const TraceRecord& record) {
  const std::string_view decision = record.Text("safe_trace.decision");
  return !decision.empty() && decision != "allow";
}

bool IsViolation(const TraceRecord& record) { return record.Text("event.kind") == "alert"; }

std::string DateText(const TraceRecord& record) {
  int64_t time = 0;
  if (!ParseTimestamp(record.Text("@timestamp"), time)) return "?";
  std::string text = FormatTimestamp(time).substr(0, 19);
  text[10] = ' ';
  return text + " UTC";
}

std::string ClockText(const TraceRecord& record) {
  int64_t time = 0;
  if (!ParseTimestamp(record.Text("@timestamp"), time)) return "?";
  return FormatTimestamp(time).substr(11, 12);
}

std::string Counted(uint64_t count, const std::string& noun) {
  const bool ends_in_s = !noun.empty() && noun.back() == 's';
  return std::to_string(count) + " " + noun + (count == 1 ? "" : ends_in_s ? "es" : "s");
}

}  // namespace safe_trace
