#include "tracer/network/address_book.h"

#include <algorithm>

namespace safe_trace {
namespace {

// An address in an AAAA record may be an IPv4 one in disguise; sockets reach the same host.
IpAddress Normalised(const IpAddress& address) {
  static constexpr std::array<uint8_t, 12> kMapped{0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff};
  if (!address.is_v6 || !std::equal(kMapped.begin(), kMapped.end(), address.bytes.begin())) {
    return address;
  }
  IpAddress plain;
  std::copy_n(address.bytes.begin() + 12, 4, plain.bytes.begin());
  return plain;
}

}  // namespace

void AddressBook::AddAnswer(const std::string& name, std::span<const IpAddress> addresses,
                            std::chrono::seconds ttl) {
  const Clock::time_point until = now_() + std::clamp(ttl, kShortestLifetime, kLongestLifetime);
  std::lock_guard<std::mutex> lock(mutex_);
  for (const IpAddress& raw : addresses) {
    IpAddress address = Normalised(raw);
    if (address.IsLoopback() || address.IsUnspecified() || address.IsLinkLocal()) continue;
    Add(name, address, until);
  }
}

void AddressBook::AddStatic(const std::string& name, const IpAddress& address) {
  std::lock_guard<std::mutex> lock(mutex_);
  Add(name, Normalised(address), Clock::time_point::max());
}

void AddressBook::Add(const std::string& name, const IpAddress& address, Clock::time_point until) {
  auto [entry, is_new] = by_name_.try_emplace(name);
  if (is_new) order_.push_back(name);
  std::deque<IpAddress>& known = entry->second;
  if (std::find(known.begin(), known.end(), address) != known.end()) {
    Clock::time_point& counts_until = by_address_.at(address).at(name);
    counts_until = std::max(counts_until, until);
    return;
  }
  if (known.size() == kMaximumAddressesPerName) {
    auto oldest = by_address_.find(known.front());
    oldest->second.erase(name);
    if (oldest->second.empty()) by_address_.erase(oldest);
    known.pop_front();
  }
  known.push_back(address);
  by_address_[address].emplace(name, until);
  if (by_name_.size() > kMaximumNames) {
    std::string oldest = std::move(order_.front());
    order_.pop_front();
    Forget(oldest);
  }
}

void AddressBook::Forget(const std::string& name) {
  auto entry = by_name_.find(name);
  if (entry == by_name_.end()) return;
  for (const IpAddress& address : entry->second) {
    auto names = by_address_.find(address);
    names->second.erase(name);
    if (names->second.empty()) by_address_.erase(names);
  }
  by_name_.erase(entry);
}

std::vector<std::string> AddressBook::NamesOf(const IpAddress& address) const {
  const Clock::time_point now = now_();
  std::lock_guard<std::mutex> lock(mutex_);
  auto names = by_address_.find(address);
  if (names == by_address_.end()) return {};
  std::vector<std::string> counting;
  for (const auto& [name, until] : names->second) {
    if (now < until) counting.push_back(name);
  }
  return counting;
}

}  // namespace safe_trace
