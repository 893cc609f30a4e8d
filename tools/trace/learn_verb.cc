#include "tools/trace/learn_verb.h"

#include <fcntl.h>

#include "tools/trace/behaviour.h"
#include "tools/trace/display_text.h"
#include "tools/trace/event_text.h"
#include "tools/trace/html_output.h"
#include "tools/trace/lock_text.h"
#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

constexpr int kWritten = 0;
constexpr int kNotWhole = 1;
constexpr int kFailed = 2;
constexpr char kPrefix[] = "safe-trace policy learn: ";

int Complain(const absl::Status& status, int exit_status, std::ostream& err) {
  err << kPrefix << SafeText(std::string(status.message())) << "\n";
  return exit_status;
}

}  // namespace

absl::StatusOr<UniqueFd> OpenLockFile(const LearnRequest& request,
                                      const std::vector<std::string>& traces) {
  if (request.lock_path == "-") return UniqueFd();
  absl::StatusOr<UniqueFd> lock = absl::InvalidArgumentError("no trace to learn from");
  for (const std::string& path : traces) {
    const UniqueFd trace(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
    if (!trace.valid()) return LastErrnoStatus(SafeText(path));
    lock = OpenReportFile(request.lock_path, trace.get());
    if (!lock.ok()) return lock;
  }
  return lock;
}

int LearnLock(const std::vector<std::string>& traces, const LearnRequest& request, int lock_fd,
              std::ostream& out, std::ostream& err) {
  LockMaker maker;
  for (const std::string& path : traces) {
    const absl::StatusOr<RunBehaviour> run = LoadBehaviour(path);
    if (!run.ok()) {
      const bool is_no_trace = absl::IsInvalidArgument(run.status());
      return Complain(run.status(), is_no_trace ? kNotWhole : kFailed, err);
    }
    const std::string gap = run->Gap();
    if (!gap.empty()) {
      err << kPrefix << SafeText(path) << ": " << gap
          << (request.unverified ? "; used all the same\n"
                                 : "; nothing was written. --unverified learns from it anyway\n");
      if (!request.unverified) return kNotWhole;
    }
    maker.Add(*run);
  }
  const absl::StatusOr<std::string> text = maker.Text();
  if (!text.ok()) return Complain(text.status(), kFailed, err);
  if (lock_fd < 0) {
    out << *text;
    return kWritten;
  }
  if (const absl::Status written = ReplaceContent(lock_fd, *text); !written.ok()) {
    return Complain(written, kFailed, err);
  }
  err << kPrefix << Counted(maker.packages(), "package") << " in " << SafeText(request.lock_path)
      << "; review it before you use it\n";
  if (!maker.knows_all_paths()) {
    err << kPrefix << "which places packages read and wrote is not known: that takes a run with "
        << "--log-level full\n";
  }
  return kWritten;
}

}  // namespace safe_trace
