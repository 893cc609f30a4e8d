#include "tiny_supervisor.h"

#include <fcntl.h>
#include <linux/audit.h>
#include <linux/filter.h>
#include <linux/seccomp.h>
#include <poll.h>
#include <sys/ioctl.h>
#include <sys/prctl.h>
#include <sys/socket.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <sys/wait.h>
#include <unistd.h>

#include <cerrno>
#include <chrono>
#include <csignal>
#include <cstddef>
#include <cstring>

namespace safe_trace {
namespace {

constexpr std::chrono::seconds kRunLimit{60};
constexpr uid_t kNobody = 65534;

std::vector<char*> Pointers(const std::vector<std::string>& strings) {
  std::vector<char*> pointers;
  for (const std::string& string : strings) pointers.push_back(const_cast<char*>(string.c_str()));
  pointers.push_back(nullptr);
  return pointers;
}

int InstallFilter() {
  sock_filter code[] = {
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, arch)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, AUDIT_ARCH_X86_64, 0, 5),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, nr)),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, __NR_openat, 0, 3),
      BPF_STMT(BPF_LD | BPF_W | BPF_ABS, offsetof(seccomp_data, args[0])),
      BPF_JUMP(BPF_JMP | BPF_JEQ | BPF_K, static_cast<uint32_t>(ST_SHIM_DIRFD), 0, 1),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_USER_NOTIF),
      BPF_STMT(BPF_RET | BPF_K, SECCOMP_RET_ALLOW),
  };
  sock_fprog program = {sizeof(code) / sizeof(code[0]), code};
  if (prctl(PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0) != 0) return -1;
  return static_cast<int>(
      syscall(SYS_seccomp, SECCOMP_SET_MODE_FILTER,
              SECCOMP_FILTER_FLAG_NEW_LISTENER | SECCOMP_FILTER_FLAG_WAIT_KILLABLE_RECV, &program));
}

union ControlBuffer {
  cmsghdr header;
  char bytes[CMSG_SPACE(sizeof(int))];
};

bool SendDescriptor(int socket, int descriptor) {
  char byte = 'x';
  iovec part = {&byte, 1};
  ControlBuffer control = {};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = sizeof(control);
  cmsghdr* header = CMSG_FIRSTHDR(&message);
  header->cmsg_level = SOL_SOCKET;
  header->cmsg_type = SCM_RIGHTS;
  header->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(header), &descriptor, sizeof(int));
  return sendmsg(socket, &message, 0) == 1;
}

int ReceiveDescriptor(int socket) {
  char byte = 0;
  iovec part = {&byte, 1};
  ControlBuffer control = {};
  msghdr message = {};
  message.msg_iov = &part;
  message.msg_iovlen = 1;
  message.msg_control = &control;
  message.msg_controllen = sizeof(control);
  if (recvmsg(socket, &message, MSG_CMSG_CLOEXEC) != 1) return -1;
  const cmsghdr* header = CMSG_FIRSTHDR(&message);
  if (header == nullptr || header->cmsg_type != SCM_RIGHTS) return -1;
  int descriptor = -1;
  std::memcpy(&descriptor, CMSG_DATA(header), sizeof(int));
  return descriptor;
}

// Between fork and exec: returns only by ending the process.
[[noreturn]] void BecomeProgram(char* const* command, char* const* environment, int output,
                                int socket, const RunOptions& options) {
  dup2(output, STDOUT_FILENO);
  dup2(output, STDERR_FILENO);
  if (options.real_uid_of_nobody && setresuid(kNobody, 0, 0) != 0) _exit(123);
  if (options.supervised) {
    const int listener = InstallFilter();
    if (listener < 0 || !SendDescriptor(socket, listener)) _exit(124);
    close(listener);
  }
  close(socket);
  execve(command[0], command, environment);
  _exit(127);
}

class Session {
 public:
  Session(const RunOptions& options, pid_t child, int output, int listener, RunResult* result)
      : options_(options), child_(child), output_(output), listener_(listener), result_(result) {}

  void Finish() {
    const auto deadline = std::chrono::steady_clock::now() + kRunLimit;
    while (output_ >= 0 || listener_ >= 0) {
      const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(
          deadline - std::chrono::steady_clock::now());
      if (left.count() <= 0) {
        result_->error = "the program did not end in time";
        kill(child_, SIGKILL);
        break;
      }
      Turn(static_cast<int>(left.count()));
    }
    HangUp();
    if (output_ >= 0) close(output_);
    waitpid(child_, &result_->wait_status, 0);
  }

 private:
  void Turn(int milliseconds) {
    pollfd ready[2] = {{output_, POLLIN, 0}, {listener_, POLLIN, 0}};
    if (poll(ready, 2, milliseconds) <= 0) return;
    if (ready[0].revents != 0) ReadOutput();
    if ((ready[1].revents & POLLIN) != 0) {
      Answer();
    } else if ((ready[1].revents & (POLLHUP | POLLERR)) != 0) {
      HangUp();  // the last task under the filter is gone
    }
  }

  void ReadOutput() {
    char buffer[4096];
    const ssize_t got = read(output_, buffer, sizeof(buffer));
    if (got > 0) {
      result_->output.append(buffer, static_cast<size_t>(got));
    } else if (got == 0 || errno != EINTR) {
      close(output_);
      output_ = -1;
    }
  }

  void Answer() {
    seccomp_notif call = {};
    if (ioctl(listener_, SECCOMP_IOCTL_NOTIF_RECV, &call) != 0) return;
    Notified notified;
    notified.pid = call.pid;
    notified.flags = call.data.args[2];
    iovec here = {&notified.record, sizeof(notified.record)};
    iovec there = {reinterpret_cast<void*>(call.data.args[1]), sizeof(notified.record)};
    const ssize_t copied = process_vm_readv(static_cast<pid_t>(call.pid), &here, 1, &there, 1, 0);
    if (copied != static_cast<ssize_t>(sizeof(notified.record))) {
      result_->error = "a record could not be read";
    }
    result_->records.push_back(notified);
    if (static_cast<int>(result_->records.size()) == options_.hang_up_after) {
      HangUp();
      return;
    }
    seccomp_notif_resp response = {};
    response.id = call.id;
    response.error = -options_.answer_errno;
    ioctl(listener_, SECCOMP_IOCTL_NOTIF_SEND, &response);
  }

  void HangUp() {
    if (listener_ >= 0) close(listener_);
    listener_ = -1;
  }

  const RunOptions& options_;
  pid_t child_;
  int output_;
  int listener_;
  RunResult* result_;
};

}  // namespace

std::vector<std::string> RunResult::texts() const {
  std::vector<std::string> all;
  for (const Notified& notified : records) all.push_back(notified.text());
  return all;
}

st_shim_record ExpectedRecord(uint32_t event, const std::string& text, uint64_t caller) {
  st_shim_record record = {};
  std::memcpy(record.marker, "safetrc", 8);
  record.version = 1;
  record.event = event;
  record.caller = caller;
  record.length = static_cast<uint32_t>(text.size());
  std::memcpy(record.text, text.data(), text.size());
  return record;
}

RunResult RunProgram(const std::vector<std::string>& command, const RunOptions& options) {
  RunResult result;
  std::vector<std::string> environment = options.environment;
  if (options.preload) {
    environment.push_back(std::string("LD_PRELOAD=") + SHIM_PATH + " " + options.preload_after);
  }
  const std::vector<char*> argv = Pointers(command);
  const std::vector<char*> envp = Pointers(environment);
  int output[2] = {-1, -1};
  int channel[2] = {-1, -1};
  if (pipe2(output, O_CLOEXEC) != 0 ||
      socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, channel) != 0) {
    result.error = "no pipe or socket pair";
    return result;
  }
  const pid_t child = fork();
  if (child == 0) BecomeProgram(argv.data(), envp.data(), output[1], channel[1], options);
  close(output[1]);
  close(channel[1]);
  // A child that failed has closed its end, so this does not wait for ever.
  const int listener = options.supervised && child > 0 ? ReceiveDescriptor(channel[0]) : -1;
  close(channel[0]);
  if (child < 0) {
    result.error = "fork failed";
    close(output[0]);
    return result;
  }
  if (options.supervised && listener < 0) result.error = "no listener from the child";
  Session(options, child, output[0], listener, &result).Finish();
  return result;
}

}  // namespace safe_trace
