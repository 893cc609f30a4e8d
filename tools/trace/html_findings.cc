#include "tools/trace/html_findings.h"

#include <algorithm>
#include <variant>

#include "tools/trace/display_text.h"
#include "tools/trace/event_text.h"

namespace safe_trace {
namespace {

constexpr size_t kMaxHashBytes = 64;

uint64_t RepeatedOf(const TraceRecord& record) {
  return static_cast<uint64_t>(std::max<int64_t>(record.Number("safe_trace.repeated", 0), 0));
}

std::string FirstBytes(std::string_view text, size_t bytes) {
  if (text.size() <= bytes) return std::string(text);
  return std::string(text.substr(0, bytes)) + "…";
}

std::vector<std::string> ValueTexts(const FieldValue& value, size_t max_bytes) {
  struct Visitor {
    size_t max_bytes;
    std::vector<std::string> operator()(const std::string& text) const {
      return {SafeText(FirstBytes(text, max_bytes))};
    }
    std::vector<std::string> operator()(int64_t number) const { return {std::to_string(number)}; }
    std::vector<std::string> operator()(bool flag) const { return {flag ? "true" : "false"}; }
    std::vector<std::string> operator()(const std::vector<std::string>& list) const {
      std::vector<std::string> texts;
      size_t room = max_bytes;
      for (const std::string& item : list) {
        if (item.size() >= room) {
          texts.emplace_back("…");
          break;
        }
        room -= item.size() + 1;
        texts.push_back(SafeText(item));
      }
      return texts;
    }
  };
  return std::visit(Visitor{max_bytes}, value);
}

}  // namespace

void FindingTable::KeepFields(const TraceRecord& record, Finding& finding) {
  for (const auto& [key, value] : record.fields) {
    // The chain's own keys tell a reader of the page nothing.
    if (key == "safe_trace.prev_hash" || key == "safe_trace.run_id") continue;
    std::vector<std::string> texts = ValueTexts(value, kMaxFieldBytes);
    size_t bytes = key.size();
    for (const std::string& text : texts) bytes += text.size();
    if (key.size() > kMaxFieldBytes || fields_bytes_ + bytes > kMaxFieldsBytes) return;
    fields_bytes_ += bytes;
    finding.fields.emplace_back(SafeText(key), std::move(texts));
  }
}

void FindingTable::Add(const TraceRecord& record, uint32_t subject) {
  const uint64_t repeated = RepeatedOf(record);
  const std::string deed = Clip(DoingText(record), kMaxColumns);
  const std::string verdict = Clip(VerdictText(record), kMaxColumns);
  const std::string key = std::to_string(subject) + "\n" + deed + "\n" + verdict;
  const auto found = index_.find(key);
  if (found != index_.end()) {
    uint64_t& count = findings_[found->second].count;
    count = repeated > 0 ? std::max(count, repeated) : count + 1;
    return;
  }
  if (findings_.size() >= kMaxFindings) {
    ++left_out_;
    return;
  }
  index_.emplace(key, findings_.size());
  Finding finding;
  finding.sequence = record.Number("event.sequence", 0);
  finding.clock = ClockText(record);
  finding.subject = subject;
  finding.deed = deed;
  finding.verdict = verdict;
  finding.is_refused = IsRefused(record);
  finding.is_startup_file = record.Text("event.action") == "startup-file";
  finding.stack = record.Number("safe_trace.stack.id", 0);
  finding.count = std::max<uint64_t>(repeated, 1);
  KeepFields(record, finding);
  findings_.push_back(std::move(finding));
}

uint64_t FindingTable::total() const {
  uint64_t total = left_out_;
  for (const Finding& finding : findings_) total += finding.count;
  return total;
}

void FindingTable::Write(PageJson& json) const {
  json.BeginObject().Key("rows").BeginArray();
  for (const Finding& finding : findings_) {
    json.BeginObject().Key("sequence").Number(finding.sequence);
    json.Key("clock").Text(finding.clock).Key("subject").Count(finding.subject);
    json.Key("deed").Text(finding.deed).Key("verdict").Text(finding.verdict);
    json.Key("refused").Flag(finding.is_refused).Key("startup").Flag(finding.is_startup_file);
    json.Key("stack").Number(finding.stack);
    json.Key("count").Count(finding.count).Key("fields").BeginArray();
    for (const auto& [key, texts] : finding.fields) {
      json.BeginArray().Text(key).Texts(texts).EndArray();
    }
    json.EndArray().EndObject();
  }
  json.EndArray().Key("left_out").Count(left_out_).EndObject();
}

void ProgramTable::Add(const TraceRecord& record, uint32_t subject) {
  const bool is_refused = IsRefused(record);
  std::string_view path = record.Text(is_refused ? "file.path" : "process.executable");
  if (path.empty()) path = record.Text("process.executable");
  const std::string name = Clip(SafeText(path), kMaxColumns);
  const std::string hash = SafeText(record.Text("process.hash.sha256").substr(0, kMaxHashBytes));
  const std::string key = name + "\n" + hash;
  auto found = index_.find(key);
  if (found == index_.end()) {
    if (programs_.size() >= kMaxPrograms) {
      ++left_out_;
      return;
    }
    found = index_.emplace(key, programs_.size()).first;
    programs_.push_back({name, hash, 0, 0, {}});
  }
  Program& program = programs_[found->second];
  ++(is_refused ? program.refused : program.runs);
  std::vector<uint32_t>& subjects = program.subjects;
  if (subjects.size() < kMaxSubjects &&
      std::find(subjects.begin(), subjects.end(), subject) == subjects.end()) {
    subjects.push_back(subject);
  }
}

void ProgramTable::Write(PageJson& json) const {
  json.BeginObject().Key("rows").BeginArray();
  for (const Program& program : programs_) {
    json.BeginObject().Key("path").Text(program.path).Key("sha256").Text(program.hash);
    json.Key("runs").Count(program.runs).Key("refused").Count(program.refused);
    json.Key("subjects").BeginArray();
    for (const uint32_t subject : program.subjects) json.Count(subject);
    json.EndArray().EndObject();
  }
  json.EndArray().Key("left_out").Count(left_out_).EndObject();
}

void EventTable::Add(const TraceRecord& record, const Names& names) {
  constexpr std::array<size_t, 3> kMaxOfKind = {kMaxOrdinary, kMaxRefusals, kMaxViolations};
  const size_t kind = IsViolation(record) ? 2 : IsRefused(record) ? 1 : 0;
  if (kept_[kind] >= kMaxOfKind[kind] || bytes_[kind] >= kMaxBytesOfKind) {
    ++left_out_[kind];
    return;
  }
  std::string deed = Clip(DoingText(record), kMaxColumns);
  if (const uint64_t repeated = RepeatedOf(record); repeated > 0) {
    deed += " (" + std::to_string(repeated) + " times in all)";
  }
  Row row = {record.Number("event.sequence", 0),
             ClockText(record),
             names,
             std::move(deed),
             Clip(VerdictText(record), kMaxColumns),
             kind};
  ++kept_[kind];
  bytes_[kind] += row.deed.size() + row.verdict.size();
  rows_.push_back(std::move(row));
}

void EventTable::Write(PageJson& json) const {
  json.BeginObject().Key("rows").BeginArray();
  for (const Row& row : rows_) {
    json.BeginArray().Number(row.sequence).Text(row.clock);
    json.Count(row.names.subject).Count(row.names.action).Text(row.deed).Text(row.verdict);
    json.Count(row.kind).Count(row.names.place).EndArray();
  }
  json.EndArray().Key("left_out").BeginArray();
  for (size_t kind = left_out_.size(); kind-- > 0;) json.Count(left_out_[kind]);
  json.EndArray().EndObject();
}

}  // namespace safe_trace
