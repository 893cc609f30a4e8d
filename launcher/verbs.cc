#include "launcher/verbs.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cerrno>
#include <climits>
#include <cstdio>
#include <filesystem>

#include "launcher/concat.h"
#include "launcher/doctor.h"
#include "launcher/launch.h"
#include "launcher/policy_verb.h"
#include "launcher/terminal_text.h"
#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

// A program started with a standard descriptor closed would get its own files as that descriptor:
// messages could end in a trace. They become /dev/null instead.
// False where standard output was closed.
bool EnsureStandardDescriptors() {
  const bool has_output = fcntl(STDOUT_FILENO, F_GETFD) != -1 || errno != EBADF;
  for (int fd = 0; fd <= 2; ++fd) {
    if (fcntl(fd, F_GETFD) != -1 || errno != EBADF) continue;
    // The lowest free descriptor is `fd`: those below were looked at before.
    (void)open("/dev/null", O_RDWR | O_NOCTTY);
  }
  return has_output;
}

int Print(const std::string& text) {
  const bool written = std::fputs(text.c_str(), stdout) >= 0 && std::fflush(stdout) == 0;
  if (written) return 0;
  return Fail(LastErrnoStatus("writing to standard output"));
}

absl::StatusOr<std::string> OwnExecutable() {
  char path[PATH_MAX];
  const ssize_t length = readlink("/proc/self/exe", path, sizeof(path));
  if (length < 0) return LastErrnoStatus("reading /proc/self/exe");
  return std::string(path, static_cast<size_t>(length));
}

int ExecCompanion(const std::string& name, const std::vector<std::string>& arguments) {
  absl::StatusOr<std::string> own = OwnExecutable();
  if (!own.ok()) return Fail(own.status());
  absl::StatusOr<std::string> program = FindCompanion(name, *own);
  if (!program.ok()) return Fail(program.status());
  std::vector<char*> argv = {program->data()};
  for (const std::string& argument : arguments) argv.push_back(const_cast<char*>(argument.c_str()));
  argv.push_back(nullptr);
  execv(program->c_str(), argv.data());
  return Fail(LastErrnoStatus(Concat("starting ", EscapeForTerminal(*program))));
}

int PrintHelp(const CommandLine& line) {
  absl::StatusOr<std::string> text = HelpText(line.words.empty() ? "" : line.words.front());
  return text.ok() ? Print(*text) : Fail(text.status());
}

}  // namespace

int Fail(const absl::Status& status) {
  std::fprintf(stderr, "safe-trace: %s\n", std::string(status.message()).c_str());
  return kExitOwnFailure;
}

absl::StatusOr<std::string> FindCompanion(std::string_view name, std::string_view own_executable) {
  const std::filesystem::path directory =
      std::filesystem::path(std::string(own_executable)).parent_path();
  const std::string program = Concat("safe-trace-", name);
  const std::string places[] = {
      (directory / program).string(),
      (directory.parent_path() / "libexec" / "safe-trace" / program).string(),
  };
  for (const std::string& place : places) {
    struct stat info;
    if (stat(place.c_str(), &info) == 0 && S_ISREG(info.st_mode) &&
        access(place.c_str(), X_OK) == 0) {
      return place;
    }
  }
  return absl::NotFoundError(
      Concat("the companion program ", program, " is missing; looked for\n  ",
             EscapeForTerminal(places[0]), "\n  ", EscapeForTerminal(places[1]),
             "\n  Install safe-trace as a whole, or run it from its build directory."));
}

int RunArguments(const std::vector<std::string>& arguments) {
  const bool has_output = EnsureStandardDescriptors();
  absl::StatusOr<CommandLine> line = ParseCommandLine(arguments);
  if (!line.ok()) return Fail(line.status());
  if (!has_output && line->options.output_file == "-") {
    return Fail(absl::InvalidArgumentError("-o -: standard output is closed"));
  }
  switch (line->verb) {
    case Verb::kRun:
      return Launch(line->options);
    case Verb::kTrace:
      return ExecCompanion("trace", line->words);
    case Verb::kPolicy:
      return RunPolicyVerb(*line);
    case Verb::kDoctor:
      return Doctor(line->options.json);
    case Verb::kHelp:
      return PrintHelp(*line);
    case Verb::kVersion:
      return Print(VersionText() + "\n");
  }
  return Fail(absl::InternalError("unknown verb"));
}

}  // namespace safe_trace
