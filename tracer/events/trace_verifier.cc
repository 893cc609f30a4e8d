#include "tracer/events/trace_verifier.h"

#include "absl/strings/str_cat.h"
#include "tracer/events/hash_chain.h"
#include "tracer/events/json_line.h"

namespace safe_trace {

namespace {

// A run that is killed between two writes leaves whole lines, and so does who cuts lines off; a
// line that ends in its middle was cut by the death of the machine, a full disk, or by hand.
std::string DescribeEnd(const TraceCheck& check, bool is_being_written) {
  if (is_being_written) return "still running";
  if (check.last_line_is_cut) return "cut inside its last line";
  return "cut at the end: the run was killed, or whole lines were taken off";
}

}  // namespace

void TraceVerifier::Decide(TraceState state, uint64_t line, std::string detail) {
  if (decided_) return;
  decided_ = true;
  check_.state = state;
  check_.line = line;
  check_.detail = std::move(detail);
}

void TraceVerifier::Feed(const TraceLine& line, const TraceRecord* record) {
  if (decided_) {
    check_.lines += line.is_complete ? 1 : 0;
    return;
  }
  if (ended_) {
    Decide(TraceState::kChanged, line.number, "something follows the summary");
    return;
  }
  if (!line.is_complete) {
    check_.last_line_is_cut = true;
    return;
  }
  ++check_.lines;
  if (line.number == 1) {
    FeedFirst(line, record);
  } else {
    Link link;
    if (record != nullptr) {
      link = {record->Number("event.sequence", 0), record->Text("safe_trace.prev_hash")};
    }
    FeedNext(line, link);
  }
  if (decided_) return;
  expected_sequence_ = static_cast<int64_t>(line.number) + 1;
  head_ = Sha256Hex(line.text);
  if (record != nullptr && record->Text("event.action") == "run-end") CheckSummary(line, *record);
}

void TraceVerifier::FeedFirst(const TraceLine& line, const TraceRecord* record) {
  const int64_t sequence = record == nullptr ? 0 : record->Number("event.sequence", 0);
  const bool is_ours = sequence > 0 && !record->Text("safe_trace.prev_hash").empty();
  if (!is_ours) {
    first_line_is_bad_ = true;
    return;
  }
  check_.run_id = std::string(record->Text("safe_trace.run_id"));
  check_.promised_key = std::string(record->Text("safe_trace.signing_key"));
  if (sequence > 1) {
    check_.missing = static_cast<uint64_t>(sequence - 1);
    Decide(TraceState::kMissing, 0, "");
  } else if (record->Text("event.action") != "run-start" ||
             record->Text("safe_trace.prev_hash") != Sha256Hex(check_.run_id)) {
    Decide(TraceState::kChanged, line.number, "it is not the first line of its run");
  } else if (record->Number("safe_trace.schema_version", 0) > kTraceSchemaVersion) {
    check_.detail = "written by a newer safe-trace";
  }
}

void TraceVerifier::FeedNext(const TraceLine& line, const Link& link) {
  const bool is_ours = link.sequence > 0 && !link.prev_hash.empty();
  if (first_line_is_bad_) {
    const bool fits = is_ours && link.sequence == 2;
    Decide(fits ? TraceState::kChanged : TraceState::kNotATrace, fits ? 1 : 0,
           fits ? "it is not a line of a trace" : "its first line is not a trace's");
    return;
  }
  const bool fits = is_ours && link.prev_hash == head_;
  if (suspect_.has_value()) {
    // This line vouches for the suspect, so what the suspect did not fit to was changed; otherwise
    // the suspect itself was.
    Decide(TraceState::kChanged, fits ? *suspect_ - 1 : *suspect_, "");
  } else if (!is_ours) {
    Decide(TraceState::kChanged, line.number,
           line.too_long ? "it is longer than any line of a trace" : "it is not a line of a trace");
  } else if (link.sequence == expected_sequence_) {
    if (!fits) suspect_ = line.number;
  } else if (link.sequence > expected_sequence_ && !fits) {
    check_.missing = static_cast<uint64_t>(link.sequence - expected_sequence_);
    Decide(TraceState::kMissing, line.number - 1, "");
  } else {
    Decide(TraceState::kChanged, line.number, "its number is out of order");
  }
}

void TraceVerifier::CheckSummary(const TraceLine& line, const TraceRecord& record) {
  ended_ = true;
  check_.signing_key = std::string(record.Text("safe_trace.signing_key"));
  check_.signature = CheckSignature(line.text, check_.run_id, check_.signing_key);
  const bool holds = SealHolds(line.text);
  if (suspect_.has_value()) {
    Decide(TraceState::kChanged, holds ? line.number - 1 : line.number, "");
  } else if (!holds) {
    Decide(TraceState::kChanged, line.number, "the summary is not as it was written");
  }
}

TraceCheck TraceVerifier::Finish() {
  check_.head_hash = head_;
  if (decided_) return check_;
  if (suspect_.has_value()) {
    Decide(TraceState::kChanged, *suspect_ - 1,
           absl::StrCat("or line ", *suspect_, ", after which nothing follows that could tell"));
  } else if (first_line_is_bad_ || (check_.lines == 0 && check_.last_line_is_cut)) {
    Decide(TraceState::kNotATrace, 0, "its first line is not a trace's");
  } else {
    check_.state = ended_ ? TraceState::kComplete : TraceState::kUnfinished;
  }
  return check_;
}

absl::StatusOr<TraceCheck> VerifyTrace(TraceLogReader& reader) {
  TraceVerifier verifier;
  TraceLine line;
  for (;;) {
    const absl::StatusOr<bool> more = reader.Next(line);
    if (!more.ok()) return more.status();
    if (!*more) return verifier.Finish();
    const absl::StatusOr<TraceRecord> record = ParseTraceLine(line.text);
    verifier.Feed(line, record.ok() ? &*record : nullptr);
  }
}

SignatureVerdict JudgeSignature(const TraceCheck& check, const VerifyingKey* wanted) {
  switch (check.signature) {
    case SignatureState::kFalse:
      return SignatureVerdict::kFalse;
    case SignatureState::kNone:
      return wanted == nullptr && check.promised_key.empty() && check.signing_key.empty()
                 ? SignatureVerdict::kUnsigned
                 : SignatureVerdict::kMissing;
    case SignatureState::kHolds:
      break;
  }
  const std::string expected = wanted == nullptr ? check.promised_key : wanted->ToHex();
  return check.signing_key == expected ? SignatureVerdict::kSigned : SignatureVerdict::kOtherKey;
}

std::string DescribeSignature(const TraceCheck& check, const VerifyingKey* wanted) {
  switch (JudgeSignature(check, wanted)) {
    case SignatureVerdict::kSigned:
      return absl::StrCat("signed with ", check.signing_key,
                          wanted == nullptr ? " (whose key that is, --key PUBLIC-KEY tells)" : "");
    case SignatureVerdict::kUnsigned:
      return "";
    case SignatureVerdict::kMissing:
      return check.promised_key.empty()
                 ? "not signed"
                 : absl::StrCat("not signed, though it was to be signed with ", check.promised_key);
    case SignatureVerdict::kOtherKey:
      return absl::StrCat("signed with another key: ", check.signing_key);
    case SignatureVerdict::kFalse:
      return "the signature is false: not made with the key that it names";
  }
  return "";
}

std::string DescribeCheck(const TraceCheck& check, bool is_being_written) {
  const std::string detail = check.detail.empty() ? "" : absl::StrCat(": ", check.detail);
  switch (check.state) {
    case TraceState::kComplete:
      return absl::StrCat("complete, ", check.lines, " lines", detail);
    case TraceState::kUnfinished:
      return absl::StrCat(DescribeEnd(check, is_being_written), ", ", check.lines,
                          " lines verified, no summary", detail);
    case TraceState::kChanged:
      return absl::StrCat("line ", check.line, " was changed", detail);
    case TraceState::kMissing:
      return check.line == 0
                 ? absl::StrCat(check.missing, " line(s) missing at the beginning", detail)
                 : absl::StrCat(check.missing, " line(s) missing after line ", check.line, detail);
    case TraceState::kNotATrace:
      break;
  }
  return absl::StrCat("not a trace", detail);
}

}  // namespace safe_trace
