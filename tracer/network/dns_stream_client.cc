#include "tracer/network/dns_stream_client.h"

#include <sys/socket.h>

#include <cerrno>

namespace safe_trace {
namespace {

constexpr size_t kMaximumQueued = 256 * 1024;
constexpr size_t kMaximumReceived = 64 * 1024;

}  // namespace

bool DnsStreamClient::Receive() {
  uint8_t buffer[4096];
  ssize_t size = recv(socket_.get(), buffer, sizeof(buffer), MSG_DONTWAIT);
  if (size < 0) return errno == EAGAIN || errno == EINTR;
  if (size == 0 || in_.size() + static_cast<size_t>(size) > kMaximumReceived) return false;
  in_.insert(in_.end(), buffer, buffer + size);
  return true;
}

std::optional<DnsBytes> DnsStreamClient::NextMessage() {
  if (in_.size() < 2) return std::nullopt;
  size_t length = static_cast<size_t>(in_[0]) << 8 | in_[1];
  if (in_.size() < 2 + length) return std::nullopt;
  auto end = in_.begin() + static_cast<ptrdiff_t>(2 + length);
  DnsBytes message(in_.begin() + 2, end);
  in_.erase(in_.begin(), end);
  return message;
}

bool DnsStreamClient::Send(const DnsBytes& message) {
  if (message.size() > 0xffff || out_.size() + message.size() + 2 > kMaximumQueued) return false;
  out_.push_back(static_cast<uint8_t>(message.size() >> 8));
  out_.push_back(static_cast<uint8_t>(message.size()));
  out_.insert(out_.end(), message.begin(), message.end());
  return Flush();
}

bool DnsStreamClient::Flush() {
  while (!out_.empty()) {
    ssize_t sent = send(socket_.get(), out_.data(), out_.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0) return errno == EAGAIN || errno == EINTR;
    out_.erase(out_.begin(), out_.begin() + sent);
  }
  return true;
}

}  // namespace safe_trace
