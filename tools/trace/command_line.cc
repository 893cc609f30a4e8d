#include "tools/trace/command_line.h"

#include <CLI/CLI.hpp>
#include <algorithm>
#include <array>
#include <sstream>
#include <string_view>

#include "absl/status/statusor.h"
#include "tools/trace/display_text.h"
#include "tools/trace/event_filter.h"
#include "tools/trace/trace_exporter.h"
#include "tools/trace/trace_name.h"

namespace safe_trace {
namespace {

constexpr int kUsageError = 2;
constexpr char kFooter[] =
    "RUN is a run id or the unique beginning of one (of its random part, too); FILE holds a '/' or "
    "ends in .jsonl or .jsonl.zst (compressed with zstd).\nTraces are in "
    "$XDG_STATE_HOME/safe-trace/traces, else "
    "~/.local/state/safe-trace/traces.\n"
    "Before it reads, this program confines itself: Landlock (reading these files only) and "
    "seccomp "
    "(no network, no\nother programs, no writing).\n"
    "Exit status: 0 all is well, also while a run goes on, and of list whatever it lists; 1 a "
    "trace is damaged,\nunfinished or no trace; 2 bad usage, or it could not be read.";

std::string WithoutTrailingNewlines(std::string text) {
  while (!text.empty() && text.back() == '\n') text.pop_back();
  return text;
}

// Messages of the parser repeat the user's words, which may come from a file name.
std::string SafeLines(const std::string& text) {
  std::string out;
  std::istringstream lines(text);
  for (std::string line; std::getline(lines, line);) out += SafeText(line) + "\n";
  return WithoutTrailingNewlines(out);
}

ParsedCommandLine Refusal(const std::string& message) {
  return {std::nullopt, "safe-trace trace: " + message, kUsageError};
}

constexpr char kReportFooter[] =
    "The page is one file that loads nothing. It holds every violation (20,000 at\n"
    "most), 5,000 other refusals and 10,000 ordinary events, fewer where their texts\n"
    "are very long, and says how many it leaves out. A new FILE has mode 0600; a\n"
    "link, or a file that is not yours alone, is refused.\n"
    "Exit status: 0 written; 1 written, but the trace is damaged or unfinished, or no\n"
    "trace; 2 bad usage, or it could not be read or written.";

constexpr char kFollowFooter[] =
    "Ends at the run's summary, when its writer is gone, or at Ctrl-C.\n"
    "Exit status: 0 the run ended; 1 its writer is gone without a summary, lines were changed or\n"
    "are missing, or no trace; 2 bad usage, or it could not be read; 130 Ctrl-C.";

constexpr char kVerifyFooter[] =
    "Without --key a signature is checked against the key that the trace itself names, which says\n"
    "that nobody changed it who has not that key, but not whose key it is.\n"
    "Exit status: 0 every line is there as it was written, signed where --key or its first line\n"
    "asks for it; 1 a line was changed, lines are missing, there is no summary, or no trace;\n"
    "2 bad usage, or it could not be read; 3 the lines hold, but the signature is missing, made\n"
    "with another key, or false.";

constexpr char kKeyGenFooter[] =
    "Exit status: 0 made; 2 not.\n"
    "Writes sign.key (mode 0600) and sign.pub into DIR, $XDG_CONFIG_HOME/safe-trace unless given.\n"
    "They are PEM files as openssl(1) reads and writes them; one of openssl's does as well:\n"
    "openssl genpkey -algorithm ed25519 -out sign.key. A file that is there is never replaced.";

constexpr char kQueryFooter[] =
    "A FILTER is KEY=VALUE, KEY!=VALUE (the event has KEY, and no value is VALUE) or KEY~=GLOB "
    "(* any text,\n? one character, \\ before either means itself; not a regular expression). All "
    "must hold; a list fits if\none of its items does. KEY= finds the events without KEY, KEY!= "
    "those with it. A file whose name looks\nlike a filter is named as ./NAME.\n"
    "Example: safe-trace trace query package=evil 'path~=*/.ssh/*'\n"
    "Exit status: 0 something fits; 1 nothing does, or a trace is damaged or unfinished (standard\n"
    "error says it); 2 bad usage, or a trace could not be read.";

constexpr char kDiffFooter[] =
    "A and B are runs or files: A the run that is known, B the one to judge. Compared for each\n"
    "role and package, versions apart: hosts, programs, credentials asked for, where files were\n"
    "written, variables, start-up files, violations. Numbers, random names and the places of\n"
    "project and home do not count.\n"
    "Exit status: 0 nothing new; 1 new behaviour; 2 bad usage, a trace could not be read, or B is\n"
    "not whole and what there is of it shows nothing new.";

constexpr char kLearnFooter[] =
    "What several runs did is put together, sorted, and the same for the same runs. What was\n"
    "refused is not learned; it stands in comments. A FILE that is there is replaced; a link, or\n"
    "a file that is not yours alone, is refused.\n"
    "Exit status: 0 written; 1 a trace is not whole, or no trace; 2 bad usage, or it could not be\n"
    "read or written.";

constexpr char kExportFooter[] =
    "sarif: violations for code scanning (SARIF 2.1.0). ocsf: every event, one JSON\n"
    "object a line (OCSF 1.5.0). falco: violations as Falco writes them. chrome-trace:\n"
    "a timeline for Perfetto or chrome://tracing. csv: every event, a row each; cells\n"
    "that a spreadsheet would take for a formula begin with an apostrophe.\n"
    "A new FILE has mode 0600; a link, or a file that is not yours alone, is refused.\n"
    "Exit status: 0 written; 1 written, but the trace is damaged or unfinished, or no\n"
    "trace; 2 bad usage, or it could not be read or written.";

constexpr char kPruneFooter[] =
    "Only files of yours that are named as runs are, in $XDG_STATE_HOME/safe-trace/traces (else\n"
    "~/.local/state/safe-trace/traces); never what a run still writes, never through a link.\n"
    "With both options a trace goes only where both say so.\n"
    "Exit status: 0 done; 2 bad usage, or something that should go could not be removed.";

// CLI11 would take "" for 0, which is everything.
bool TakeNumber(const std::string& text, std::optional<uint64_t>& number) {
  constexpr size_t kMaxDigits = 9;
  const bool is_number =
      !text.empty() && text.size() <= kMaxDigits &&
      std::all_of(text.begin(), text.end(), [](char byte) { return byte >= '0' && byte <= '9'; });
  if (is_number) number = std::stoull(text);
  return is_number;
}

// What CLI11 took as words: filters go into the query, the rest stays as targets.
absl::Status TakeFilters(TraceCommand& command) {
  std::vector<std::string> words;
  words.swap(command.targets);
  for (std::string& word : words) {
    if (!LooksLikeFilter(word)) {
      command.targets.push_back(std::move(word));
      continue;
    }
    absl::StatusOr<EventFilter> filter = ParseFilter(word);
    if (!filter.ok()) return filter.status();
    command.query.filters.push_back(*std::move(filter));
  }
  if (!command.query.count_name.empty()) {
    absl::StatusOr<std::vector<std::string>> keys = KeysNamed(command.query.count_name);
    if (!keys.ok()) return keys.status();
    command.query.count_keys = *std::move(keys);
  } else if (command.query.filters.empty()) {
    return absl::InvalidArgumentError(
        "query needs a filter (KEY=VALUE) or --count KEY; 'show --all' shows every event");
  }
  command.query.json = command.json;
  return absl::OkStatus();
}

// As they were typed; checked after the parser is done.
struct PruneTexts {
  std::string keep;
  std::string older_than;
};

void AddLooking(CLI::App& app, TraceCommand& command) {
  CLI::App* list =
      app.add_subcommand("list", "The runs, newest first: when, command, exit, verdict");
  list->add_option("DIR", command.targets, "Another directory of traces")->expected(0, 1);
  list->add_flag("--json", command.json, "One JSON object a line");

  CLI::App* show = app.add_subcommand(
      "show", "One run: violations, processes, network, summary (default: the newest)");
  show->add_option("RUN|FILE", command.targets, "Which run")->expected(0, 1);
  show->add_flag("--json", command.json,
                 "JSON lines as in the trace: header, violations, network, summary");
  show->add_flag("--all", command.all, "Everything: every process and every event");

  show->add_flag("--follow", command.follow, "The same as the verb follow");
  CLI::App* follow = app.add_subcommand(
      "follow", "One run as it goes on, every event a line (default: the newest)");
  follow->add_option("RUN|FILE", command.targets, "Which run; 'latest' is the newest")
      ->expected(0, 1);
  follow->add_flag("--json", command.json, "The lines of the trace");
  follow->footer(kFollowFooter);

  CLI::App* verify = app.add_subcommand(
      "verify", "Checks the hash chain: complete, changed, missing, cut (default: the newest)");
  verify->add_option("RUN|FILE", command.targets, "Which runs");
  verify->add_option("--key", command.key, "The public key that must have signed it, or its digits")
      ->type_name("PUBLIC-KEY");
  verify->footer(kVerifyFooter);
  for (CLI::App* verb : {list, show}) verb->footer(kFooter);
}

void AddKeyGen(CLI::App& app, TraceCommand& command) {
  CLI::App* keygen = app.add_subcommand("keygen", "Makes a pair of keys for signing traces");
  keygen->add_option("DIR", command.targets, "Where (default: safe-trace's own configuration)")
      ->expected(0, 1);
  keygen->footer(kKeyGenFooter);
}

void AddReport(CLI::App& app, TraceCommand& command) {
  CLI::App* report =
      app.add_subcommand("report", "One run as a page for a browser (default: the newest)");
  report->add_option("RUN|FILE", command.targets, "Which run")->expected(0, 1);
  report->add_option("--html", command.page_path, "Where the page goes; - is standard output")
      ->type_name("FILE")
      ->required();
  report->footer(kReportFooter);
}

void AddExport(CLI::App& app, TraceCommand& command) {
  CLI::App* verb =
      app.add_subcommand("export", "One run in the form of another tool (default: the newest)");
  verb->add_option("RUN|FILE", command.targets, "Which run")->expected(0, 1);
  verb->add_option("--format", command.format, ExportFormatNames())
      ->type_name("FORMAT")
      ->required();
  verb->add_option("-o,--output", command.export_path,
                   "Where it goes; - is standard output, and the default")
      ->type_name("FILE");
  verb->footer(kExportFooter);
}

void AddSearching(CLI::App& app, TraceCommand& command) {
  CLI::App* query = app.add_subcommand(
      "query", "The events that fit every FILTER, a line each (default: of the newest run)");
  query->add_option("RUN|FILE|FILTER", command.targets,
                    "KEYs: " + ShortKeyNames() + ", or one of docs/trace-schema.md");
  query->add_flag("--json", command.json, "The lines of the trace; with --count one JSON object");
  query
      ->add_option("--count", command.query.count_name,
                   "How many of the events have each value of this KEY, most frequent first")
      ->type_name("KEY");
  query->footer(kQueryFooter);

  CLI::App* diff = app.add_subcommand("diff", "What run B does that run A did not");
  diff->add_option("A B", command.targets, "Which two runs")->required()->expected(2);
  diff->add_flag("--json", command.json, "One JSON object");
  diff->footer(kDiffFooter);
}

void AddPrune(CLI::App& app, TraceCommand& command, PruneTexts& texts) {
  CLI::App* prune = app.add_subcommand("prune", "Removes old traces");
  prune->add_option("--keep", texts.keep, "The newest N stay")->type_name("N");
  prune->add_option("--older-than", texts.older_than, "What is younger stays")->type_name("DAYS");
  prune->add_flag("--dry-run", command.prune.dry_run, "Only say what would go");
  prune->footer(kPruneFooter);
}

// What `safe-trace policy learn` starts; not listed among the verbs of `trace`.
void AddLearn(CLI::App& app, TraceCommand& command) {
  CLI::App* learn =
      app.add_subcommand("learn", "Makes safe-trace.lock of what runs did")->group("");
  learn->add_option("RUN|FILE", command.targets, "Which runs (default: the newest)");
  learn->add_option("-o,--output", command.learn.lock_path, "Where it goes; - is standard output")
      ->type_name("FILE");
  learn->add_flag("--unverified", command.learn.unverified,
                  "Learn from traces that are not whole, too");
  learn->footer(kLearnFooter);
}

TraceVerb VerbOf(const CLI::App& app) {
  struct Row {
    const char* name;
    TraceVerb verb;
  };
  constexpr std::array kRows = {
      Row{"list", TraceVerb::kList},     Row{"show", TraceVerb::kShow},
      Row{"query", TraceVerb::kQuery},   Row{"diff", TraceVerb::kDiff},
      Row{"prune", TraceVerb::kPrune},   Row{"report", TraceVerb::kReport},
      Row{"learn", TraceVerb::kLearn},   Row{"export", TraceVerb::kExport},
      Row{"keygen", TraceVerb::kKeyGen}, Row{"follow", TraceVerb::kFollow}};
  for (const Row& row : kRows) {
    if (app.got_subcommand(row.name)) return row.verb;
  }
  return TraceVerb::kVerify;
}

absl::Status TakeBounds(const CLI::App& prune, const PruneTexts& texts, PruneRequest& request) {
  const bool has_keep = prune.count("--keep") > 0;
  const bool has_age = prune.count("--older-than") > 0;
  const bool is_valid = (has_keep || has_age) &&
                        (!has_keep || TakeNumber(texts.keep, request.keep)) &&
                        (!has_age || TakeNumber(texts.older_than, request.older_than_days));
  if (is_valid) return absl::OkStatus();
  return absl::InvalidArgumentError(
      "prune needs --keep N, --older-than DAYS or both, as whole numbers");
}

// What the parser cannot check.
absl::Status Complete(const CLI::App& app, const PruneTexts& texts, TraceCommand& command) {
  if (std::find(command.targets.begin(), command.targets.end(), "") != command.targets.end()) {
    return absl::InvalidArgumentError("an empty name is not a run or a file");
  }
  if (command.verb == TraceVerb::kExport) {
    if (!IsExportFormat(command.format)) {
      return absl::InvalidArgumentError("--format: '" + SafeText(command.format) + "' is none of " +
                                        ExportFormatNames());
    }
    if (LooksLikeTraceName(command.export_path)) {
      return absl::InvalidArgumentError("--output: '" + SafeText(command.export_path) +
                                        "' would be a trace, not an export");
    }
  }
  if (command.verb == TraceVerb::kReport && LooksLikeTraceName(command.page_path)) {
    return absl::InvalidArgumentError("--html: '" + SafeText(command.page_path) +
                                      "' would be a trace, not a page");
  }
  if (command.verb == TraceVerb::kLearn && LooksLikeTraceName(command.learn.lock_path)) {
    return absl::InvalidArgumentError("-o: '" + SafeText(command.learn.lock_path) +
                                      "' would be a trace, not a lock");
  }
  if (command.verb == TraceVerb::kPrune) {
    return TakeBounds(*app.get_subcommand("prune"), texts, command.prune);
  }
  return command.verb == TraceVerb::kQuery ? TakeFilters(command) : absl::OkStatus();
}

// "help" and "help VERB" as the parser knows them.
void UnfoldHelp(std::vector<std::string>& arguments) {
  if (arguments.empty() || arguments.front() != "help") return;
  arguments.erase(arguments.begin());
  arguments.emplace_back("--help");
}

// The parser would say that a subcommand is required, whatever stands in its place.
absl::Status CheckVerb(const CLI::App& app, const std::vector<std::string>& arguments) {
  const std::string first = arguments.empty() ? "" : arguments.front();
  if (first == "-h" || first == "--help") return absl::OkStatus();
  std::string verbs;
  for (const CLI::App* verb : app.get_subcommands(nullptr)) {
    if (verb->get_name() == first) return absl::OkStatus();
    if (!verb->get_group().empty())
      verbs.append(verbs.empty() ? "" : ", ").append(verb->get_name());
  }
  return absl::InvalidArgumentError(
      (arguments.empty() ? "a verb is needed" : "'" + SafeText(first) + "' is not a verb") +
      "; there are " + verbs + " (--help says what they do)");
}

}  // namespace

ParsedCommandLine ParseCommandLine(std::vector<std::string> arguments) {
  TraceCommand command;
  PruneTexts texts;
  UnfoldHelp(arguments);
  const bool is_learn = !arguments.empty() && arguments.front() == "learn";
  CLI::App app("Looks at the traces of earlier runs.",
               is_learn ? "safe-trace policy" : "safe-trace trace");
  app.footer(kFooter);
  app.require_subcommand(1);
  AddLooking(app, command);
  AddReport(app, command);
  AddExport(app, command);
  AddSearching(app, command);
  AddPrune(app, command, texts);
  AddLearn(app, command);
  AddKeyGen(app, command);
  app.add_subcommand("help", "This, or with the name of a verb what that does");
  if (const absl::Status checked = CheckVerb(app, arguments); !checked.ok()) {
    return Refusal(std::string(checked.message()));
  }

  std::reverse(arguments.begin(), arguments.end());  // CLI11 takes them from the back
  try {
    app.parse(std::move(arguments));
  } catch (const CLI::ParseError& error) {
    std::ostringstream out;
    std::ostringstream err;
    const bool is_help = app.exit(error, out, err) == 0;
    if (is_help) return {std::nullopt, WithoutTrailingNewlines(out.str()), 0};
    return Refusal(SafeLines(err.str()));
  }
  command.verb = command.follow ? TraceVerb::kFollow : VerbOf(app);
  if (command.verb == TraceVerb::kFollow && !command.targets.empty() &&
      command.targets.front() == "latest") {
    command.targets.clear();
  }
  if (const absl::Status completed = Complete(app, texts, command); !completed.ok()) {
    return Refusal(std::string(completed.message()));
  }
  return {std::move(command), "", 0};
}

bool IsPaged(const std::vector<std::string>& arguments) {
  const ParsedCommandLine parsed = ParseCommandLine(arguments);
  if (!parsed.command.has_value()) return false;
  const TraceVerb verb = parsed.command->verb;
  return verb == TraceVerb::kShow || verb == TraceVerb::kList || verb == TraceVerb::kQuery ||
         verb == TraceVerb::kDiff;
}

}  // namespace safe_trace
