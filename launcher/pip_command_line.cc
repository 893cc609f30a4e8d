#include "launcher/pip_command_line.h"

#include <algorithm>
#include <array>
#include <string_view>

#include "launcher/host_paths.h"

namespace safe_trace {
namespace {

enum class Option {
  kNone,          // a flag that does not matter here
  kSkippedValue,  // takes a value that does not matter here
  kIndexUrl,
  kExtraIndexUrl,
  kFindLinks,
  kProxy,
  kRequirement,
  kConstraint,
  kEditable,
  kPython,
  kNoIndex,
  kIsolated,
  kUser,
};

struct LongOption {
  std::string_view name;
  // pip takes every unambiguous abbreviation; this many characters make it so.
  size_t shortest;
  Option option;
};

constexpr std::array kLongOptions = {
    LongOption{"index-url", 2, Option::kIndexUrl},
    LongOption{"pypi-url", 2, Option::kIndexUrl},
    LongOption{"extra-index-url", 5, Option::kExtraIndexUrl},
    LongOption{"find-links", 2, Option::kFindLinks},
    LongOption{"proxy", 4, Option::kProxy},
    LongOption{"requirement", 8, Option::kRequirement},
    LongOption{"constraint", 4, Option::kConstraint},
    LongOption{"editable", 2, Option::kEditable},
    LongOption{"python", 6, Option::kPython},
    LongOption{"no-index", 6, Option::kNoIndex},
    LongOption{"isolated", 2, Option::kIsolated},
    LongOption{"user", 4, Option::kUser},
    LongOption{"abi", 3, Option::kSkippedValue},
    LongOption{"build-option", 12, Option::kSkippedValue},
    LongOption{"cache-dir", 2, Option::kSkippedValue},
    LongOption{"cert", 3, Option::kSkippedValue},
    LongOption{"client-cert", 2, Option::kSkippedValue},
    LongOption{"config-settings", 4, Option::kSkippedValue},
    LongOption{"dest", 3, Option::kSkippedValue},
    LongOption{"exists-action", 3, Option::kSkippedValue},
    LongOption{"global-option", 2, Option::kSkippedValue},
    LongOption{"group", 3, Option::kSkippedValue},
    LongOption{"implementation", 2, Option::kSkippedValue},
    LongOption{"keyring-provider", 1, Option::kSkippedValue},
    LongOption{"log", 3, Option::kSkippedValue},
    LongOption{"no-binary", 5, Option::kSkippedValue},
    LongOption{"only-binary", 4, Option::kSkippedValue},
    LongOption{"platform", 2, Option::kSkippedValue},
    LongOption{"prefix", 4, Option::kSkippedValue},
    LongOption{"progress-bar", 4, Option::kSkippedValue},
    LongOption{"python-version", 7, Option::kSkippedValue},
    LongOption{"report", 3, Option::kSkippedValue},
    LongOption{"retries", 3, Option::kSkippedValue},
    LongOption{"root", 4, Option::kSkippedValue},
    LongOption{"root-user-action", 5, Option::kSkippedValue},
    LongOption{"src", 2, Option::kSkippedValue},
    LongOption{"target", 2, Option::kSkippedValue},
    LongOption{"timeout", 2, Option::kSkippedValue},
    LongOption{"trusted-host", 2, Option::kSkippedValue},
    LongOption{"upgrade-strategy", 8, Option::kSkippedValue},
    LongOption{"use-deprecated", 5, Option::kSkippedValue},
    LongOption{"use-feature", 5, Option::kSkippedValue},
    LongOption{"wheel-dir", 1, Option::kSkippedValue},
};

Option LongOptionFor(std::string_view name) {
  for (const LongOption& option : kLongOptions) {
    if (name == option.name) return option.option;
  }
  for (const LongOption& option : kLongOptions) {
    if (name.size() >= option.shortest && option.name.substr(0, name.size()) == name) {
      return option.option;
    }
  }
  return Option::kNone;
}

Option ShortOptionFor(char letter) {
  switch (letter) {
    case 'i':
      return Option::kIndexUrl;
    case 'f':
      return Option::kFindLinks;
    case 'r':
      return Option::kRequirement;
    case 'c':
      return Option::kConstraint;
    case 'e':
      return Option::kEditable;
    case 'C':
    case 'b':
    case 'd':
    case 't':
    case 'w':
      return Option::kSkippedValue;
    default:
      return Option::kNone;
  }
}

bool TakesValue(Option option) {
  return option != Option::kNone && option != Option::kNoIndex && option != Option::kIsolated &&
         option != Option::kUser;
}

void Store(Option option, std::string_view value, PipCommandLine& line) {
  switch (option) {
    case Option::kIndexUrl:
      line.index_url = value;
      break;
    case Option::kExtraIndexUrl:
      line.extra_index_urls.emplace_back(value);
      break;
    case Option::kFindLinks:
      line.find_links.emplace_back(value);
      break;
    case Option::kProxy:
      line.proxy = value;
      break;
    case Option::kRequirement:
      line.requirement_files.emplace_back(value);
      break;
    case Option::kConstraint:
      line.constraint_files.emplace_back(value);
      break;
    case Option::kEditable:
      line.requirements.emplace_back(value);
      break;
    case Option::kPython:
      line.python = value;
      break;
    case Option::kNoIndex:
      line.no_index = true;
      break;
    case Option::kIsolated:
      line.isolated = true;
      break;
    case Option::kUser:
      line.user = true;
      break;
    case Option::kNone:
    case Option::kSkippedValue:
      break;
  }
}

class Scanner {
 public:
  explicit Scanner(const std::vector<std::string>& words) : words_(words) {}

  PipCommandLine Scan(size_t first, bool has_command) {
    next_ = first;
    bool only_positional = false;
    while (next_ < words_.size()) {
      std::string_view word = words_[next_++];
      if (!only_positional && word == "--") {
        only_positional = true;
      } else if (!only_positional && word.substr(0, 2) == "--") {
        TakeLong(word.substr(2));
      } else if (!only_positional && word.size() > 1 && word.front() == '-') {
        TakeShort(word.substr(1));
      } else if (has_command && line_.command.empty()) {
        line_.command = word;
      } else {
        line_.requirements.emplace_back(word);
      }
    }
    return std::move(line_);
  }

 private:
  void TakeLong(std::string_view word) {
    size_t equals = word.find('=');
    Option option = LongOptionFor(word.substr(0, equals));
    if (!TakesValue(option)) {
      Store(option, "", line_);
    } else if (equals != std::string_view::npos) {
      Store(option, word.substr(equals + 1), line_);
    } else if (next_ < words_.size()) {
      Store(option, words_[next_++], line_);
    }
  }

  // A cluster: flags, then at most one option whose value is the rest or the next word.
  void TakeShort(std::string_view word) {
    for (size_t i = 0; i < word.size(); ++i) {
      Option option = ShortOptionFor(word[i]);
      if (option == Option::kNone) continue;
      if (i + 1 < word.size()) {
        Store(option, word.substr(i + 1), line_);
      } else if (next_ < words_.size()) {
        Store(option, words_[next_++], line_);
      }
      return;
    }
  }

  const std::vector<std::string>& words_;
  size_t next_ = 0;
  PipCommandLine line_;
};

bool IsPipName(const std::string& path) { return BaseNameOf(path).substr(0, 3) == "pip"; }

// The index of pip's own first argument. "python -m pip ARG", "python /path/pip ARG", "pip ARG".
size_t FirstPipArgument(const std::vector<std::string>& arguments) {
  if (arguments.empty() || IsPipName(arguments[0])) return 1;
  for (size_t i = 1; i < arguments.size(); ++i) {
    const std::string& word = arguments[i];
    if (word == "-m") return i + 2;
    if (word.substr(0, 2) == "-m") return i + 1;
    if (word == "-W" || word == "-X") {
      ++i;
    } else if (word.empty() || word[0] != '-') {
      return i + 1;
    } else if (word.size() > 2 && word[1] != '-' && word.back() == 'm') {
      return i + 2;  // "-Im pip"
    }
  }
  return 1;
}

}  // namespace

PipCommandLine ParsePipCommandLine(const std::vector<std::string>& arguments) {
  return Scanner(arguments).Scan(FirstPipArgument(arguments), true);
}

PipCommandLine ParsePipOptions(const std::vector<std::string>& words) {
  return Scanner(words).Scan(0, false);
}

}  // namespace safe_trace
