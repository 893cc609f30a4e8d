#include "launcher/pip_configuration.h"

#include <algorithm>
#include <limits>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "launcher/host_paths.h"

namespace safe_trace {
namespace {

constexpr size_t kMostFileBytes = 1 << 20;
constexpr size_t kMostConfigDirectories = 32;
constexpr size_t kMostSettings = 4096;

// pip treats "--Index_URL", "index-url" and "INDEX_URL" alike.
std::string NormalizeKey(absl::string_view name) {
  std::string key = absl::AsciiStrToLower(name);
  std::replace(key.begin(), key.end(), '_', '-');
  return absl::StartsWith(key, "--") ? key.substr(2) : key;
}

// Line by line as Python's RawConfigParser reads: indentation continues a value, '#' and ';' begin
// a comment only at a line's start, '=' and ':' both separate.
class IniReader {
 public:
  struct Item {
    std::string key;
    PipSetting setting;
  };
  using Section = std::vector<Item>;

  explicit IniReader(const std::string& origin) : origin_(origin) {}

  // False where the rest of the file cannot be understood.
  bool TakeLine(absl::string_view raw, int line_number) {
    absl::string_view text = absl::StripAsciiWhitespace(raw);
    if (!text.empty() && (text.front() == '#' || text.front() == ';')) return true;
    if (text.empty()) {
      if (item_ != nullptr) item_->setting.value += '\n';
      return true;
    }
    auto indent = static_cast<size_t>(text.data() - raw.data());
    if (item_ != nullptr && indent > indent_) {
      absl::StrAppend(&item_->setting.value, "\n", text);
      return true;
    }
    indent_ = indent;
    if (text.front() == '[') return TakeHeader(text);
    return TakeItem(text, line_number);
  }

  std::map<std::string, Section>& sections() { return sections_; }

 private:
  bool TakeHeader(absl::string_view text) {
    size_t close = text.find(']');
    if (close == absl::string_view::npos || close == 1) return false;
    section_ = &sections_[std::string(text.substr(1, close - 1))];
    item_ = nullptr;
    return true;
  }

  bool TakeItem(absl::string_view text, int line_number) {
    size_t separator = text.find_first_of("=:");
    if (section_ == nullptr || separator == absl::string_view::npos || separator == 0) return false;
    if (++items_ > kMostSettings) return false;
    section_->push_back({NormalizeKey(absl::StripAsciiWhitespace(text.substr(0, separator))),
                         {std::string(absl::StripAsciiWhitespace(text.substr(separator + 1))),
                          absl::StrCat(origin_, ":", line_number)}});
    item_ = &section_->back();
    return true;
  }

  const std::string& origin_;
  std::map<std::string, Section> sections_;
  Section* section_ = nullptr;
  Item* item_ = nullptr;  // the value that an indented line continues
  size_t indent_ = 0;
  size_t items_ = 0;
};

std::string UserConfigDirectory(const HostFacts& facts) {
  std::string base(absl::StripAsciiWhitespace(facts.Variable("XDG_CONFIG_HOME")));
  if (base.empty() && !facts.home.empty()) base = AbsolutePath(facts.home, ".config");
  return base;
}

}  // namespace

std::vector<std::string> PipConfigurationFiles(const HostFacts& facts, const std::string& prefix,
                                               bool isolated) {
  std::string own = facts.Variable("PIP_CONFIG_FILE");
  if (own == "/dev/null") return {};
  std::vector<std::string> files;
  std::string directories = facts.Variable("XDG_CONFIG_DIRS");
  if (absl::StripAsciiWhitespace(directories).empty()) directories = "/etc/xdg";
  for (absl::string_view directory : absl::StrSplit(directories, ':', absl::SkipEmpty())) {
    if (files.size() == kMostConfigDirectories) break;
    files.push_back(absl::StrCat(directory, "/pip/pip.conf"));
  }
  files.emplace_back("/etc/pip.conf");
  if (!own.empty()) own = AbsolutePath(facts.working_directory, own);
  if (!isolated && (own.empty() || !IsRegularFile(own))) {
    if (!facts.home.empty()) files.push_back(AbsolutePath(facts.home, ".pip/pip.conf"));
    if (std::string user = UserConfigDirectory(facts); !user.empty()) {
      files.push_back(user + "/pip/pip.conf");
    }
  }
  if (!prefix.empty()) files.push_back(prefix + "/pip.conf");
  if (!own.empty()) files.push_back(own);
  for (std::string& file : files) file = AbsolutePath(facts.working_directory, file);
  return files;
}

absl::StatusOr<PipConfiguration> PipConfiguration::Read(const HostFacts& facts,
                                                        const std::string& prefix, bool isolated) {
  PipConfiguration configuration;
  for (const std::string& file : PipConfigurationFiles(facts, prefix, isolated)) {
    absl::StatusOr<std::string> text = ReadSmallFile(file, kMostFileBytes);
    if (absl::IsNotFound(text.status())) continue;
    if (!text.ok()) return text.status();
    configuration.AddFile(*text, file);
  }
  if (!isolated) configuration.AddVariables(facts.environment);
  return configuration;
}

void PipConfiguration::AddFile(std::string_view text, const std::string& origin) {
  IniReader reader(origin);
  int line_number = 0;
  while (!text.empty()) {
    size_t end = text.find('\n');
    absl::string_view line(text.data(), std::min(end, text.size()));
    if (!reader.TakeLine(line, ++line_number)) break;
    text.remove_prefix(end == std::string_view::npos ? text.size() : end + 1);
  }
  const IniReader::Section defaults = reader.sections()["DEFAULT"];
  for (const auto& [name, section] : reader.sections()) {
    if (name == "DEFAULT") continue;
    for (const IniReader::Item& item : defaults) settings_[name + "." + item.key] = item.setting;
    for (const IniReader::Item& item : section) settings_[name + "." + item.key] = item.setting;
  }
}

void PipConfiguration::AddVariables(const std::map<std::string, std::string>& environment) {
  for (auto it = environment.lower_bound("PIP_"); it != environment.end(); ++it) {
    if (!absl::StartsWith(it->first, "PIP_")) break;
    settings_[":env:." + NormalizeKey(it->first.substr(4))] = {it->second, it->first};
  }
}

const PipSetting* PipConfiguration::Find(std::string_view command, std::string_view key) const {
  for (std::string_view section :
       {std::string_view(":env:"), command, std::string_view("global")}) {
    auto it = settings_.find(std::string(section) + "." + std::string(key));
    if (it == settings_.end()) continue;
    // pip passes an empty value over and looks further.
    if (!absl::StripAsciiWhitespace(it->second.value).empty()) return &it->second;
  }
  return nullptr;
}

bool PipConfiguration::IsTrue(std::string_view command, std::string_view key) const {
  const PipSetting* setting = Find(command, key);
  if (setting == nullptr) return false;
  std::string value = absl::AsciiStrToLower(absl::StripAsciiWhitespace(setting->value));
  return value == "y" || value == "yes" || value == "t" || value == "true" || value == "on" ||
         value == "1";
}

}  // namespace safe_trace
