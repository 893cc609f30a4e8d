// How batches get to a sink. Each delivery belongs to one thread.
#ifndef SAFE_TRACE_TOOLS_SINK_DELIVERY_H_
#define SAFE_TRACE_TOOLS_SINK_DELIVERY_H_

#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "tools/sink/event_queue.h"
#include "tools/sink/otlp_records.h"
#include "tracer/events/sink_address.h"

namespace safe_trace {

struct Delivered {
  enum class Kind : uint8_t {
    kDone,      // the sink has them, but for `rejected`
    kRejected,  // it will never take them
    kRetry,     // not now
  };
  Kind kind = Kind::kDone;
  uint64_t rejected = 0;
  std::string error;
};

class Delivery {
 public:
  virtual ~Delivery() = default;
  // Waits for the sink no longer than some seconds, and asks `may_go_on` meanwhile.
  virtual Delivered Send(const std::vector<EventQueue::Event>& batch,
                         const std::function<bool()>& may_go_on) = 0;
};

// A stream socket; a line each. A line that a sink took only in part is sent again as a whole.
std::unique_ptr<Delivery> MakeUnixDelivery(std::string path);
// OTLP over plain HTTP/1.1, in JSON. Follows no redirect and uses no proxy.
std::unique_ptr<Delivery> MakeOtlpDelivery(std::string url, OtlpResource resource);

// Takes batches from the queue until it is closed and empty, or over.
void DeliverAll(EventQueue& queue, Delivery& delivery);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_SINK_DELIVERY_H_
