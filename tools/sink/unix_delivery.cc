#include <fcntl.h>
#include <poll.h>
#include <sys/socket.h>
#include <sys/un.h>

#include <cerrno>
#include <chrono>
#include <cstring>

#include "tools/sink/delivery.h"
#include "tracer/unique_fd.h"

namespace safe_trace {
namespace {

constexpr int kPollMs = 100;
// A sink that takes nothing for so long is as good as gone.
constexpr std::chrono::seconds kStuck(10);

class UnixDelivery : public Delivery {
 public:
  explicit UnixDelivery(std::string path) : path_(std::move(path)) {}

  Delivered Send(const std::vector<EventQueue::Event>& batch,
                 const std::function<bool()>& may_go_on) override {
    std::string text;
    for (const EventQueue::Event& event : batch) text.append(event.line).push_back('\n');
    // Lines that went out whole are not sent twice: taking up again begins with the torn one.
    size_t sent = sent_;
    if (!socket_.valid() && !Connect()) return Retry("connecting", errno);
    auto progress = std::chrono::steady_clock::now();
    while (sent < text.size()) {
      const ssize_t count =
          send(socket_.get(), text.data() + sent, text.size() - sent, MSG_NOSIGNAL | MSG_DONTWAIT);
      if (count > 0) {
        sent += static_cast<size_t>(count);
        progress = std::chrono::steady_clock::now();
        continue;
      }
      const int error = count < 0 ? errno : EPIPE;
      if (error == EINTR) continue;
      const bool is_stuck = std::chrono::steady_clock::now() - progress > kStuck;
      if (error != EAGAIN || is_stuck || !may_go_on()) {
        Forget(text, sent);
        return Retry("sending", is_stuck ? ETIMEDOUT : error);
      }
      pollfd entry{socket_.get(), POLLOUT, 0};
      (void)poll(&entry, 1, kPollMs);
    }
    sent_ = 0;
    return {};
  }

 private:
  bool Connect() {
    socket_.Reset(socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
    sockaddr_un address{};
    address.sun_family = AF_UNIX;
    std::memcpy(address.sun_path, path_.c_str(), path_.size() + 1);
    if (socket_.valid() &&
        connect(socket_.get(), reinterpret_cast<const sockaddr*>(&address), sizeof(address)) == 0) {
      return true;
    }
    const int error = errno;
    socket_.Reset();
    errno = error;
    return false;
  }

  void Forget(const std::string& text, size_t sent) {
    const size_t newline = sent == 0 ? std::string::npos : text.rfind('\n', sent - 1);
    sent_ = newline == std::string::npos ? 0 : newline + 1;
    socket_.Reset();
  }

  static Delivered Retry(const char* what, int error) {
    return {Delivered::Kind::kRetry, 0, std::string(what) + ": " + strerror(error)};
  }

  const std::string path_;
  UniqueFd socket_;
  size_t sent_ = 0;  // bytes of whole lines of the batch that the last try got out
};

}  // namespace

std::unique_ptr<Delivery> MakeUnixDelivery(std::string path) {
  return std::make_unique<UnixDelivery>(std::move(path));
}

}  // namespace safe_trace
