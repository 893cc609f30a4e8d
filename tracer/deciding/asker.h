// Whether the user is asked about what would be refused.
#ifndef SAFE_TRACE_TRACER_DECIDING_ASKER_H_
#define SAFE_TRACE_TRACER_DECIDING_ASKER_H_

#include <cstdint>
#include <memory>
#include <string>

#include "policy/decision.h"
#include "tracer/tracee/process_tree.h"

namespace safe_trace {

// A host that a process may not reach.
struct AskedHost {
  std::string doing;        // for a person: "look up example.com"
  std::string host;         // a name, or an address without brackets
  uint16_t port = 0;        // 0: any
  bool is_address = false;  // `host` is one that was connected to, not a name that was asked for
};

// Thread-safe. An answer becomes part of the policy: the same decision, taken again, then differs.
class Asker {
 public:
  virtual ~Asker() = default;
  // True while the user is being asked, from now on or already: decide again later. False: the
  // refusal stands. Never blocks.
  virtual bool IsAsking(const std::shared_ptr<const Process>& process, const Decision& refused,
                        const AskedHost& asked) = 0;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_DECIDING_ASKER_H_
