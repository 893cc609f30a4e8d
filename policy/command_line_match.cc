// What a command line says to a profile: which manager it starts, which paths it names.
#include <algorithm>
#include <array>
#include <cstddef>
#include <string>
#include <string_view>
#include <vector>

#include "policy/lexical_path.h"
#include "policy/path_pattern.h"
#include "policy/profile.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

// Arguments of an exec are matched as a whole, script text included.
constexpr size_t kMaxArgument = size_t{64} << 10;
constexpr size_t kMaxValues = 64;

bool MatchesAny(const std::vector<std::string>& globs, std::string_view text) {
  return std::any_of(globs.begin(), globs.end(), [&](const std::string& glob) {
    return MatchesGlob(glob, text, kMaxArgument);
  });
}

bool Contains(const std::vector<std::string>& list, std::string_view text) {
  return std::find(list.begin(), list.end(), text) != list.end();
}

bool IsAssignment(std::string_view word) {
  const size_t equals = word.find('=');
  return equals != std::string_view::npos && equals > 0 && word.front() != '-';
}

// The index of what `env` runs, arguments.size() where it runs nothing that can be told.
size_t SkipEnv(const std::vector<std::string>& arguments) {
  size_t i = 0;
  while (i < arguments.size() && BaseName(arguments[i]) == "env") {
    ++i;
    while (i < arguments.size()) {
      const std::string& word = arguments[i];
      if (word == "-u" || word == "--unset" || word == "-C" || word == "--chdir") {
        i += 2;
      } else if (word == "--") {
        ++i;
        break;
      } else if (word == "-S" || word.starts_with("--split-string")) {
        return arguments.size();
      } else if (IsAssignment(word) || word.starts_with("-")) {
        ++i;
      } else {
        break;
      }
    }
  }
  return std::min(i, arguments.size());
}

bool IsPython(std::string_view base_name) {
  if (base_name.starts_with("pypy"))
    base_name.remove_prefix(4);
  else if (base_name.starts_with("python"))
    base_name.remove_prefix(6);
  else
    return false;
  return base_name.find_first_not_of("0123456789.dtm") == std::string_view::npos;
}

// Programs, besides Python, that are given the manager as a script, and those of their options
// that take the next word as a value.
struct Interpreter {
  std::string_view name;  // "ruby3.1" is ruby too
  std::array<std::string_view, 6> value_options;
  std::string_view code_option;  // what follows is no script
};
constexpr Interpreter kInterpreters[] = {
    {"node", {"-r", "--require", "--import", "--loader", "-C", "--title"}, "-e"},
    {"nodejs", {"-r", "--require", "--import", "--loader", "-C", "--title"}, "-e"},
    {"ruby", {"-I", "-r", "-C", "-E", "-W", "-x"}, "-e"},
    {"sh", {"-o", "+o", "-O", "+O"}, "-c"},
    {"bash", {"-o", "+o", "-O", "+O", "--rcfile", "--init-file"}, "-c"},
    {"dash", {"-o", "+o"}, "-c"},
};

const Interpreter* FindInterpreter(std::string_view base_name) {
  for (const Interpreter& interpreter : kInterpreters) {
    if (base_name.starts_with(interpreter.name) &&
        base_name.substr(interpreter.name.size()).find_first_not_of("0123456789.") ==
            std::string_view::npos) {
      return &interpreter;
    }
  }
  return nullptr;
}

std::string_view ScriptOf(const Interpreter& interpreter, const std::vector<std::string>& arguments,
                          size_t from) {
  for (size_t i = from; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    if (word == "--") return i + 1 < arguments.size() ? std::string_view(arguments[i + 1]) : "";
    if (word.empty() || (word.front() != '-' && word.front() != '+')) return word;
    if (word == "-" || word == interpreter.code_option) return {};
    // A shell's "-ec" holds the option that takes code.
    const bool is_shell = interpreter.code_option == "-c" && !word.starts_with("--");
    if (is_shell && word.front() == '-' && word.find('c') != std::string_view::npos) return {};
    for (std::string_view option : interpreter.value_options) i += word == option ? 1 : 0;
  }
  return {};
}

struct PythonTarget {
  std::string_view module;
  std::string_view script;
};

// What `python ARGUMENTS[from...]` runs; both empty for -c, standard input, or nothing.
PythonTarget FindPythonTarget(const std::vector<std::string>& arguments, size_t from) {
  for (size_t i = from; i < arguments.size(); ++i) {
    const std::string_view word = arguments[i];
    if (word == "--check-hash-based-pycs") {
      ++i;
      continue;
    }
    if (word == "-" || word == "--") return {};
    if (word.empty() || word.front() != '-') return {{}, word};
    if (word.starts_with("--")) continue;
    // Short flags may be joined ("-Im"); the first that takes a value takes the rest of the word,
    // else the next one.
    const size_t flag = word.find_first_of("cmWX", 1);
    if (flag == std::string_view::npos) continue;
    const bool joined = flag + 1 < word.size();
    if (word[flag] == 'c') return {};
    if (word[flag] == 'm') {
      if (joined) return {word.substr(flag + 1), {}};
      return {i + 1 < arguments.size() ? std::string_view(arguments[i + 1]) : "", {}};
    }
    if (!joined) ++i;
  }
  return {};
}

bool Recognizes(const Profile& profile, const std::vector<std::string>& arguments, size_t start,
                std::string_view executable) {
  const std::string_view program = BaseName(arguments[start]);
  if (MatchesAny(profile.programs, program)) return true;
  if (!IsPython(program) && !IsPython(BaseName(executable))) {
    const Interpreter* interpreter = FindInterpreter(program);
    if (interpreter == nullptr) interpreter = FindInterpreter(BaseName(executable));
    if (interpreter != nullptr) {
      const std::string_view script = ScriptOf(*interpreter, arguments, start + 1);
      return !script.empty() && MatchesAny(profile.programs, BaseName(script));
    }
    return start == 0 && MatchesAny(profile.programs, BaseName(executable));
  }
  const PythonTarget target = FindPythonTarget(arguments, start + 1);
  if (!target.module.empty()) return Contains(profile.modules, target.module);
  return !target.script.empty() && MatchesAny(profile.programs, BaseName(target.script));
}

}  // namespace

// Where the manager's own words begin: after "pip", "python -m pip", "env X=1 pip".
bool IsShellName(std::string_view base_name) {
  static constexpr std::string_view kShells[] = {"sh",  "dash", "bash", "ash",
                                                 "zsh", "ksh",  "mksh", "busybox"};
  return std::find(std::begin(kShells), std::end(kShells), base_name) != std::end(kShells);
}

size_t ManagerWordsBegin(const Profile& profile, const std::vector<std::string>& arguments) {
  for (size_t i = SkipEnv(arguments); i < arguments.size(); ++i) {
    if (MatchesAny(profile.programs, BaseName(arguments[i]))) return i + 1;
    const bool is_module =
        i > 0 && arguments[i - 1].starts_with("-") && arguments[i - 1].ends_with("m");
    if (is_module && Contains(profile.modules, arguments[i])) return i + 1;
    for (const std::string& module : profile.modules) {
      if (arguments[i] == "-m" + module) return i + 1;
    }
  }
  return std::min<size_t>(1, arguments.size());
}

std::string InterpretedScript(const std::vector<std::string>& arguments) {
  const size_t start = SkipEnv(arguments);
  if (start >= arguments.size()) return "";
  const std::string_view program = BaseName(arguments[start]);
  if (IsPython(program)) return std::string(FindPythonTarget(arguments, start + 1).script);
  const Interpreter* interpreter = FindInterpreter(program);
  if (interpreter == nullptr) return "";
  return std::string(ScriptOf(*interpreter, arguments, start + 1));
}

namespace {

// `option` is "--name" (also by "--name=value") or "-x" (also by "-xvalue").
bool IsOption(std::string_view word, const std::string& option) {
  if (word == option) return true;
  if (!word.starts_with(option)) return false;
  return option.starts_with("--") ? word[option.size()] == '=' : true;
}

}  // namespace

bool StartsProgramOf(const Profile& profile, const std::vector<std::string>& arguments,
                     std::string_view executable) {
  const size_t start = SkipEnv(arguments);
  return start < arguments.size() &&
         Recognizes(profile, arguments, start, start == 0 ? executable : std::string_view());
}

const Profile& RecognizeProfile(const std::vector<std::string>& arguments,
                                std::string_view executable) {
  const std::vector<Profile>& profiles = ShippedProfileHeads();
  for (const Profile& profile : profiles) {
    if (StartsProgramOf(profile, arguments, executable)) return ShippedProfile(profile.name);
  }
  return ShippedProfile(profiles.back().name);
}

namespace {

// `wanted`: "NAME", or "NAME=GLOB". Of a name given twice getenv sees the first.
bool HasVariable(const ExecFacts& facts, const std::string& wanted) {
  const size_t equals = wanted.find('=');
  const std::string prefix = wanted.substr(0, equals) + "=";
  for (const std::string& variable : facts.environment) {
    if (!variable.starts_with(prefix)) continue;
    return equals == std::string::npos ||
           MatchesGlob(std::string_view(wanted).substr(equals + 1),
                       std::string_view(variable).substr(prefix.size()), kMaxArgument);
  }
  return false;
}

bool MatchesPlaces(const ExecRule& rule, const ExecFacts& facts, std::string_view project) {
  if (!rule.executables.empty() && !MatchesAny(rule.executables, facts.executable)) return false;
  if (!rule.working_directory.empty() &&
      !MatchesAny(rule.working_directory, facts.working_directory)) {
    return false;
  }
  return !rule.in_project.has_value() ||
         *rule.in_project == IsWithin(facts.working_directory, project);
}

}  // namespace

int MatchExecRule(const ExecRule& rule, const ExecFacts& facts, std::string_view project) {
  if (!MatchesPlaces(rule, facts, project)) return -1;
  for (const std::string& wanted : rule.environment_set) {
    if (!HasVariable(facts, wanted)) return -1;
  }
  for (const std::string& argument : facts.arguments) {
    if (MatchesAny(rule.arguments_absent, argument)) return -1;
  }
  int first = 0;
  size_t at = 0;
  for (size_t p = 0; p < rule.arguments.size(); ++p, ++at) {
    while (at < facts.arguments.size() &&
           !MatchesGlob(rule.arguments[p], facts.arguments[at], kMaxArgument)) {
      ++at;
    }
    if (at >= facts.arguments.size()) return -1;
    if (p == 0) first = static_cast<int>(at);
  }
  return first;
}

std::vector<std::string> WritesOfCommand(const Profile& profile,
                                         const std::vector<std::string>& arguments) {
  // The manager's command is the first word that names one: options before it may take values,
  // and which do is the manager's business.
  std::vector<std::string> writes;
  const size_t start = ManagerWordsBegin(profile, arguments);
  for (const CommandWrites& rule : profile.command_writes) {
    bool is_command = false;
    bool has_option = rule.options.empty();
    for (size_t i = start; i < arguments.size(); ++i) {
      if (arguments[i] == "--") break;
      is_command = is_command || Contains(rule.commands, arguments[i]);
      for (const std::string& option : rule.options) {
        has_option = has_option || IsOption(arguments[i], option);
      }
    }
    if (is_command && has_option) {
      writes.insert(writes.end(), rule.writes.begin(), rule.writes.end());
    }
  }
  return writes;
}

std::vector<std::string> PathOptionValues(const Profile& profile,
                                          const std::vector<std::string>& arguments) {
  std::vector<std::string> values;
  for (size_t i = ManagerWordsBegin(profile, arguments); i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "--" || values.size() >= kMaxValues) break;
    for (const std::string& option : profile.path_options) {
      if (!IsOption(word, option)) continue;
      if (word != option) {
        const size_t skip = option.size() + (option.starts_with("--") ? 1 : 0);
        if (word.size() > skip) values.push_back(word.substr(skip));
      } else if (i + 1 < arguments.size() && !arguments[i + 1].empty()) {
        values.push_back(arguments[i + 1]);
      }
      break;
    }
  }
  return values;
}

}  // namespace safe_trace
