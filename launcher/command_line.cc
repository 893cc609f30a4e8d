#include "launcher/command_line.h"

#include <algorithm>
#include <array>
#include <optional>

#include "absl/strings/str_join.h"
#include "launcher/concat.h"
#include "launcher/guard_check.h"
#include "launcher/run_options.h"
#include "launcher/terminal_text.h"

namespace safe_trace {
namespace {

constexpr std::array<std::string_view, 5> kVerbs = {"run", "guard", "trace", "policy", "doctor"};
constexpr std::array<std::string_view, 5> kLaterVerbs = {"install", "audit", "scan", "check-env",
                                                         "setup"};
constexpr std::array<std::string_view, 7> kLaterOptions = {
    "--decoys", "--no-decoys", "--user", "-u", "--root-dir", "-r", "--exe"};

constexpr std::string_view kCheckOption = "--check";

template <typename Range>
bool Contains(const Range& range, std::string_view word) {
  return std::find(range.begin(), range.end(), word) != range.end();
}

absl::Status LaterVersion(std::string_view what) {
  return absl::UnimplementedError(Concat("'", what, "' is not part of this version"));
}

absl::Status UnknownOption(const CLI::App& app, std::string_view name) {
  std::vector<std::string> known;
  for (const CLI::Option* option : app.get_options()) {
    for (const std::string& long_name : option->get_lnames()) known.push_back("--" + long_name);
  }
  const std::string nearest = NearestOf(name, known);
  return absl::InvalidArgumentError(
      Concat("unknown option ", EscapeAndShorten(name, 60),
             nearest.empty() ? "" : Concat("; did you mean ", nearest, "?"),
             "\n  Options of safe-trace come before the command, the command's own after it.\n"
             "  All options: safe-trace --help"));
}

// Walks over leading options as far as they go, so that nothing that belongs to the command is ever
// taken for an option of ours. CLI11 alone goes on after an option that it does not know.
class OptionScanner {
 public:
  OptionScanner(const CLI::App& app, const std::vector<std::string>& arguments)
      : app_(app), arguments_(arguments) {}

  // Takes options up to the first other word, `stop`, "--", or the end.
  absl::Status TakeOptions(std::string_view stop = {}) {
    while (!Done()) {
      const std::string& word = arguments_[next_];
      if (!stop.empty() && word == stop) return absl::OkStatus();
      if (word.size() < 2 || word[0] != '-') return absl::OkStatus();
      ++next_;
      if (word == "--") {
        saw_dashes_ = true;
        return absl::OkStatus();
      }
      absl::Status status = word[1] == '-' ? TakeLong(word) : TakeShort(word);
      if (!status.ok()) return status;
    }
    return absl::OkStatus();
  }

  bool Done() const { return next_ >= arguments_.size(); }
  bool saw_dashes() const { return saw_dashes_; }
  const std::string& Peek() const { return arguments_[next_]; }
  std::string Take() { return arguments_[next_++]; }
  std::vector<std::string> TakeRest() {
    std::vector<std::string> rest(arguments_.begin() + static_cast<ptrdiff_t>(next_),
                                  arguments_.end());
    next_ = arguments_.size();
    return rest;
  }
  // Options so far, every value joined to the long name: "--keep-env=NAME".
  const std::vector<std::string>& options() const { return options_; }
  bool Saw(std::string_view option) const { return Contains(options_, option); }

 private:
  absl::Status TakeLong(const std::string& word) {
    const size_t equals = word.find('=');
    const std::string name = word.substr(0, equals);
    if (Contains(kLaterOptions, name)) return LaterVersion(name);
    const CLI::Option* option = app_.get_option_no_throw(name);
    if (option == nullptr) return UnknownOption(app_, name);
    if (option->get_items_expected_min() == 0) {
      if (equals == std::string::npos) return AddFlag(name);
      return absl::InvalidArgumentError(Concat(name, " takes no value"));
    }
    if (equals == std::string::npos) return TakeValue(*option, name);
    return AddValue(*option, name, word.substr(equals + 1));
  }

  // A cluster: "-q", "-qkNAME", "-k NAME".
  absl::Status TakeShort(const std::string& word) {
    for (size_t i = 1; i < word.size(); ++i) {
      const std::string name = {'-', word[i]};
      if (Contains(kLaterOptions, name)) return LaterVersion(name);
      const CLI::Option* option = app_.get_option_no_throw(name);
      if (option == nullptr) return UnknownOption(app_, name);
      if (option->get_items_expected_min() > 0) {
        if (i + 1 == word.size()) return TakeValue(*option, name);
        return AddValue(*option, name, word.substr(i + 1));
      }
      if (absl::Status status = AddFlag("--" + option->get_lnames().front()); !status.ok()) {
        return status;
      }
    }
    return absl::OkStatus();
  }

  absl::Status AddFlag(const std::string& long_name) {
    options_.push_back(long_name);
    return absl::OkStatus();
  }
  absl::Status TakeValue(const CLI::Option& option, const std::string& name) {
    if (Done()) return absl::InvalidArgumentError(Concat(name, " needs a value"));
    // More likely a forgotten value than one that begins with a dash.
    if (Peek().size() > 1 && Peek().front() == '-') {
      return absl::InvalidArgumentError(
          Concat(name, " needs a value, not the option ", EscapeAndShorten(Peek(), 60),
                 "; where that is the value: --", option.get_lnames().front(), "=VALUE"));
    }
    return AddValue(option, name, Take());
  }
  absl::Status AddValue(const CLI::Option& option, const std::string& name,
                        const std::string& value) {
    if (value.empty()) return absl::InvalidArgumentError(Concat(name, " needs a value"));
    options_.push_back(Concat("--", option.get_lnames().front(), "=", value));
    return absl::OkStatus();
  }

  const CLI::App& app_;
  const std::vector<std::string>& arguments_;
  size_t next_ = 0;
  bool saw_dashes_ = false;
  std::vector<std::string> options_;
};

absl::Status MissingCommand() {
  return absl::InvalidArgumentError(
      "no command given\n"
      "  Usage: safe-trace [OPTIONS] COMMAND [ARG...]\n"
      "  Try:   safe-trace pip install requests\n"
      "  More:  safe-trace --help");
}

CommandLine Help(std::string topic) {
  CommandLine line;
  line.verb = Verb::kHelp;
  if (!topic.empty()) line.words = {std::move(topic)};
  return line;
}

CommandLine JustVerb(Verb verb) {
  CommandLine line;
  line.verb = verb;
  return line;
}

// `command`: instead of the words that are left.
absl::StatusOr<CommandLine> FinishRun(
    OptionScanner& scanner, RunOptionParser& parser,
    std::optional<std::vector<std::string>> command = std::nullopt) {
  if (!command.has_value()) {
    if (scanner.Done()) return MissingCommand();
    command = scanner.TakeRest();
  }
  if (command->front().empty()) {
    return absl::InvalidArgumentError("the command is an empty word");
  }
  if (absl::Status status = parser.Parse(scanner.options()); !status.ok()) return status;
  absl::StatusOr<LaunchOptions> options = parser.Build();
  if (!options.ok()) return options.status();
  CommandLine line;
  line.options = *std::move(options);
  line.options.command = *std::move(command);
  return line;
}

absl::StatusOr<CommandLine> FinishGuard(OptionScanner& scanner, RunOptionParser& parser) {
  if (absl::Status status = scanner.TakeOptions(kCheckOption); !status.ok()) return status;
  if (scanner.Saw("--help")) return Help("guard");
  std::optional<std::vector<std::string>> check;
  if (!scanner.saw_dashes() && !scanner.Done() && scanner.Peek() == kCheckOption) {
    scanner.Take();
    absl::StatusOr<std::vector<std::string>> command = CheckCommand(scanner.TakeRest());
    if (!command.ok()) return command.status();
    check = *std::move(command);
  }
  absl::StatusOr<CommandLine> line = FinishRun(scanner, parser, std::move(check));
  if (line.ok()) line->options.guard = true;
  return line;
}

absl::Status CheckPolicyWords(const std::vector<std::string>& words) {
  static const std::vector<std::string> kActions = {"show", "explain", "trust", "learn"};
  const std::string usage = "\n  More: safe-trace help policy";
  if (words.empty()) {
    return absl::InvalidArgumentError("policy: say show, explain, trust or learn" + usage);
  }
  const std::string& action = words.front();
  if (!Contains(kActions, action)) {
    const std::string nearest = NearestOf(action, kActions);
    return absl::InvalidArgumentError(
        Concat("policy: unknown action '", EscapeAndShorten(action, 40), "'",
               nearest.empty() ? "" : Concat("; did you mean ", nearest, "?"), usage));
  }
  const size_t least = action == "explain" ? 1 : 0;
  const size_t most = action == "show" ? 0 : 1;
  if (words.size() - 1 < least) {
    return absl::InvalidArgumentError("policy explain: say what: a PATH, a HOST or a VAR" + usage);
  }
  if (words.size() - 1 > most) {
    return absl::InvalidArgumentError(Concat("policy ", action, ": too many words", usage));
  }
  return absl::OkStatus();
}

// Options and words in any order: no command follows.
absl::StatusOr<CommandLine> FinishPolicy(std::vector<std::string> arguments) {
  RunOptionParser parser(/*for_policy=*/true);
  OptionScanner scanner(parser.app(), arguments);
  CommandLine line;
  line.verb = Verb::kPolicy;
  while (true) {
    if (absl::Status status = scanner.TakeOptions(); !status.ok()) return status;
    if (scanner.Done()) break;
    if (scanner.saw_dashes()) {
      for (std::string& word : scanner.TakeRest()) line.words.push_back(std::move(word));
      break;
    }
    line.words.push_back(scanner.Take());
  }
  if (scanner.Saw("--help")) return Help("policy");
  if (absl::Status status = CheckPolicyWords(line.words); !status.ok()) return status;
  if (absl::Status status = parser.Parse(scanner.options()); !status.ok()) return status;
  absl::StatusOr<LaunchOptions> options = parser.Build();
  if (!options.ok()) return options.status();
  line.options = *std::move(options);
  return line;
}

absl::StatusOr<CommandLine> FinishDoctor(const std::vector<std::string>& arguments) {
  CommandLine line = JustVerb(Verb::kDoctor);
  for (const std::string& argument : arguments) {
    if (argument == "--help" || argument == "-h") return Help("doctor");
    if (argument != "--json") {
      return absl::InvalidArgumentError(Concat("doctor: unknown argument '",
                                               EscapeAndShorten(argument, 60),
                                               "'; it takes --json or nothing"));
    }
    line.options.json = true;
  }
  return line;
}

absl::StatusOr<CommandLine> FinishHelp(const std::vector<std::string>& arguments) {
  if (arguments.size() > 1) {
    return absl::InvalidArgumentError("help: one topic at a time, as in safe-trace help policy");
  }
  return Help(arguments.empty() ? "" : arguments.front());
}

// `scanner` stands behind the verb.
absl::StatusOr<CommandLine> FinishVerb(const std::string& verb, OptionScanner& scanner,
                                       RunOptionParser& parser) {
  if (verb == "guard") return FinishGuard(scanner, parser);
  if (verb == "run") {
    if (absl::Status status = scanner.TakeOptions(); !status.ok()) return status;
    if (scanner.Saw("--help")) return Help("run");
    return FinishRun(scanner, parser);
  }
  std::vector<std::string> arguments = scanner.options();
  if (verb == "policy") {
    if (!scanner.Done() && arguments.empty() && scanner.Peek() == "learn") {
      // Reads traces: the companion program's, with its own options.
      CommandLine line = JustVerb(Verb::kTrace);
      line.words = scanner.TakeRest();
      return line;
    }
    for (std::string& word : scanner.TakeRest()) arguments.push_back(std::move(word));
    return FinishPolicy(std::move(arguments));
  }
  if (!arguments.empty()) {
    return absl::InvalidArgumentError(
        Concat(arguments.front(), " is an option of a run and means nothing to '", verb,
               "'\n  To supervise a program of that name: safe-trace run [OPTIONS] -- ", verb));
  }
  arguments = scanner.TakeRest();
  if (verb == "doctor") return FinishDoctor(arguments);
  if (verb == "help") return FinishHelp(arguments);
  CommandLine line = JustVerb(Verb::kTrace);
  line.words = std::move(arguments);
  return line;
}

}  // namespace

absl::StatusOr<CommandLine> ParseCommandLine(const std::vector<std::string>& arguments) {
  RunOptionParser parser(/*for_policy=*/false);
  OptionScanner scanner(parser.app(), arguments);
  if (absl::Status status = scanner.TakeOptions(); !status.ok()) return status;
  if (scanner.Saw("--help")) return Help("");
  if (scanner.Saw("--version")) return JustVerb(Verb::kVersion);
  // Behind "--" nothing is a verb: `safe-trace -- install` runs install(1).
  if (scanner.saw_dashes() || scanner.Done()) return FinishRun(scanner, parser);
  const std::string word = scanner.Peek();
  if (Contains(kVerbs, word) || word == "help") {
    scanner.Take();
    return FinishVerb(word, scanner, parser);
  }
  if (Contains(kLaterVerbs, word)) {
    return absl::UnimplementedError(
        Concat("the verb '", word, "' is not part of this version",
               "\n  To supervise a program of that name: safe-trace run [OPTIONS] -- ", word));
  }
  return FinishRun(scanner, parser);
}

}  // namespace safe_trace
