#include "tools/trace/verify_verb.h"

#include "tools/trace/display_text.h"
#include "tracer/events/trace_log_reader.h"
#include "tracer/events/trace_verifier.h"

namespace safe_trace {
namespace {

enum : int { kWhole = 0, kDamaged = 1, kCouldNotRead = 2, kNotSigned = 3 };

int StatusOf(const TraceCheck& check, const VerifyingKey* key) {
  if (check.state != TraceState::kComplete) return kDamaged;
  const SignatureVerdict verdict = JudgeSignature(check, key);
  const bool is_good =
      verdict == SignatureVerdict::kSigned || verdict == SignatureVerdict::kUnsigned;
  return is_good ? kWhole : kNotSigned;
}

int Complain(const absl::Status& status, std::ostream& err) {
  err << "safe-trace trace: " << SafeText(std::string(status.message())) << "\n";
  return kCouldNotRead;
}

}  // namespace

int VerifyFile(const std::string& path, const std::optional<VerifyingKey>& key, std::ostream& out,
               std::ostream& err) {
  const VerifyingKey* wanted = key.has_value() ? &*key : nullptr;
  absl::StatusOr<TraceLogReader> reader = TraceLogReader::Open(path);
  if (!reader.ok()) return Complain(reader.status(), err);
  const absl::StatusOr<TraceCheck> check = VerifyTrace(*reader);
  if (!check.ok()) return Complain(check.status(), err);
  out << SafeText(path) << ": " << SafeText(DescribeCheck(*check, reader->IsBeingWritten()));
  if (check->state == TraceState::kComplete) out << ", head " << check->head_hash;
  // Of a trace whose lines do not hold together a signature says nothing more.
  const bool is_whole =
      check->state == TraceState::kComplete || check->state == TraceState::kUnfinished;
  const std::string signature = is_whole ? DescribeSignature(*check, wanted) : "";
  if (!signature.empty()) out << "; " << SafeText(signature);
  out << "\n";
  return StatusOf(*check, wanted);
}

}  // namespace safe_trace
