// Checks the chain of a trace and tells the kinds of damage apart.
#ifndef SAFE_TRACE_TRACER_EVENTS_TRACE_VERIFIER_H_
#define SAFE_TRACE_TRACER_EVENTS_TRACE_VERIFIER_H_

#include <cstdint>
#include <optional>
#include <string>

#include "absl/status/statusor.h"
#include "tracer/events/signing_key.h"
#include "tracer/events/trace_log_reader.h"
#include "tracer/events/trace_record.h"

namespace safe_trace {

enum class TraceState : uint8_t {
  kComplete,    // every line is in the chain and the last one is the summary
  kUnfinished,  // every line is in the chain, but there is no summary: killed, or still running
  kChanged,     // line `line` is not what was written
  kMissing,     // `missing` lines after line `line` are gone (0: from the beginning)
  kNotATrace,
};

struct TraceCheck {
  TraceState state = TraceState::kNotATrace;
  uint64_t line = 0;
  uint64_t missing = 0;
  uint64_t lines = 0;             // whole lines read
  bool last_line_is_cut = false;  // the file ends inside a line
  std::string run_id;
  std::string head_hash;  // of the last line that was checked
  std::string detail;     // one clause for a person, "" where the state says it all
  // Of the summary; kNone where there is no summary.
  SignatureState signature = SignatureState::kNone;
  std::string signing_key;   // that the summary names, 64 hex digits; "" for none
  std::string promised_key;  // that the first line names
};

// What a signature says to somebody who knows the key that should have made it.
enum class SignatureVerdict : uint8_t {
  kSigned,    // by the key asked for, or, where none was, by the one that the trace names
  kUnsigned,  // and nothing in the trace, nor the question, says that it should be signed
  kMissing,   // a signature was asked for or promised in the first line, and there is none
  kOtherKey,  // a true one, but of another key
  kFalse,     // not made with the key that it names: forged, or the line was changed
};
// `wanted`: null where nobody asked for a key. Of a trace without summary: kUnsigned or kMissing.
SignatureVerdict JudgeSignature(const TraceCheck& check, const VerifyingKey* wanted);
// One clause: "signed with 3b6a27bc...". "" for kUnsigned.
std::string DescribeSignature(const TraceCheck& check, const VerifyingKey* wanted);

// Fed with every line of one trace in order. The first damage found is the one reported.
class TraceVerifier {
 public:
  // `record` is the parsed line, null where it did not parse.
  void Feed(const TraceLine& line, const TraceRecord* record);
  TraceCheck Finish();

 private:
  struct Link {
    int64_t sequence = 0;
    std::string_view prev_hash;
  };
  void FeedFirst(const TraceLine& line, const TraceRecord* record);
  void FeedNext(const TraceLine& line, const Link& link);
  void CheckSummary(const TraceLine& line, const TraceRecord& record);
  void Decide(TraceState state, uint64_t line, std::string detail);

  TraceCheck check_;
  bool decided_ = false;
  bool ended_ = false;              // the summary was seen
  bool first_line_is_bad_ = false;  // a trace with a broken header, or no trace: line 2 tells
  int64_t expected_sequence_ = 1;
  std::string head_;
  // A line whose prev_hash does not fit: either it or the line before was changed; the next tells.
  std::optional<uint64_t> suspect_;
};

absl::StatusOr<TraceCheck> VerifyTrace(TraceLogReader& reader);

// "line 12 was changed: ...": the state as a sentence without the file's name.
std::string DescribeCheck(const TraceCheck& check, bool is_being_written);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_EVENTS_TRACE_VERIFIER_H_
