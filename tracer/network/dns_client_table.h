// Which local ports belong to sockets of the tree that were connected to the broker. Thread-safe.
#ifndef SAFE_TRACE_TRACER_NETWORK_DNS_CLIENT_TABLE_H_
#define SAFE_TRACE_TRACER_NETWORK_DNS_CLIENT_TABLE_H_

#include <cstdint>
#include <deque>
#include <map>
#include <mutex>
#include <optional>
#include <utility>

namespace safe_trace {

class DnsClientTable {
 public:
  static constexpr size_t kMaximum = 4096;  // the oldest is forgotten

  void Register(bool is_stream, uint16_t port, uint64_t client) {
    std::lock_guard<std::mutex> lock(mutex_);
    auto [entry, is_new] = clients_.insert_or_assign({is_stream, port}, client);
    if (!is_new) return;
    order_.push_back(entry->first);
    if (order_.size() <= kMaximum) return;
    clients_.erase(order_.front());
    order_.pop_front();
  }

  std::optional<uint64_t> Find(bool is_stream, uint16_t port) const {
    std::lock_guard<std::mutex> lock(mutex_);
    auto entry = clients_.find({is_stream, port});
    return entry == clients_.end() ? std::nullopt : std::optional<uint64_t>(entry->second);
  }

 private:
  using Key = std::pair<bool, uint16_t>;
  mutable std::mutex mutex_;
  std::map<Key, uint64_t> clients_;
  std::deque<Key> order_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_DNS_CLIENT_TABLE_H_
