// What --help prints. Lines stay below 80 columns; a test looks.
#include <algorithm>

#include "absl/strings/str_join.h"
#include "launcher/command_line.h"
#include "launcher/concat.h"
#include "launcher/run_options.h"
#include "launcher/terminal_text.h"

namespace safe_trace {
namespace {

constexpr size_t kOptionColumn = 33;

constexpr char kRunUsage[] =
    R"(Runs a command and decides in real time what the code of each package may
read, write, start and reach. Credentials are hidden; what was tried is traced.

Usage:
  safe-trace [OPTIONS] COMMAND [ARG...]        supervise any command
  safe-trace run [OPTIONS] -- COMMAND [ARG...] the same, explicit
  safe-trace guard [OPTIONS] -- python APP.PY  hold packages while imported
  safe-trace trace list|show|query|diff [...]  look at what earlier runs did
  safe-trace policy show|explain|trust|learn   what is decided; the lock
  safe-trace doctor [--json]                   what this machine can enforce
  safe-trace help [VERB]                       help about one of these
)";

constexpr char kRunExamples[] = R"(
Examples:
  safe-trace pip install requests
  safe-trace --offline pip install --no-index ./wheels/*.whl
  safe-trace --allow-host mirror.example.com:8443 pip install -r req.txt
  safe-trace --grant torch@2.1.0=download.pytorch.org pip install torch==2.1.0
  safe-trace -k HTTP_TOKEN --hide ~/customers run -- make
  safe-trace policy explain ~/.ssh/id_ed25519

Exit status: the command's own; 128+N when it died of signal N; 127 not found;
126 not executable; 125 safe-trace itself failed; 124 on --timeout; 120 when the
command succeeded but package code committed a violation.
)";

constexpr char kGuardHelp[] =
    R"(Runs a python program, and holds its packages while they are imported.

Usage:
  safe-trace guard [OPTIONS] -- python APP.PY [ARG...]
  safe-trace guard [OPTIONS] -- pytest | uvicorn APP | python -m MODULE ...
  safe-trace guard [OPTIONS] --check PACKAGE...

With --check all modules of installed packages are imported, by the python3 of
PATH, and nothing else is done: it ends with 120 if one of them tried what an
import may not.

While a package is imported (its modules' top level, lines of .pth files,
sitecustomize, extension modules, what they call, the threads they start), it
gets no network, starts no program and writes nothing but its caches.

Credential files and secret variables are hidden from the whole program, at any
time; -k NAME keeps a variable, --allow-read PATH shows a file. Otherwise the
program may do what it does without a guard, and it is recorded: hosts, programs
and what was written. Metadata addresses of clouds are never reached.

The program's own code is what lies in the working directory, beside its script
and in the directories of PYTHONPATH; what is installed in there (site-packages)
is not. Everything else that is imported, and is not Python's own library, is
held as a package.

Options are those of a run: safe-trace help run.

Examples:
  safe-trace guard -- python app.py
  safe-trace guard -k DATABASE_URL -- .venv/bin/uvicorn app:app
  safe-trace guard --allow-read ~/.aws -- python -m report
)";

constexpr char kPolicyHelp[] = R"(What would be decided, and why. Nothing is run.

Usage:
  safe-trace policy show [OPTIONS]             rules, grants, hosts, variables
  safe-trace policy explain [OPTIONS] WHAT     which rule decides about WHAT
  safe-trace policy trust [FILE]               believe FILE (./safe-trace.toml)
  safe-trace policy learn [-o FILE] [RUN...]   what runs did, as a lock

WHAT is a PATH (with a '/', or beginning with '~' or '.'), a variable's NAME in
upper case, or a HOST[:PORT].

Options are those of a run (safe-trace help run), with their effect, and:
  --for 'COMMAND'                the command that the policy would be for
  --json                         as JSON

A project's own safe-trace.toml can always tighten. What would loosen in it
counts only after 'policy trust', which remembers the file's SHA-256: after any
change it must be trusted again. The same holds for hosts that only a project's
.npmrc, .cargo/config.toml or the like names for the package manager.

A lock says what packages were seen to do; 'safe-trace --locked COMMAND' refuses
the rest. 'safe-trace policy learn --help' says how it is made.

Examples:
  safe-trace policy show --for 'pip install requests'
  safe-trace policy explain --for 'pip install requests' pypi.org:443
  safe-trace policy explain ~/.aws/credentials
  safe-trace policy explain AWS_SECRET_ACCESS_KEY
)";

constexpr char kDoctorHelp[] = R"(What this machine can enforce.

Usage:
  safe-trace doctor [--json]

Tries each mechanism of the kernel, says what it gives, and what is lost where
it is missing. Exit status 0 at full strength, 1 otherwise.
)";

constexpr char kTraceHelp[] = R"(Looks at the traces of earlier runs.

Usage:
  safe-trace trace list                        the runs, newest first
  safe-trace trace show [RUN]                  what happened in one
  safe-trace trace query [RUN...] FILTER...    the events that fit the filters
  safe-trace trace diff A B                    what run B does that A did not
  safe-trace trace report --html FILE [RUN]    one run as a page for a browser
  safe-trace trace follow [RUN]                a run as it goes on
  safe-trace trace verify [--key K] [RUN...]   is it whole and unchanged?
  safe-trace trace keygen [DIR]                keys for --sign-key
  safe-trace trace export --format F [RUN]     for other tools: sarif, csv, ...
  safe-trace trace prune --keep N              remove all but the newest N

RUN is a run id or its unique beginning, or a file; without it, the newest run.
A FILTER is KEY=VALUE, KEY!=VALUE or KEY~=GLOB, such as package=evil or
'path~=*/.ssh/*'.

This is the companion program safe-trace-trace; 'safe-trace trace --help' prints
its own help.
)";

// "  -k, --keep-env NAME            text", wrapped where the left side is too wide.
std::string OptionLine(const CLI::Option& option) {
  std::string left = "  ";
  if (!option.get_snames().empty()) left += Concat("-", option.get_snames().front(), ", ");
  left += Concat("--", absl::StrJoin(option.get_lnames(), ", --"));
  if (option.get_items_expected_min() > 0) left += Concat(" ", option.get_type_name());
  const std::string gap = left.size() + 2 > kOptionColumn
                              ? Concat("\n", std::string(kOptionColumn, ' '))
                              : std::string(kOptionColumn - left.size(), ' ');
  return Concat(left, gap, option.get_description(), "\n");
}

std::string OptionGroups() {
  RunOptionParser parser(/*for_policy=*/false);
  std::vector<std::string> groups;
  const CLI::App& app = parser.app();
  for (const CLI::Option* option : app.get_options()) {
    const std::string& group = option->get_group();
    if (std::find(groups.begin(), groups.end(), group) == groups.end()) groups.push_back(group);
  }
  // "Other" is declared first, for -h and -V, and is read last.
  std::rotate(groups.begin(), std::find(groups.begin(), groups.end(), "Other") + 1, groups.end());
  std::string text;
  for (const std::string& group : groups) {
    text += Concat("\n", group, ":\n");
    for (const CLI::Option* option : app.get_options()) {
      if (option->get_group() == group) text += OptionLine(*option);
    }
  }
  return text;
}

}  // namespace

absl::StatusOr<std::string> HelpText(std::string_view topic) {
  if (topic.empty() || topic == "run") {
    return Concat(kRunUsage, OptionGroups(), kRunExamples);
  }
  if (topic == "guard") return std::string(kGuardHelp);
  if (topic == "policy") return std::string(kPolicyHelp);
  if (topic == "doctor") return std::string(kDoctorHelp);
  if (topic == "trace") return std::string(kTraceHelp);
  static const std::vector<std::string> kLater = {"install", "audit", "scan", "check-env", "setup"};
  if (std::find(kLater.begin(), kLater.end(), topic) != kLater.end()) {
    return absl::UnimplementedError(Concat("the verb '", topic, "' is not part of this version"));
  }
  const std::string nearest = NearestOf(topic, {"run", "guard", "policy", "doctor", "trace"});
  return absl::NotFoundError(Concat("no help about '", EscapeAndShorten(topic, 40), "'",
                                    nearest.empty() ? "" : Concat("; did you mean ", nearest, "?"),
                                    "\n  Topics: run, guard, policy, doctor, trace"));
}

std::string VersionText() { return "safe-trace " SAFE_TRACE_VERSION; }

}  // namespace safe_trace
