#include "tools/trace/query.h"

#include <algorithm>
#include <cstdint>

#include "absl/status/status.h"
#include "tools/trace/event_text.h"
#include "tools/trace/json_output.h"
#include "tools/trace/render_show.h"
#include "tools/trace/value_counter.h"
#include "tools/trace/wholeness.h"
#include "tracer/events/trace_log_reader.h"

namespace safe_trace {
namespace {

constexpr int kFound = 0;
constexpr int kNothingOrNotWhole = 1;
constexpr int kCouldNotRead = 2;
constexpr int kCountColumns = 10;

struct Tally {
  uint64_t records = 0;
  uint64_t matches = 0;
  uint64_t unreadable = 0;
  TraceCheck check;
  bool is_being_written = false;
};

class Query {
 public:
  Query(const QueryRequest& request, bool names_runs, const Terminal& terminal, std::ostream& out)
      : request_(request), names_runs_(names_runs), terminal_(terminal), out_(out) {}

  absl::Status Read(const std::string& path, Tally& tally) {
    absl::StatusOr<TraceLogReader> reader = TraceLogReader::Open(path);
    if (!reader.ok()) return reader.status();
    tally.is_being_written = reader->IsBeingWritten();
    TraceVerifier verifier;
    TraceLine line;
    for (;;) {
      const absl::StatusOr<bool> more = reader->Next(line);
      if (!more.ok()) return more.status();
      if (!*more) break;
      const absl::StatusOr<TraceRecord> record = ParseTraceLine(line.text);
      verifier.Feed(line, record.ok() ? &*record : nullptr);
      if (record.ok() && line.is_complete && !line.too_long) {
        ++tally.records;
        Use(path, line.text, *record, tally);
      } else if (line.is_complete) {
        ++tally.unreadable;
      }
    }
    tally.check = verifier.Finish();
    return absl::OkStatus();
  }

  void PrintCounts() const {
    if (request_.json) {
      PrintCountsJson();
      return;
    }
    for (const auto& [value, count] : counter_.Sorted()) PrintCount(count, SafeText(value));
    if (counter_.without() > 0) {
      PrintCount(counter_.without(), "(events without " + SafeText(request_.count_name) + ")");
    }
    if (counter_.not_counted() > 0) {
      PrintCount(counter_.not_counted(), "(beyond the first " +
                                             std::to_string(ValueCounter::kMaxValues) +
                                             " different values: not told apart)");
    }
  }

 private:
  void Use(const std::string& path, std::string_view line, const TraceRecord& record,
           Tally& tally) {
    const bool fits =
        std::all_of(request_.filters.begin(), request_.filters.end(),
                    [&record](const EventFilter& filter) { return Fits(filter, record); });
    if (!fits) return;
    ++tally.matches;
    if (!request_.count_name.empty()) {
      std::vector<std::string> values;
      ForEachValue(record, request_.count_keys, [&values](std::string_view value) {
        values.emplace_back(value);
        return true;
      });
      counter_.AddEvent(std::move(values));
    } else if (request_.json) {
      out_ << JsonLineForOutput(line) << "\n";
    } else {
      if (names_runs_ && tally.matches == 1) {
        out_ << Tinted(terminal_, Tint::kBold, SafeText(path)) << "\n";
      }
      RenderEvent(record, terminal_, out_);
    }
  }

  void PrintCount(uint64_t count, const std::string& safe_text) const {
    std::string text = std::to_string(count);
    if (text.size() < kCountColumns) text.insert(0, kCountColumns - text.size(), ' ');
    out_ << Clip(text + "  " + safe_text, terminal_.columns) << "\n";
  }

  void PrintCountsJson() const {
    out_ << "{\"key\":" << JsonText(request_.count_name) << ",\"counts\":[";
    const char* separator = "";
    for (const auto& [value, count] : counter_.Sorted()) {
      out_ << separator << "{\"value\":" << JsonText(value) << ",\"count\":" << count << "}";
      separator = ",";
    }
    out_ << "],\"without\":" << counter_.without()
         << ",\"not_told_apart\":" << counter_.not_counted() << "}\n";
  }

  const QueryRequest& request_;
  const bool names_runs_;
  const Terminal& terminal_;
  std::ostream& out_;
  ValueCounter counter_;
};

}  // namespace

int QueryTraces(const std::vector<std::string>& paths, const QueryRequest& request,
                const Terminal& terminal, std::ostream& out, std::ostream& err) {
  Query query(request, paths.size() > 1, terminal, out);
  uint64_t matches = 0;
  bool read_all = true;
  bool skipped_lines = false;
  bool all_whole = true;
  const auto complain = [&err](const std::string& path, const std::string& what) {
    err << "safe-trace trace: " << SafeText(path) << ": " << what << "\n";
  };
  for (const std::string& path : paths) {
    Tally tally;
    const absl::Status read = query.Read(path, tally);
    matches += tally.matches;
    if (!read.ok()) {
      err << "safe-trace trace: " << SafeText(std::string(read.message())) << "\n";
      read_all = false;
    } else if (tally.records == 0) {
      complain(path, "not a trace");
      read_all = false;
    } else {
      if (tally.unreadable > 0) {
        complain(path, Counted(tally.unreadable, "line") + " could not be read");
        skipped_lines = true;
      }
      out.flush();  // what was found stands before it
      if (SayWhetherWhole(path, tally.check, tally.is_being_written, err) != 0) all_whole = false;
    }
  }
  if (!request.count_name.empty() && matches > 0) query.PrintCounts();
  if (!read_all || (matches == 0 && skipped_lines)) return kCouldNotRead;
  return matches > 0 && all_whole ? kFound : kNothingOrNotWhole;
}

}  // namespace safe_trace
