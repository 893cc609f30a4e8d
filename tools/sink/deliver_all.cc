#include <algorithm>
#include <chrono>

#include "tools/sink/delivery.h"

namespace safe_trace {
namespace {

using std::chrono::milliseconds;
constexpr milliseconds kFirstPause(100);
constexpr milliseconds kLongestPause(5000);

// False where the queue is over, and the batch with it.
bool DeliverBatch(EventQueue& queue, Delivery& delivery,
                  const std::vector<EventQueue::Event>& batch) {
  milliseconds pause = kFirstPause;
  for (;;) {
    const Delivered result = delivery.Send(batch, [&queue] { return queue.MayGoOn(); });
    queue.Failed(result.error);
    if (result.kind == Delivered::Kind::kDone) {
      const size_t rejected = std::min<size_t>(result.rejected, batch.size());
      queue.Delivered(batch.size() - rejected, rejected);
      return true;
    }
    if (result.kind == Delivered::Kind::kRejected) {
      queue.Delivered(0, batch.size());
      return true;
    }
    if (!queue.Pause(pause)) return false;
    pause = std::min(2 * pause, kLongestPause);
  }
}

}  // namespace

void DeliverAll(EventQueue& queue, Delivery& delivery) {
  for (;;) {
    const std::vector<EventQueue::Event> batch = queue.TakeBatch();
    if (batch.empty() || !DeliverBatch(queue, delivery, batch)) return queue.GaveUp(batch);
  }
}

}  // namespace safe_trace
