// What the page lists one by one: violations, changes, programs, events. Bounded.
#ifndef SAFE_TRACE_TOOLS_TRACE_HTML_FINDINGS_H_
#define SAFE_TRACE_TOOLS_TRACE_HTML_FINDINGS_H_

#include <array>
#include <cstdint>
#include <string>
#include <unordered_map>
#include <vector>

#include "tools/trace/html_json.h"
#include "tracer/events/trace_record.h"

namespace safe_trace {

// Equal ones (subject, deed, verdict) are kept once, with their number and the first one's fields.
class FindingTable {
 public:
  void Add(const TraceRecord& record, uint32_t subject);
  // {"rows": [{...}], "left_out": n}
  void Write(PageJson& json) const;
  uint64_t total() const;

 private:
  static constexpr size_t kMaxFindings = 2'000;
  static constexpr size_t kMaxColumns = 1'000;
  static constexpr size_t kMaxFieldBytes = 2'000;
  static constexpr size_t kMaxFieldsBytes = size_t{4} * 1024 * 1024;  // of all fields together

  struct Finding {
    int64_t sequence = 0;
    std::string clock;
    uint32_t subject = 0;
    std::string deed;
    std::string verdict;
    bool is_refused = false;
    bool is_startup_file = false;
    int64_t stack = 0;  // number of its call stack; 0: none
    uint64_t count = 0;
    std::vector<std::pair<std::string, std::vector<std::string>>> fields;
  };
  void KeepFields(const TraceRecord& record, Finding& finding);

  std::vector<Finding> findings_;
  std::unordered_map<std::string, size_t> index_;
  size_t fields_bytes_ = 0;
  uint64_t left_out_ = 0;
};

// Programs that were run or refused, with the hash of their file.
class ProgramTable {
 public:
  void Add(const TraceRecord& record, uint32_t subject);
  void Write(PageJson& json) const;

 private:
  static constexpr size_t kMaxPrograms = 2'000;
  static constexpr size_t kMaxColumns = 500;
  static constexpr size_t kMaxSubjects = 8;

  struct Program {
    std::string path;
    std::string hash;
    uint64_t runs = 0;
    uint64_t refused = 0;
    std::vector<uint32_t> subjects;
  };
  std::vector<Program> programs_;
  std::unordered_map<std::string, size_t> index_;
  uint64_t left_out_ = 0;
};

// The table that can be searched. Violations have room of their own, refusals too, so that
// neither is pushed out by the many ordinary events; of each kind the first ones are kept.
class EventTable {
 public:
  static constexpr size_t kMaxViolations = 20'000;
  static constexpr size_t kMaxRefusals = 5'000;
  static constexpr size_t kMaxOrdinary = 10'000;

  // Numbers in the page's tables of names.
  struct Names {
    uint32_t subject = 0;
    uint32_t action = 0;
    uint32_t place = 0;  // 0: not about a file
  };
  void Add(const TraceRecord& record, const Names& names);
  // {"rows": [[sequence, clock, subject, action, deed, verdict, kind, place]],
  //  "left_out": [violations, refusals, ordinary]}
  // where kind is 0 ordinary, 1 refused, 2 violation.
  void Write(PageJson& json) const;

 private:
  static constexpr size_t kMaxColumns = 400;
  static constexpr size_t kMaxBytesOfKind = size_t{8} * 1024 * 1024;

  struct Row {
    int64_t sequence = 0;
    std::string clock;
    Names names;
    std::string deed;
    std::string verdict;
    size_t kind = 0;
  };
  std::vector<Row> rows_;
  std::array<uint64_t, 3> kept_{};
  std::array<size_t, 3> bytes_{};
  std::array<uint64_t, 3> left_out_{};
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_HTML_FINDINGS_H_
