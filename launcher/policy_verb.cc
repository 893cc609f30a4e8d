#include "launcher/policy_verb.h"

#include <cstdio>
#include <cstdlib>

#include "launcher/config_files.h"
#include "launcher/config_paths.h"
#include "launcher/host_paths.h"
#include "launcher/path_search.h"
#include "launcher/run_policy.h"
#include "launcher/terminal_text.h"
#include "launcher/verbs.h"
#include "policy/explain.h"
#include "tracer/syscall_status.h"

namespace safe_trace {
namespace {

// What an ordinary command would be: without --for nothing particular is meant.
constexpr char kOrdinaryCommand[] = "/bin/sh";

int PrintOrFail(const absl::StatusOr<std::string>& text) {
  if (!text.ok()) return Fail(text.status());
  const bool ends_line = text->ends_with('\n');
  const bool written = std::fputs(text->c_str(), stdout) >= 0 &&
                       (ends_line || std::fputc('\n', stdout) != EOF) && std::fflush(stdout) == 0;
  return written ? 0 : Fail(LastErrnoStatus("writing to standard output"));
}

// A manager that is not installed here can be asked about too: its name alone is recognised.
std::string ExecutableOf(const std::string& name) {
  const char* path = getenv("PATH");
  absl::StatusOr<std::string> program = FindProgram(name, path == nullptr ? "" : path);
  return program.ok() ? *program : name;
}

bool LooksLikePath(std::string_view what) {
  return what.find('/') != std::string_view::npos || what.starts_with('~') || what.starts_with('.');
}

// Paths are explained as the kernel would see them: a symlink is its target.
std::string Explain(const RunPolicy& run, const ConfigLocations& locations, const std::string& what,
                    bool json) {
  if (!LooksLikePath(what)) return ExplainResource(*run.policy, run.facts, what, json);
  const std::string lexical = ResolveOptionPath(what, locations.working_directory, locations.home);
  const bool is_absolute = lexical.starts_with('/');
  const std::string canonical = is_absolute ? CanonicalPath(lexical) : lexical;
  if (canonical != lexical) {
    std::fprintf(stderr, "safe-trace: %s is really %s\n", EscapeForTerminal(lexical).c_str(),
                 EscapeForTerminal(canonical).c_str());
  }
  return ExplainResource(*run.policy, run.facts, canonical, json);
}

}  // namespace

int RunPolicyVerb(const CommandLine& line) {
  absl::StatusOr<ConfigLocations> locations = FindConfigLocations();
  if (!locations.ok()) return Fail(locations.status());
  const std::string& action = line.words.front();
  const std::string what = line.words.size() > 1 ? line.words[1] : "";
  if (action == "trust") return PrintOrFail(TrustProjectFile(*locations, what));
  const std::vector<std::string> command = line.options.command.empty()
                                               ? std::vector<std::string>{kOrdinaryCommand}
                                               : line.options.command;
  absl::StatusOr<RunPolicy> run =
      BuildRunPolicy(line.options, command, ExecutableOf(command.front()), *locations);
  if (!run.ok()) return Fail(run.status());
  if (action == "show") return PrintOrFail(ShowPolicy(*run->policy, run->facts, line.options.json));
  return PrintOrFail(Explain(*run, *locations, what, line.options.json));
}

}  // namespace safe_trace
