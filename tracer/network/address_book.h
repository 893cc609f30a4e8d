// Which names were answered with which addresses, for as long as the answers count. Thread-safe and
// bounded.
#ifndef SAFE_TRACE_TRACER_NETWORK_ADDRESS_BOOK_H_
#define SAFE_TRACE_TRACER_NETWORK_ADDRESS_BOOK_H_

#include <chrono>
#include <deque>
#include <functional>
#include <map>
#include <mutex>
#include <span>
#include <string>
#include <vector>

#include "policy/access_request.h"

namespace safe_trace {

class AddressBook {
 public:
  static constexpr size_t kMaximumNames = 4096;  // the oldest is forgotten
  static constexpr size_t kMaximumAddressesPerName = 64;

  // Programs look a name up once and connect for as long as they work (a download that is retried,
  // a pool of connections), whatever its lifetime: shorter ones are taken for this.
  static constexpr std::chrono::seconds kShortestLifetime = std::chrono::minutes(10);
  // What an address was a day ago, nobody knows.
  static constexpr std::chrono::seconds kLongestLifetime = std::chrono::hours(24);

  using Clock = std::chrono::steady_clock;
  // Asked for the time at each call, by the caller's thread.
  explicit AddressBook(std::function<Clock::time_point()> now = Clock::now)
      : now_(std::move(now)) {}

  // What a resolver said, for `ttl` within the bounds above; an earlier answer that counts for
  // longer still does. Addresses of this machine, of its link, and unspecified ones are left
  // out: an allowed name whose owner answers 127.0.0.1 must not open the way to local services.
  void AddAnswer(const std::string& name, std::span<const IpAddress> addresses,
                 std::chrono::seconds ttl);
  // What /etc/hosts says: believed as it is, and for ever.
  void AddStatic(const std::string& name, const IpAddress& address);
  // In alphabetical order.
  std::vector<std::string> NamesOf(const IpAddress& address) const;

 private:
  void Add(const std::string& name, const IpAddress& address, Clock::time_point until);
  void Forget(const std::string& name);

  const std::function<Clock::time_point()> now_;
  mutable std::mutex mutex_;
  std::map<std::string, std::deque<IpAddress>> by_name_;
  std::map<IpAddress, std::map<std::string, Clock::time_point>> by_address_;  // until when
  std::deque<std::string> order_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_ADDRESS_BOOK_H_
