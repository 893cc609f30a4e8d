#include "launcher/run_options.h"

#include <algorithm>
#include <cmath>

#include "absl/strings/numbers.h"
#include "launcher/concat.h"
#include "launcher/terminal_text.h"

namespace safe_trace {
namespace {

absl::Status BadValue(std::string_view option, std::string_view value, std::string_view wanted) {
  return absl::InvalidArgumentError(
      Concat(option, " '", EscapeAndShorten(value, 80), "': ", wanted));
}

// Digits alone: absl::SimpleAtoi would take blanks and a sign too.
bool ParseDigits(std::string_view text, uint64_t& value) {
  return !text.empty() && text.find_first_not_of("0123456789") == std::string_view::npos &&
         absl::SimpleAtoi(std::string(text), &value);
}

std::string PathProblem(std::string_view text) { return text.empty() ? "wanted a path" : ""; }

// What is wrong with a value, "" where nothing is.
using Check = std::string (*)(std::string_view value);

absl::Status Append(const std::vector<std::string>& values, const char* option, Check check,
                    std::vector<Entry>& out) {
  for (const std::string& value : values) {
    const std::string problem = check(value);
    if (!problem.empty()) return BadValue(option, value, problem);
    out.push_back({value, option});
  }
  return absl::OkStatus();
}

absl::StatusOr<uint64_t> PositiveInteger(std::string_view option, std::string_view text,
                                         uint64_t most, std::string_view unit) {
  uint64_t value = 0;
  if (ParseDigits(text, value) && value >= 1 && value <= most) return value;
  return BadValue(option, text, Concat("wanted a whole number of ", unit, ", 1 to ", most));
}

}  // namespace

RunOptionParser::RunOptionParser(bool for_policy) {
  app_.set_help_flag();  // ours, so that --help of a verb is recognised in one place
  app_.add_flag("-h,--help", raw_.help, "this help")->group("Other");
  app_.add_flag("-V,--version", raw_.version, "the version")->group("Other");
  DeclareAccess();
  DeclareViolations();
  DeclareLimits();
  DeclareOutput(for_policy);
}

void RunOptionParser::DeclareAccess() {
  const auto list = [this](const char* name, std::vector<std::string>& into, const char* value,
                           const char* text) {
    app_.add_option(name, into, text)->type_name(value)->allow_extra_args(false)->group("Access");
  };
  list("--allow-host", raw_.allow_host, "HOST[:PORT]", "let the command reach this host");
  list("--allow-read", raw_.allow_read, "PATH", "let packages read this path too");
  list("--allow-write", raw_.allow_write, "PATH", "let this path be written too");
  list("--grant", raw_.grant, "NAME[@VER]=HOST", "let this one package reach this host");
  list("-k,--keep-env", raw_.keep_env, "NAME", "keep a variable that would be removed");
  list("--hide", raw_.hide, "PATH", "hide this path as a credential");
  list("--hide-env", raw_.hide_env, "NAME", "remove this variable");
  app_.add_flag("--offline", raw_.offline, "no network at all")->group("Access");
  app_.add_flag("--ask", raw_.ask, "ask about hosts, on the terminal")
      ->group("Access");
  app_.add_option("--ask-timeout", raw_.ask_timeout, "no answer is a no (60)")
      ->type_name("SECONDS")
      ->group("Access");
  app_.add_option("--profile", raw_.profile, "use this manager's profile")
      ->type_name("NAME")
      ->group("Access");
}

void RunOptionParser::DeclareViolations() {
  app_.add_option("--on-violation", raw_.on_violation, "deny (default), or kill the tree")
      ->type_name("deny|kill")
      ->group("Violations");
  app_.add_flag("--fail-on-violation,!--no-fail-on-violation", raw_.fail_on_violation,
                "exit 120 after a violation (default)")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->group("Violations");
  app_.add_flag("--locked", raw_.locked, "refuse what safe-trace.lock does not have")
      ->group("Violations");
  app_.add_option("--lock", raw_.lock, "the lock for --locked (./safe-trace.lock)")
      ->type_name("FILE")
      ->group("Violations");
  app_.add_option("--require", raw_.require, "refuse to run where a mechanism is missing")
      ->type_name("full")
      ->group("Violations");
}

void RunOptionParser::DeclareLimits() {
  const auto limit = [this](const char* name, std::string& into, const char* value,
                            const char* text) {
    app_.add_option(name, into, text)->type_name(value)->group("Limits");
  };
  limit("--memory", raw_.memory, "SIZE", "memory of each process: 2g, 512MiB");
  limit("--cpus", raw_.cpus, "N", "processors, as in 2");
  limit("--pids", raw_.pids, "N", "processes and threads");
  limit("--timeout", raw_.timeout, "SECONDS", "end the run after this time (exit 124)");
}

void RunOptionParser::DeclareOutput(bool for_policy) {
  app_.add_option("-o,--output", raw_.output, "write the trace to this file; -: to stdout")
      ->type_name("FILE")
      ->group("Output");
  app_.add_option("--log-level", raw_.log_level, "how much goes into the trace")
      ->type_name("default|full")
      ->group("Output");
  app_.add_flag("--compress,!--no-compress", raw_.compress, "compress the trace (zstd)")
      ->multi_option_policy(CLI::MultiOptionPolicy::TakeLast)
      ->group("Output");
  app_.add_option("--sign-key", raw_.sign_key, "sign the end of the trace with this key")
      ->type_name("FILE")
      ->group("Output");
  app_.add_option("--sink", raw_.sinks, "send events there: unix:PATH, otlp+http://HOST")
      ->type_name("ADDRESS")
      ->allow_extra_args(false)
      ->group("Output");
  app_.add_flag("-q,--quiet", raw_.quiet, "say nothing but violations")->group("Output");
  app_.add_flag("--json", raw_.json, "the summary as JSON on standard error")->group("Output");
  app_.add_option("--config", raw_.config, "read this configuration file too")
      ->type_name("FILE")
      ->group("Other");
  if (for_policy) {
    app_.add_option("--for", raw_.for_command, "the command that the policy would be for")
        ->type_name("'COMMAND'")
        ->group("Policy");
  }
  for (CLI::Option* option : app_.get_options()) {
    const bool is_list = option->get_items_expected_max() > 1;
    if (!is_list) option->multi_option_policy(CLI::MultiOptionPolicy::TakeLast);
  }
}

absl::Status RunOptionParser::Parse(const std::vector<std::string>& words) {
  try {
    app_.parse(std::vector<std::string>(words.rbegin(), words.rend()));
  } catch (const CLI::ParseError& error) {
    return absl::InvalidArgumentError(EscapeAndShorten(error.what(), 200));
  }
  return absl::OkStatus();
}

absl::StatusOr<LaunchOptions> RunOptionParser::Build() const {
  LaunchOptions options;
  if (absl::Status status = BuildLists(options.overrides); !status.ok()) return status;
  if (absl::Status status = BuildLimits(options.overrides); !status.ok()) return status;
  if (absl::Status status = BuildChoices(options); !status.ok()) return status;
  if (raw_.offline) options.overrides.offline = true;
  // CLI11 2.1 turns a std::optional<bool> that was not given into false.
  if (app_.get_option("--fail-on-violation")->count() > 0) {
    options.overrides.fail_on_violation = raw_.fail_on_violation;
  }
  if (!raw_.config.empty()) options.config_file = raw_.config;
  if (!raw_.profile.empty()) options.profile = raw_.profile;
  if (!raw_.output.empty()) options.output_file = raw_.output;
  options.locked = raw_.locked;
  if (!raw_.lock.empty()) options.lock_file = raw_.lock;
  if (options.lock_file.has_value() && !options.locked) {
    return absl::InvalidArgumentError("--lock FILE means nothing without --locked");
  }
  if (options.locked && raw_.ask) {
    return absl::InvalidArgumentError(
        "--ask and --locked exclude each other: no answer adds to the lock");
  }
  if (app_.get_option("--compress")->count() > 0) options.overrides.compress = raw_.compress;
  if (!raw_.sign_key.empty()) options.overrides.sign_key = raw_.sign_key;
  options.ask = raw_.ask;
  if (!raw_.ask_timeout.empty()) {
    constexpr uint64_t kLongest = 86400;
    absl::StatusOr<uint64_t> seconds =
        PositiveInteger("--ask-timeout", raw_.ask_timeout, kLongest, "seconds");
    if (!seconds.ok()) return seconds.status();
    options.ask_timeout_seconds = *seconds;
  }
  options.quiet = raw_.quiet;
  options.json = raw_.json;
  if (!raw_.for_command.empty()) options.command = CLI::detail::split_up(raw_.for_command);
  return options;
}

absl::Status RunOptionParser::BuildLists(Config& config) const {
  const struct {
    const std::vector<std::string>& values;
    const char* option;
    Check check;
    std::vector<Entry>& out;
  } lists[] = {
      {raw_.allow_host, "--allow-host", HostPortProblem, config.allowed_hosts},
      {raw_.allow_read, "--allow-read", PathProblem, config.allow_read},
      {raw_.allow_write, "--allow-write", PathProblem, config.allow_write},
      {raw_.grant, "--grant", GrantProblem, config.grants},
      {raw_.keep_env, "--keep-env", VariableNameProblem, config.keep_env},
      {raw_.hide, "--hide", PathProblem, config.extra_paths},
      {raw_.sinks, "--sink", PathProblem, config.sinks},
      {raw_.hide_env, "--hide-env", VariableNameProblem, config.extra_env_vars},
  };
  for (const auto& list : lists) {
    absl::Status status = Append(list.values, list.option, list.check, list.out);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

absl::Status RunOptionParser::BuildLimits(Config& config) const {
  if (!raw_.memory.empty()) {
    absl::StatusOr<uint64_t> bytes = ParseByteSize(raw_.memory);
    if (!bytes.ok())
      return BadValue("--memory", raw_.memory, std::string(bytes.status().message()));
    config.memory_limit_bytes = *bytes;
  }
  if (!raw_.cpus.empty()) {
    double cpus = 0;
    if (!absl::SimpleAtod(raw_.cpus, &cpus) || !std::isfinite(cpus) || cpus <= 0 || cpus > 4096) {
      return BadValue("--cpus", raw_.cpus, "wanted a number of processors, as in 2 or 0.5");
    }
    config.cpu_limit = cpus;
  }
  if (!raw_.pids.empty()) {
    absl::StatusOr<uint64_t> pids = PositiveInteger("--pids", raw_.pids, 4194304, "processes");
    if (!pids.ok()) return pids.status();
    config.pids = *pids;
  }
  if (!raw_.timeout.empty()) {
    // A year; more is a mistake, and would overflow a timer's nanoseconds much later.
    absl::StatusOr<uint64_t> seconds =
        PositiveInteger("--timeout", raw_.timeout, 31536000, "seconds");
    if (!seconds.ok()) return seconds.status();
    config.timeout_seconds = *seconds;
  }
  return absl::OkStatus();
}

absl::Status RunOptionParser::BuildChoices(LaunchOptions& options) const {
  if (raw_.on_violation == "deny") {
    options.overrides.on_violation = ViolationAction::kDeny;
  } else if (raw_.on_violation == "kill") {
    options.overrides.on_violation = ViolationAction::kKill;
  } else if (!raw_.on_violation.empty()) {
    return BadValue("--on-violation", raw_.on_violation, "wanted deny or kill");
  }
  if (raw_.log_level == "full") {
    options.log_level = LogLevel::kFull;
  } else if (!raw_.log_level.empty() && raw_.log_level != "default") {
    return BadValue("--log-level", raw_.log_level, "wanted default or full");
  }
  if (raw_.require == "full") {
    options.require = Require::kFull;
  } else if (!raw_.require.empty()) {
    return BadValue("--require", raw_.require, "wanted full");
  }
  return absl::OkStatus();
}

}  // namespace safe_trace
