#include "tracer/guard/import_watch.h"

#include <string_view>
#include <utility>

#include "absl/status/statusor.h"
#include "policy/lexical_path.h"
#include "tracer/stacks/thread_context.h"

namespace safe_trace {
namespace {

// What lies in no distribution's record: the name of the module or directory.
std::string TopLevelName(std::string_view file, std::string_view directory) {
  std::string_view rest = file.substr(directory.size() + 1);
  rest = rest.substr(0, rest.find('/'));
  if (rest.ends_with(".py")) rest.remove_suffix(3);
  return std::string(rest);
}

// "evil/__init__.py" of ".../site-packages/evil/__init__.py".
std::string_view ShortName(std::string_view file) {
  const std::string_view directory = DistributionIndex::PackagesDirectory(file);
  return directory.empty() ? file : file.substr(directory.size() + 1);
}

bool IsNamed(const PythonFrame& frame) { return !frame.file.empty() && frame.file[0] != '<'; }

}  // namespace

std::string ActingCode::Describe() const {
  std::string text = importing ? "importing " : "";
  if (package.empty()) {
    text += importing ? "code of no known package" : "program";
  } else {
    text += package;
    if (!version.empty()) text += " " + version;
  }
  if (file.empty()) return text;
  text += " (" + std::string(ShortName(file));
  if (line > 0) text += ":" + std::to_string(line);
  return text + ")";
}

bool ImportWatch::IsImporting(const Process& process, pid_t tid) const {
  if (process.domain->subject.role != Role::kProgram) return false;
  if (process.made_by_import || process.threads_of_imports.contains(tid)) return true;
  return ReadImporting(memory_, tid, process.context_table, tid).value_or(false);
}

void ImportWatch::NoteNewTask(const Process& parent, pid_t maker, Process& process,
                              pid_t task) const {
  if (!IsImporting(parent, maker)) return;
  if (&parent == &process) {
    process.threads_of_imports.insert(task);
  } else {
    process.made_by_import = true;
  }
}

void ImportWatch::NoteEnd(const Process& process) {
  if (process.domain->subject.role != Role::kProgram || process.context_table != 0) return;
  const std::string_view name = BaseName(process.executable);
  const bool is_interpreter = name.starts_with("python") || name.starts_with("pypy");
  if (is_interpreter && unheld_.size() < kMaximumUnheld) unheld_.insert(process.executable);
}

std::shared_ptr<const Domain> ImportWatch::DomainAtImport(
    const std::shared_ptr<const Domain>& domain) {
  Twin& twin = twins_[domain.get()];
  if (twin.at_import == nullptr) {
    auto made = std::make_shared<Domain>(*domain);
    made->subject.importing = true;
    // A path that another thread exchanges must not become one that only the program may write.
    made->on_behalf_only = true;
    twin = {domain, std::move(made)};
  }
  return twin.at_import;
}

std::optional<ActingCode> ImportWatch::WhoActs(const Process& process, pid_t tid) {
  if (process.domain->subject.role != Role::kProgram) return std::nullopt;
  ActingCode code;
  code.importing = IsImporting(process, tid);
  absl::StatusOr<ThreadContext> context =
      ReadThreadContext(memory_, tid, process.context_table, tid);
  // A forked child that has run no Python of its own yet acts for the thread that forked it.
  if (!context.ok()) {
    context = ReadThreadContext(memory_, tid, process.context_table, process.maker);
  }
  if (!context.ok()) return code;
  for (const PythonFrame& frame : context->frames) {
    if (!IsNamed(frame)) continue;
    const std::string_view directory = DistributionIndex::PackagesDirectory(frame.file);
    if (directory.empty() && !code.file.empty()) continue;
    code.file = frame.file;
    code.line = frame.line;
    if (directory.empty()) continue;
    const std::optional<Distribution> distribution = distributions_.Find(frame.file);
    code.package =
        distribution.has_value() ? distribution->name : TopLevelName(frame.file, directory);
    code.version = distribution.has_value() ? distribution->version : "";
    break;
  }
  return code;
}

}  // namespace safe_trace
