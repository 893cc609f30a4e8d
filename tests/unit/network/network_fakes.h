// Fakes and small helpers for the network's tests: a child that holds copies of the test's sockets
// and waits, rules that a test sets, a broker and a reporter that remember.
#ifndef SAFE_TRACE_TESTS_UNIT_NETWORK_NETWORK_FAKES_H_
#define SAFE_TRACE_TESTS_UNIT_NETWORK_NETWORK_FAKES_H_

#include <arpa/inet.h>
#include <netinet/in.h>
#include <signal.h>
#include <stdlib.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/un.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cstring>
#include <filesystem>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <utility>
#include <vector>

#include "gtest/gtest.h"
#include "tracer/network/network_handlers.h"
#include "tracer/network/remote_socket.h"
#include "tracer/network/socket_address.h"

namespace safe_trace::testing {

// Inherits every descriptor of the test at its start, then waits to be killed.
class WaitingChild {
 public:
  WaitingChild() {
    int ready[2];
    EXPECT_EQ(pipe(ready), 0);
    pid_ = fork();
    if (pid_ == 0) {
      prctl(PR_SET_PDEATHSIG, SIGKILL);
      close(ready[0]);
      close(ready[1]);
      while (true) pause();
    }
    // The end of the pipe: by then the child holds nothing but what the test had before.
    close(ready[1]);
    char byte = 0;
    EXPECT_EQ(read(ready[0], &byte, 1), 0);
    close(ready[0]);
  }
  ~WaitingChild() {
    if (pid_ <= 0) return;
    kill(pid_, SIGKILL);
    waitpid(pid_, nullptr, 0);
  }
  pid_t pid() const { return pid_; }
  // The signal that ended it.
  int WaitForDeath() {
    int status = 0;
    waitpid(pid_, &status, 0);
    pid_ = -1;
    return WIFSIGNALED(status) ? WTERMSIG(status) : 0;
  }

 private:
  pid_t pid_ = -1;
};

// The tracee's memory is the test's own. Address 1 is not mapped.
class OwnMemory final : public TraceeMemory {
 public:
  absl::Status Read(pid_t, uint64_t address, void* buffer, size_t size) const override {
    if (address < 4096) return absl::OutOfRangeError("not mapped");
    memcpy(buffer, reinterpret_cast<const void*>(address), size);
    if (after_read) after_read(address);
    return absl::OkStatus();
  }
  absl::StatusOr<size_t> ReadSome(pid_t tid, uint64_t address, void* buffer,
                                  size_t size) const override {
    absl::Status status = Read(tid, address, buffer, size);
    if (!status.ok()) return status;
    return size;
  }
  absl::Status Write(pid_t, uint64_t address, const void* buffer, size_t size) const override {
    if (address < 4096) return absl::OutOfRangeError("not mapped");
    memcpy(reinterpret_cast<void*>(address), buffer, size);
    return absl::OkStatus();
  }
  // Another thread of the tracee, at the worst moment.
  std::function<void(uint64_t)> after_read;
};

inline const Rule& AllowRule() {
  static const Rule kRule{"test.allow", "the test allows it"};
  return kRule;
}
inline const Rule& DenyRule() {
  static const Rule kRule{"test.deny", "the test refuses it"};
  return kRule;
}
inline Decision Allow() { return {Verdict::kAllow, 0, &AllowRule(), false}; }
inline Decision Deny(int error = EACCES) { return {Verdict::kDeny, error, &DenyRule(), true}; }

// What a test did not set is refused.
class FakeRules final : public NetworkRules {
 public:
  std::function<bool(const Subject&, const NetworkRequest&)> network;
  std::function<bool(const Subject&, const StreamRequest&)> stream;
  bool direct = false, datagrams = true;
  std::function<bool(const Subject&, const NameRequest&)> name;
  std::function<bool(const Subject&, const UnixSocketRequest&)> unix_socket;
  std::function<bool(const Subject&, const FileRequest&)> file;

  Decision EvaluateNetwork(const Subject& s, const NetworkRequest& r) const override {
    return network && network(s, r) ? Allow() : Deny();
  }
  Decision EvaluateStream(const Subject& s, const StreamRequest& r) const override {
    return stream && stream(s, r) ? Allow() : Deny();
  }
  bool IsDirect(const Subject&, const NetworkRequest&) const override { return direct; }
  bool CarriesDatagrams(const Subject&, const NetworkRequest&) const override { return datagrams; }
  Decision EvaluateName(const Subject& s, const NameRequest& r) const override {
    return name && name(s, r) ? Allow() : Deny();
  }
  Decision EvaluateUnixSocket(const Subject& s, const UnixSocketRequest& r) const override {
    return unix_socket && unix_socket(s, r) ? Allow() : Deny();
  }
  Decision EvaluateFile(const Subject& s, const FileRequest& r) const override {
    return file && file(s, r) ? Allow() : Deny();
  }
};

class FakeBroker final : public DnsBroker {
 public:
  bool AddressFor(int family, bool, sockaddr_storage& address, socklen_t& length) const override {
    auto entry = addresses.find(family);
    if (entry == addresses.end()) return false;
    address = entry->second.storage;
    length = entry->second.length;
    return true;
  }
  void RegisterClient(bool is_stream, uint16_t port, uint64_t client) override {
    clients[{is_stream, port}] = client;
  }
  std::vector<std::string> NamesOf(const IpAddress& address) const override {
    auto entry = names.find(address);
    return entry == names.end() ? std::vector<std::string>{} : entry->second;
  }
  std::map<int, RawSocketAddress> addresses;
  std::map<std::pair<bool, uint16_t>, uint64_t> clients;
  std::map<IpAddress, std::vector<std::string>> names;
};

class FakeReporter final : public Reporter {
 public:
  struct Line {
    Decision decision;
    TraceEvent event;
    std::string doing;
    std::string how_to_allow;
  };
  void ReportDecision(const Process&, const Decision& decision, TraceEvent event,
                      std::string_view doing, std::string_view how_to_allow) override {
    decisions.push_back(
        {decision, std::move(event), std::string(doing), std::string(how_to_allow)});
  }
  void NoteChange(const Process&, std::string_view, const struct stat*) override {}
  void ReportEvent(const Process&, TraceEvent event) override {
    events.push_back(std::move(event));
  }
  std::vector<Line> decisions;
  std::vector<TraceEvent> events;
};

inline std::string Field(const TraceEvent& event, std::string_view key) {
  for (const auto& [name, value] : event.fields) {
    if (name != key) continue;
    if (const auto* text = std::get_if<std::string>(&value)) return *text;
    if (const auto* number = std::get_if<int64_t>(&value)) return std::to_string(*number);
    if (const auto* list = std::get_if<std::vector<std::string>>(&value)) {
      return list->empty() ? "" : list->front();
    }
  }
  return "";
}

inline IpAddress Ip(const char* text) {
  IpAddress address;
  EXPECT_TRUE(ParseIpAddress(text, address)) << text;
  return address;
}
inline RawSocketAddress Inet(const char* ip, uint16_t port, bool as_v6 = false) {
  InetAddress address;
  address.ip = Ip(ip);
  address.port = port;
  address.as_v6 = as_v6 || address.ip.is_v6;
  return EncodeInetAddress(address);
}

// A fresh directory, removed at the end.
class TemporaryDirectory {
 public:
  TemporaryDirectory() {
    char name[] = "/tmp/safe-trace-net-XXXXXX";
    EXPECT_NE(mkdtemp(name), nullptr);
    path_ = std::filesystem::canonical(name);
  }
  ~TemporaryDirectory() {
    std::error_code ignored;
    std::filesystem::remove_all(path_, ignored);
  }
  std::string operator/(const std::string& name) const { return (path_ / name).string(); }
  std::string path() const { return path_.string(); }

 private:
  std::filesystem::path path_;
};

// A server on loopback with a port of the kernel's choice.
struct Listener {
  UniqueFd fd;
  uint16_t port = 0;
};
inline Listener Listen(int type, const char* ip = "127.0.0.1", int backlog = 16) {
  RawSocketAddress address = Inet(ip, 0);
  Listener listener;
  listener.fd.Reset(socket(address.storage.ss_family, type | SOCK_CLOEXEC, 0));
  EXPECT_EQ(bind(listener.fd.get(), address.get(), address.length), 0) << strerror(errno);
  if (type == SOCK_STREAM) {
    EXPECT_EQ(listen(listener.fd.get(), backlog), 0);
  }
  listener.port = LocalPort(listener.fd.get());
  return listener;
}

inline ino_t SocketInode(int fd) {
  struct stat status {};
  EXPECT_EQ(fstat(fd, &status), 0);
  return status.st_ino;
}

// Everything that NetworkHandlers needs, all fake but the sockets. The child is started by the
// first call, so that it has every socket that the test made before.
class HandlerTest : public ::testing::Test {
 protected:
  HandlerTest() {
    auto rules = std::make_unique<FakeRules>();
    rules_ = rules.get();
    handlers_ = std::make_unique<NetworkHandlers>(std::move(rules), memory_, broker_, listeners_,
                                                  reporter_);
    SetRole(Role::kManager);
  }

  void SetRole(Role role) {
    auto domain = std::make_shared<Domain>();
    domain->subject.role = role;
    process_.domain = std::move(domain);
  }

  SyscallAction Call(int number, std::vector<uint64_t> arguments) {
    if (!child_) {
      child_ = std::make_unique<WaitingChild>();
      process_.tgid = child_->pid();
      process_.entity_id = "1-1";
    }
    SyscallInvocation invocation;
    invocation.tid = child_->pid();
    invocation.number = number;
    for (size_t i = 0; i < arguments.size(); ++i) invocation.arguments[i] = arguments[i];
    return handlers_->Handle(invocation, process_);
  }
  // The value returned or -errno; a Deferred is run to its end.
  int64_t Run(
      SyscallAction action, const std::function<bool()>& interrupted = [] { return false; }) {
    if (auto* deferred = std::get_if<Deferred>(&action)) {
      was_deferred_ = true;
      auto result = deferred->work(interrupted);
      if (auto* fail = std::get_if<Fail>(&result)) return -fail->error;
      return std::get<Return>(result).value;
    }
    if (auto* fail = std::get_if<Fail>(&action)) return -fail->error;
    if (auto* value = std::get_if<Return>(&action)) return value->value;
    ADD_FAILURE() << "neither a value nor an error";
    return -10000;
  }
  int64_t Connect(int fd, const RawSocketAddress& address) {
    return Run(Call(SYS_connect, {U(fd), A(&address.storage), address.length}));
  }
  static uint64_t U(int64_t value) { return static_cast<uint64_t>(value); }
  static uint64_t A(const void* pointer) { return reinterpret_cast<uint64_t>(pointer); }

  OwnMemory memory_;
  FakeRules* rules_ = nullptr;
  FakeBroker broker_;
  ListenerRegistry listeners_;
  FakeReporter reporter_;
  std::unique_ptr<NetworkHandlers> handlers_;
  std::unique_ptr<WaitingChild> child_;
  Process process_;
  bool was_deferred_ = false;
};

}  // namespace safe_trace::testing

#endif  // SAFE_TRACE_TESTS_UNIT_NETWORK_NETWORK_FAKES_H_
