#include "tools/trace/trace_tool.h"

#include <algorithm>
#include <ctime>

#include "tools/confinement/confinement.h"
#include "tools/trace/diff.h"
#include "tools/trace/event_text.h"
#include "tools/trace/export_verb.h"
#include "tools/trace/follow.h"
#include "tools/trace/json_output.h"
#include "tools/trace/key_files.h"
#include "tools/trace/prune.h"
#include "tools/trace/query.h"
#include "tools/trace/render_list.h"
#include "tools/trace/render_show.h"
#include "tools/trace/report_verb.h"
#include "tools/trace/run_catalog.h"
#include "tools/trace/run_view.h"
#include "tools/trace/verify_verb.h"
#include "tools/trace/wholeness.h"
#include "tracer/events/run_id.h"
#include "tracer/events/trace_log_reader.h"
#include "tracer/events/trace_verifier.h"

namespace safe_trace {
namespace {

constexpr int kGood = 0;
constexpr int kCouldNotRead = 2;

int Complain(const absl::Status& status, std::ostream& err) {
  err << "safe-trace trace: " << SafeText(std::string(status.message())) << "\n";
  return kCouldNotRead;
}

bool IsConfined(const absl::StatusOr<Confinement>& confined, std::ostream& err) {
  if (!confined.ok()) {
    err << "safe-trace trace: could not confine itself, so it reads nothing: "
        << SafeText(std::string(confined.status().message())) << "\n";
    return false;
  }
  if (!confined->landlock) {
    err << "safe-trace trace: note: this kernel has no Landlock; reading with seccomp alone\n";
  }
  return true;
}

absl::StatusOr<std::string> ResolveTarget(const std::string& directory, const std::string& target) {
  if (IsTraceFileName(target)) return target;
  return FindRun(directory, target);
}

int List(const TraceCommand& command, const std::string& directory, const Terminal& terminal,
         std::ostream& out, std::ostream& err) {
  const absl::StatusOr<std::vector<RunEntry>> runs = ListRuns(directory);
  if (!runs.ok()) return Complain(runs.status(), err);
  if (command.json) {
    RenderListJson(*runs, out);
  } else if (runs->empty()) {
    err << "safe-trace trace: no runs in " << SafeText(directory) << " yet\n";
  } else {
    RenderList(*runs, terminal, out);
  }
  return kGood;
}

bool IsShownByDefault(const TraceRecord& record) {
  const std::string_view action = record.Text("event.action");
  return action == "run-start" || action == "run-end" || IsViolation(record) ||
         record.Text("event.category") == "network";
}

int ShowJson(const std::string& path, bool all, std::ostream& out, std::ostream& err) {
  absl::StatusOr<TraceLogReader> reader = TraceLogReader::Open(path);
  if (!reader.ok()) return Complain(reader.status(), err);
  const bool is_being_written = reader->IsBeingWritten();
  const absl::StatusOr<TraceCheck> check =
      ForEachRecord(*reader, [&](std::string_view line, const TraceRecord& record) {
        if (all || IsShownByDefault(record)) out << JsonLineForOutput(line) << "\n";
      });
  if (!check.ok()) return Complain(check.status(), err);
  out.flush();  // what is shown stands before it
  return SayWhetherWhole(path, *check, is_being_written, err);
}

absl::Status ShowEvents(const std::string& path, const Terminal& terminal, std::ostream& out) {
  absl::StatusOr<TraceLogReader> reader = TraceLogReader::Open(path);
  if (!reader.ok()) return reader.status();
  out << "\n" << Tinted(terminal, Tint::kBold, "Events") << "\n";
  return ForEachRecord(*reader,
                       [&](std::string_view, const TraceRecord& record) {
                         RenderEvent(record, terminal, out);
                       })
      .status();
}

int Show(const TraceCommand& command, const std::string& directory, const Terminal& terminal,
         std::ostream& out, std::ostream& err) {
  const absl::StatusOr<std::string> path =
      ResolveTarget(directory, command.targets.empty() ? "" : command.targets.front());
  if (!path.ok()) return Complain(path.status(), err);
  if (command.json) return ShowJson(*path, command.all, out, err);
  absl::StatusOr<TraceLogReader> reader = TraceLogReader::Open(*path);
  if (!reader.ok()) return Complain(reader.status(), err);
  const absl::StatusOr<RunView> view = LoadRun(*reader);
  if (!view.ok()) return Complain(view.status(), err);
  if (view->check.state == TraceState::kNotATrace) {
    return SayWhetherWhole(*path, view->check, view->is_being_written, err);
  }
  RenderRun(*view, command.all, terminal, out);
  if (command.all) {
    if (const absl::Status shown = ShowEvents(*path, terminal, out); !shown.ok()) {
      return Complain(shown, err);
    }
  }
  RenderSummary(*view, terminal, out);
  out.flush();
  return SayWhetherWhole(*path, view->check, view->is_being_written, err);
}

int Follow(const TraceCommand& command, const std::string& directory, const Terminal& terminal,
           std::ostream& out, std::ostream& err) {
  const absl::StatusOr<std::string> path =
      ResolveTarget(directory, command.targets.empty() ? "" : command.targets.front());
  if (!path.ok()) return Complain(path.status(), err);
  return FollowTrace(*path, command.json, terminal, StopFlagOfSignals(), out, err);
}

int Verify(const TraceCommand& command, const std::string& directory, std::ostream& out,
           std::ostream& err) {
  const std::vector<std::string> newest = {""};
  int worst = kGood;
  for (const std::string& target : command.targets.empty() ? newest : command.targets) {
    const absl::StatusOr<std::string> path = ResolveTarget(directory, target);
    const int status = path.ok() ? VerifyFile(*path, command.verifying_key, out, err)
                                 : Complain(path.status(), err);
    worst = std::max(worst, status);
  }
  return worst;
}

absl::StatusOr<std::vector<std::string>> ResolveTargets(const TraceCommand& command,
                                                        const std::string& directory) {
  std::vector<std::string> paths;
  const std::vector<std::string> newest = {""};
  for (const std::string& target : command.targets.empty() ? newest : command.targets) {
    absl::StatusOr<std::string> path = ResolveTarget(directory, target);
    if (!path.ok()) return path.status();
    paths.push_back(*std::move(path));
  }
  return paths;
}

int RunQuery(const TraceCommand& command, const std::string& directory, const Terminal& terminal,
             std::ostream& out, std::ostream& err) {
  const absl::StatusOr<std::vector<std::string>> paths = ResolveTargets(command, directory);
  if (!paths.ok()) return Complain(paths.status(), err);
  return QueryTraces(*paths, command.query, terminal, out, err);
}

int RunDiff(const TraceCommand& command, const std::string& directory, const Terminal& terminal,
            std::ostream& out, std::ostream& err) {
  const absl::StatusOr<std::vector<std::string>> paths = ResolveTargets(command, directory);
  if (!paths.ok()) return Complain(paths.status(), err);
  return DiffTraces(paths->front(), paths->back(), command.json, terminal, out, err);
}

int Learn(const TraceCommand& command, const std::string& directory, bool confine,
          std::ostream& out, std::ostream& err) {
  const absl::StatusOr<std::vector<std::string>> paths = ResolveTargets(command, directory);
  if (!paths.ok()) return Complain(paths.status(), err);
  const absl::StatusOr<UniqueFd> lock = OpenLockFile(command.learn, *paths);
  if (!lock.ok()) return Complain(lock.status(), err);
  if (confine && !IsConfined(ConfineToReading(*paths, lock->get()), err)) return kCouldNotRead;
  return LearnLock(*paths, command.learn, lock->get(), out, err);
}

absl::StatusOr<OpenReport> OpenTheReport(const TraceCommand& command,
                                         const std::string& directory) {
  const absl::StatusOr<std::string> path =
      ResolveTarget(directory, command.targets.empty() ? "" : command.targets.front());
  if (!path.ok()) return path.status();
  return OpenForReport(*path, command.page_path);
}

int Report(const TraceCommand& command, const std::string& directory, std::ostream& out,
           std::ostream& err) {
  absl::StatusOr<OpenReport> report = OpenTheReport(command, directory);
  if (!report.ok()) return Complain(report.status(), err);
  return WriteReport(*std::move(report), out, err);
}

absl::StatusOr<OpenExport> OpenTheExport(const TraceCommand& command,
                                         const std::string& directory) {
  const absl::StatusOr<std::string> path =
      ResolveTarget(directory, command.targets.empty() ? "" : command.targets.front());
  if (!path.ok()) return path.status();
  return OpenForExport(*path, command.export_path);
}

int Export(const TraceCommand& command, const std::string& directory, bool confine,
           std::ostream& out, std::ostream& err) {
  absl::StatusOr<OpenExport> open = OpenTheExport(command, directory);
  if (!open.ok()) return Complain(open.status(), err);
  if (confine && !IsConfined(ConfineToReading({}, open->output.get()), err)) return kCouldNotRead;
  return WriteExport(*std::move(open), command.format, out, err);
}

int Prune(const TraceCommand& command, const std::string& directory, bool confine,
          std::ostream& out, std::ostream& err) {
  const absl::StatusOr<UniqueFd> opened = OpenPruneDirectory(directory);
  if (absl::IsNotFound(opened.status())) {
    err << "safe-trace trace: no runs in " << SafeText(directory) << " yet\n";
    return kGood;
  }
  if (!opened.ok()) return Complain(opened.status(), err);
  if (confine && !IsConfined(command.prune.dry_run ? ConfineToReading({directory})
                                                   : ConfineToRemoving(directory, opened->get()),
                             err)) {
    return kCouldNotRead;
  }
  return PruneTraces(opened->get(), command.prune, std::time(nullptr), out, err);
}

// What the command will read.
std::vector<std::string> ReadablePaths(const TraceCommand& command, const std::string& directory) {
  std::vector<std::string> paths;
  bool needs_directory = command.targets.empty() || command.verb == TraceVerb::kList;
  for (const std::string& target : command.targets) {
    if (command.verb == TraceVerb::kList) break;
    if (IsTraceFileName(target)) {
      paths.push_back(target);
    } else {
      needs_directory = true;
    }
  }
  if (needs_directory) paths.push_back(directory);
  return paths;
}

// Empty where only files are named and no directory is needed.
absl::StatusOr<std::string> DirectoryFor(const TraceCommand& command,
                                         const std::map<std::string, std::string>& environment) {
  const bool is_directory = command.verb == TraceVerb::kList || command.verb == TraceVerb::kKeyGen;
  if (is_directory && !command.targets.empty()) return command.targets.front();
  if (command.verb == TraceVerb::kKeyGen) return DefaultKeyDirectory(environment);
  const bool needs_none = !command.targets.empty() &&
                          std::all_of(command.targets.begin(), command.targets.end(),
                                      [](const std::string& t) { return IsTraceFileName(t); });
  if (needs_none) return std::string();
  absl::StatusOr<std::string> directory = DefaultTraceDirectory(environment);
  if (directory.ok()) return directory;
  return absl::FailedPreconditionError(
      "where the traces are is not known: neither XDG_STATE_HOME nor HOME holds an absolute path, "
      "and the "
      "account has no home; "
      "name a file instead");
}

}  // namespace

int ExecuteTraceCommand(const TraceCommand& command, const std::string& directory,
                        const Terminal& terminal, std::ostream& out, std::ostream& err) {
  switch (command.verb) {
    case TraceVerb::kList:
      return List(command, directory, terminal, out, err);
    case TraceVerb::kShow:
      return Show(command, directory, terminal, out, err);
    case TraceVerb::kVerify:
      return Verify(command, directory, out, err);
    case TraceVerb::kFollow:
      return Follow(command, directory, terminal, out, err);
    case TraceVerb::kKeyGen:
      return KeyGen(directory, out, err);
    case TraceVerb::kQuery:
      return RunQuery(command, directory, terminal, out, err);
    case TraceVerb::kReport:
      return Report(command, directory, out, err);
    case TraceVerb::kExport:
      return Export(command, directory, false, out, err);
    case TraceVerb::kDiff:
      return RunDiff(command, directory, terminal, out, err);
    case TraceVerb::kLearn:
      return Learn(command, directory, false, out, err);
    case TraceVerb::kPrune:
      return Prune(command, directory, false, out, err);
  }
  return kCouldNotRead;
}

int RunTraceTool(const std::vector<std::string>& arguments,
                 const std::map<std::string, std::string>& environment, const Terminal& terminal,
                 std::ostream& out, std::ostream& err) {
  ParsedCommandLine parsed = ParseCommandLine(arguments);
  if (!parsed.command.has_value()) {
    (parsed.exit_status == 0 ? out : err) << parsed.message << "\n";
    return parsed.exit_status;
  }
  const absl::StatusOr<std::string> directory = DirectoryFor(*parsed.command, environment);
  if (!directory.ok()) return Complain(directory.status(), err);
  if (parsed.command->verb == TraceVerb::kKeyGen) return KeyGen(*directory, out, err);
  // Before the program confines itself: a key may lie anywhere.
  if (!parsed.command->key.empty()) {
    absl::StatusOr<VerifyingKey> key = ReadVerifyingKey(parsed.command->key);
    if (!key.ok()) return Complain(key.status(), err);
    parsed.command->verifying_key = *key;
  }
  if (parsed.command->verb == TraceVerb::kReport) {
    absl::StatusOr<OpenReport> report = OpenTheReport(*parsed.command, *directory);
    if (!report.ok()) return Complain(report.status(), err);
    if (!IsConfined(ConfineToReading({}, report->page.get()), err)) return kCouldNotRead;
    return WriteReport(*std::move(report), out, err);
  }
  if (parsed.command->verb == TraceVerb::kLearn) {
    return Learn(*parsed.command, *directory, true, out, err);
  }
  if (parsed.command->verb == TraceVerb::kExport) {
    return Export(*parsed.command, *directory, true, out, err);
  }
  if (parsed.command->verb == TraceVerb::kPrune) {
    return Prune(*parsed.command, *directory, true, out, err);
  }
  if (!IsConfined(ConfineToReading(ReadablePaths(*parsed.command, *directory)), err)) {
    return kCouldNotRead;
  }
  return ExecuteTraceCommand(*parsed.command, *directory, terminal, out, err);
}

}  // namespace safe_trace
