// Which names were answered with which addresses during the run. Thread-safe and bounded.
#ifndef SAFE_TRACE_TRACER_NETWORK_ADDRESS_BOOK_H_
#define SAFE_TRACE_TRACER_NETWORK_ADDRESS_BOOK_H_

#include <deque>
#include <map>
#include <mutex>
#include <set>
#include <span>
#include <string>
#include <vector>

#include "policy/access_request.h"

namespace safe_trace {

class AddressBook {
 public:
  static constexpr size_t kMaximumNames = 4096;  // the oldest is forgotten
  static constexpr size_t kMaximumAddressesPerName = 64;

  // What a resolver said. Addresses of this machine, of its link, and unspecified ones are left
  // out: an allowed name whose owner answers 127.0.0.1 must not open the way to local services.
  void AddAnswer(const std::string& name, std::span<const IpAddress> addresses);
  // What /etc/hosts says: believed as it is.
  void AddStatic(const std::string& name, const IpAddress& address);
  // In alphabetical order.
  std::vector<std::string> NamesOf(const IpAddress& address) const;

 private:
  void Add(const std::string& name, const IpAddress& address);
  void Forget(const std::string& name);

  mutable std::mutex mutex_;
  std::map<std::string, std::deque<IpAddress>> by_name_;
  std::map<IpAddress, std::set<std::string>> by_address_;
  std::deque<std::string> order_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_NETWORK_ADDRESS_BOOK_H_
