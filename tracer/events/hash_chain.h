// The chain that ties each line of a trace to the line before it. It is not keyed: it shows damage
// and edits of a part; who rewrites the whole file can compute a new chain, which only the head
// hash kept elsewhere would show (docs/trace-schema.md, "What the chain proves").
#ifndef SAFE_TRACE_TRACER_EVENTS_HASH_CHAIN_H_
#define SAFE_TRACE_TRACER_EVENTS_HASH_CHAIN_H_

#include <string>
#include <string_view>

namespace safe_trace {

// 64 lower-case hex digits.
std::string Sha256Hex(std::string_view bytes);

class HashChain {
 public:
  explicit HashChain(std::string_view run_id) : head_(Sha256Hex(run_id)) {}

  // What the next line carries as safe_trace.prev_hash.
  const std::string& head() const { return head_; }
  // `line` without its newline.
  void Advance(std::string_view line) { head_ = Sha256Hex(line); }

 private:
  std::string head_;
};

// Nothing follows the last line that could vouch for it, so it vouches for itself: a last field
// safe_trace.seal with the hash of all bytes before that field. `line` is one JSON object.
void SealLine(std::string& line);
bool SealHolds(std::string_view line);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_EVENTS_HASH_CHAIN_H_
