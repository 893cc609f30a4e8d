#include "tracer/relay/relay.h"

#include <poll.h>
#include <sys/resource.h>
#include <sys/socket.h>

#include <atomic>
#include <chrono>
#include <condition_variable>
#include <map>
#include <string>
#include <thread>

#include "gtest/gtest.h"

namespace safe_trace {
namespace {

using std::chrono::milliseconds;
using std::chrono::seconds;

class Watcher final : public RelayWatcher {
 public:
  Judgement Judge(uint64_t, const StreamClaim& claim) override {
    if (claim.name == "slow.example" && ++asked_ < 3) return Judgement::kLater;
    return claim.name == "evil.example" ? Judgement::kRefuse : Judgement::kAllow;
  }
  void Unreadable(uint64_t, std::string_view) override { ++unreadable; }
  bool MaySend(uint64_t, uint64_t bytes) override { return (sent += bytes) <= limit; }
  void Unreachable(uint64_t, int error) override { unreachable = error; }
  void Ended(uint64_t id, const RelayedFlow& flow) override {
    std::lock_guard<std::mutex> lock(mutex_);
    flows_[id] = flow;
    changed_.notify_all();
  }
  void Forget() {
    std::lock_guard<std::mutex> lock(mutex_);
    flows_.clear();
  }
  // Waits for the end of a connection.
  RelayedFlow FlowOf(uint64_t id) {
    std::unique_lock<std::mutex> lock(mutex_);
    EXPECT_TRUE(changed_.wait_for(lock, seconds(20), [&] { return flows_.contains(id); }));
    return flows_[id];
  }

  uint64_t limit = ~uint64_t{0};
  std::atomic<uint64_t> sent = 0;
  std::atomic<int> unreadable = 0, unreachable = 0;

 private:
  std::atomic<int> asked_ = 0;
  std::mutex mutex_;
  std::condition_variable changed_;
  std::map<uint64_t, RelayedFlow> flows_;
};

// A connected pair of TCP sockets on loopback.
struct Pair {
  UniqueFd left, right;
};
Pair TcpPair() {
  Pair pair;
  pair.left.Reset(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  ConnectedStandIn stand_in = ConnectStandIn(pair.left.get(), LoopbackForm::kV4);
  EXPECT_EQ(stand_in.error, 0);
  pair.right = std::move(stand_in.our_end);
  return pair;
}

void SetPatience(int socket) {
  const timeval limit{20, 0};
  setsockopt(socket, SOL_SOCKET, SO_RCVTIMEO, &limit, sizeof(limit));
  setsockopt(socket, SOL_SOCKET, SO_SNDTIMEO, &limit, sizeof(limit));
}

// client <-> relay <-> server
class RelayTest : public ::testing::Test {
 protected:
  RelayTest() {
    auto relay = Relay::Create(watcher_);
    EXPECT_TRUE(relay.ok());
    relay_ = *std::move(relay);
  }
  void Connect() {
    Pair near = TcpPair(), far = TcpPair();
    client_ = std::move(near.left);
    server_ = std::move(far.left);
    SetPatience(client_.get());
    SetPatience(server_.get());
    relay_->Adopt(1, std::move(near.right), std::move(far.right));
  }
  static std::string Receive(int socket, size_t size) {
    std::string text(size, '\0');
    const ssize_t count = recv(socket, text.data(), size, MSG_WAITALL);
    text.resize(count < 0 ? 0 : static_cast<size_t>(count));
    return text;
  }
  static std::string ReceiveAll(int socket) {
    std::string text;
    char piece[65536];
    ssize_t count = 0;
    while ((count = recv(socket, piece, sizeof(piece), 0)) > 0) {
      text.append(piece, static_cast<size_t>(count));
    }
    return text;
  }

  Watcher watcher_;
  std::unique_ptr<Relay> relay_;
  UniqueFd client_, server_;
};

const std::string kRequest = "GET / HTTP/1.1\r\nHost: good.example\r\n\r\n";

TEST_F(RelayTest, TheCommandInheritsNoOtherLimit) {
  rlimit before{}, after{};
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &before), 0);
  ASSERT_TRUE(Relay::Create(watcher_).ok());
  ASSERT_EQ(getrlimit(RLIMIT_NOFILE, &after), 0);
  EXPECT_EQ(before.rlim_cur, after.rlim_cur);
  EXPECT_TRUE(relay_->HasRoom());
}

TEST_F(RelayTest, WhatIsAllowedPassesBothWaysAndIsCounted) {
  Connect();
  ASSERT_EQ(send(client_.get(), kRequest.data(), kRequest.size(), 0),
            static_cast<ssize_t>(kRequest.size()));
  EXPECT_EQ(Receive(server_.get(), kRequest.size()), kRequest);
  ASSERT_EQ(send(server_.get(), "answer", 6, 0), 6);
  EXPECT_EQ(Receive(client_.get(), 6), "answer");
  client_.Reset();
  EXPECT_EQ(ReceiveAll(server_.get()), "");
  server_.Reset();
  const RelayedFlow flow = watcher_.FlowOf(1);
  EXPECT_EQ(flow.sent, kRequest.size());
  EXPECT_EQ(flow.received, 6u);
  EXPECT_TRUE(flow.completed);
}

TEST_F(RelayTest, WhatFollowsAConnectWaitsForTheProxysAnswer) {
  const std::string connect = "CONNECT good.example:25 HTTP/1.1\r\nHost: good.example:25\r\n\r\n";
  for (const bool is_made : {true, false}) {
    const int unreadable = watcher_.unreadable;
    Connect();
    const std::string sent = connect + "\x01 anything";
    ASSERT_GT(send(client_.get(), sent.data(), sent.size(), 0), 0);
    EXPECT_EQ(Receive(server_.get(), connect.size()), connect);
    pollfd silent{server_.get(), POLLIN, 0};
    EXPECT_EQ(poll(&silent, 1, 100), 0);
    const std::string answer = is_made ? "HTTP/1.1 200 Yes\r\n\r\nhello"
                                       : "HTTP/1.1 403 No\r\nContent-Length: 2\r\n\r\nno";
    ASSERT_GT(send(server_.get(), answer.data(), answer.size(), 0), 0);
    if (is_made) {
      EXPECT_EQ(Receive(client_.get(), answer.size()), answer);
      EXPECT_EQ(Receive(server_.get(), 10), "\x01 anything");
      ASSERT_EQ(send(server_.get(), "more", 4, 0), 4);
      EXPECT_EQ(Receive(client_.get(), 4), "more");
    } else {
      EXPECT_EQ(Receive(server_.get(), 1), "");
      EXPECT_EQ(watcher_.unreadable, unreadable + 1);
    }
    client_.Reset();
    server_.Reset();
    watcher_.FlowOf(1);
    watcher_.Forget();
  }
}

TEST_F(RelayTest, AProxyThatHangsUpInsteadOfAnsweringEndsTheConnection) {
  Connect();
  const std::string sent =
      "CONNECT good.example:25 HTTP/1.1\r\nHost: good.example:25\r\n\r\n\x01 anything";
  ASSERT_GT(send(client_.get(), sent.data(), sent.size(), 0), 0);
  EXPECT_EQ(Receive(server_.get(), sent.size() - 10), sent.substr(0, sent.size() - 10));
  server_.Reset();
  EXPECT_EQ(ReceiveAll(client_.get()), "");
  watcher_.FlowOf(1);
}

TEST_F(RelayTest, WhatIsRefusedReachesNobody) {
  Connect();
  const std::string request = "GET / HTTP/1.1\r\nHost: evil.example\r\n\r\n";
  ASSERT_GT(send(client_.get(), request.data(), request.size(), 0), 0);
  EXPECT_EQ(ReceiveAll(server_.get()), "");
  EXPECT_EQ(ReceiveAll(client_.get()), "");
  EXPECT_EQ(watcher_.FlowOf(1).sent, 0u);
}

TEST_F(RelayTest, AClientThatSaysOneWordAndWaitsIsHeard) {
  Connect();
  ASSERT_EQ(send(client_.get(), "GE", 2, 0), 2);
  EXPECT_EQ(Receive(server_.get(), 2), "GE");
  const std::string rest = kRequest.substr(2);
  ASSERT_GT(send(client_.get(), rest.data(), rest.size(), 0), 0);
  EXPECT_EQ(Receive(server_.get(), rest.size()), rest);
}

TEST_F(RelayTest, AWordSentAheadDoesNotHideTheHost) {
  Connect();
  ASSERT_EQ(send(client_.get(), "GE", 2, 0), 2);
  EXPECT_EQ(Receive(server_.get(), 2), "GE");
  ASSERT_EQ(send(server_.get(), "what?", 5, 0), 5);
  Receive(client_.get(), 5);
  const std::string rest = "T / HTTP/1.1\r\nHost: evil.example\r\n\r\n";
  ASSERT_GT(send(client_.get(), rest.data(), rest.size(), 0), 0);
  EXPECT_EQ(ReceiveAll(server_.get()), "");
}

TEST_F(RelayTest, AHalfClosedClientStillGetsALongAnswer) {
  Connect();
  ASSERT_GT(send(client_.get(), kRequest.data(), kRequest.size(), 0), 0);
  ASSERT_EQ(shutdown(client_.get(), SHUT_WR), 0);
  EXPECT_EQ(ReceiveAll(server_.get()), kRequest);
  const std::string answer(8 << 20, 'x');
  std::thread sender([&] {
    size_t sent = 0;
    while (sent < answer.size()) {
      const ssize_t count =
          send(server_.get(), answer.data() + sent, answer.size() - sent, MSG_NOSIGNAL);
      if (count <= 0) break;
      sent += static_cast<size_t>(count);
    }
    server_.Reset();
  });
  EXPECT_TRUE(ReceiveAll(client_.get()) == answer);
  sender.join();
  EXPECT_EQ(watcher_.FlowOf(1).received, answer.size());
}

TEST_F(RelayTest, AReaderThatDoesNotReadHoldsTheSenderBack) {
  Connect();
  ASSERT_GT(send(client_.get(), kRequest.data(), kRequest.size(), 0), 0);
  Receive(server_.get(), kRequest.size());
  const std::string piece(1 << 20, 'x');
  size_t taken = 0;
  while (taken < (1u << 30)) {
    pollfd ready{server_.get(), POLLOUT, 0};
    if (poll(&ready, 1, 500) <= 0) break;
    const ssize_t count = send(server_.get(), piece.data(), piece.size(), MSG_DONTWAIT);
    if (count > 0) taken += static_cast<size_t>(count);
  }
  EXPECT_LT(taken, 256u << 20);
  server_.Reset();
  EXPECT_EQ(ReceiveAll(client_.get()).size(), taken);
}

TEST_F(RelayTest, WhatWasSentBeforeTheEndIsDelivered) {
  Connect();
  const std::string body(4 << 20, 'y');
  const std::string request =
      "POST / HTTP/1.1\r\nHost: good.example\r\nContent-Length: " + std::to_string(body.size()) +
      "\r\n\r\n" + body;
  std::thread reader;
  std::string got;
  reader = std::thread([&] { got = ReceiveAll(server_.get()); });
  size_t sent = 0;
  while (sent < request.size()) {
    const ssize_t count = send(client_.get(), request.data() + sent, request.size() - sent, 0);
    ASSERT_GT(count, 0);
    sent += static_cast<size_t>(count);
  }
  client_.Reset();
  relay_->Finish(seconds(20));
  reader.join();
  EXPECT_TRUE(got == request);
}

TEST_F(RelayTest, MoreThanMayBeSentIsCut) {
  watcher_.limit = 1000;
  Connect();
  const std::string request =
      "POST / HTTP/1.1\r\nHost: good.example\r\nContent-Length: 5000\r\n\r\n" +
      std::string(5000, 'z');
  ASSERT_GT(send(client_.get(), request.data(), request.size(), 0), 0);
  EXPECT_LE(ReceiveAll(server_.get()).size(), 1000u);
  EXPECT_EQ(ReceiveAll(client_.get()), "");
}

TEST_F(RelayTest, AResetOfTheHostIsOneForTheClient) {
  Connect();
  ASSERT_GT(send(client_.get(), kRequest.data(), kRequest.size(), 0), 0);
  Receive(server_.get(), kRequest.size());
  const linger now{1, 0};
  setsockopt(server_.get(), SOL_SOCKET, SO_LINGER, &now, sizeof(now));
  server_.Reset();
  char byte = 0;
  EXPECT_EQ(recv(client_.get(), &byte, 1, 0), -1);
  EXPECT_EQ(errno, ECONNRESET);
}

TEST_F(RelayTest, AWaitingClientIsConnectedWhenTheHostAnswers) {
  UniqueFd listener(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0));
  SocketName name = SocketName::Loopback(AF_INET);
  ASSERT_EQ(bind(listener.get(), name.get(), name.length), 0);
  ASSERT_EQ(listen(listener.get(), 1), 0);
  name = SocketName::LocalOf(listener.get());
  UniqueFd client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  WaitingStandIn stand_in;
  ASSERT_EQ(stand_in.Open(LoopbackForm::kV4), 0);
  ASSERT_EQ(stand_in.Begin(client.get()), EINPROGRESS);
  UniqueFd host(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  ASSERT_EQ(connect(host.get(), name.get(), name.length), -1);
  relay_->Await(1, UniqueFd(dup(client.get())), std::move(stand_in), std::move(host));
  server_.Reset(accept(listener.get(), nullptr, nullptr));
  pollfd ready{client.get(), POLLOUT, 0};
  ASSERT_EQ(poll(&ready, 1, 10000), 1);
  ASSERT_GT(send(client.get(), kRequest.data(), kRequest.size(), 0), 0);
  EXPECT_EQ(Receive(server_.get(), kRequest.size()), kRequest);
}

TEST_F(RelayTest, AWaitingClientIsRefusedWhenTheHostIs) {
  UniqueFd client(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  WaitingStandIn stand_in;
  ASSERT_EQ(stand_in.Open(LoopbackForm::kV4), 0);
  ASSERT_EQ(stand_in.Begin(client.get()), EINPROGRESS);
  SocketName nobody = SocketName::Loopback(AF_INET);
  nobody.SetPort(1);
  UniqueFd host(socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0));
  ASSERT_EQ(connect(host.get(), nobody.get(), nobody.length), -1);
  relay_->Await(1, UniqueFd(dup(client.get())), std::move(stand_in), std::move(host));
  watcher_.FlowOf(1);
  EXPECT_EQ(watcher_.unreachable, ECONNREFUSED);
  int error = 0;
  socklen_t size = sizeof(error);
  ASSERT_EQ(getsockopt(client.get(), SOL_SOCKET, SO_ERROR, &error, &size), 0);
  EXPECT_EQ(error, ECONNREFUSED);
}

}  // namespace
}  // namespace safe_trace
