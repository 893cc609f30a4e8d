#include "launcher/pip_requirements.h"

#include <set>
#include <string_view>

#include "absl/status/statusor.h"
#include "absl/strings/ascii.h"
#include "absl/strings/match.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "launcher/host_paths.h"
#include "launcher/url_host.h"

namespace safe_trace {
namespace {

constexpr size_t kMostFileBytes = 1 << 20;
constexpr size_t kMostFiles = 64;
constexpr int kMostDepth = 8;
constexpr size_t kMostUrls = 1024;

// A '#' begins a comment at the line's start or after a blank, so that URL fragments survive.
std::string_view WithoutComment(std::string_view line) {
  for (size_t i = 0; i < line.size(); ++i) {
    if (line[i] == '#' && (i == 0 || line[i - 1] == ' ' || line[i - 1] == '\t')) {
      return line.substr(0, i);
    }
  }
  return line;
}

bool IsVariableByte(char c) {
  auto byte = static_cast<unsigned char>(c);
  return absl::ascii_isupper(byte) || absl::ascii_isdigit(byte) || c == '_';
}

std::string ExpandVariables(const HostFacts& facts, std::string_view line) {
  std::string expanded;
  while (!line.empty()) {
    size_t begin = line.find("${");
    expanded += line.substr(0, begin);
    if (begin == std::string_view::npos) break;
    line.remove_prefix(begin);
    size_t end = 2;
    while (end < line.size() && IsVariableByte(line[end])) ++end;
    std::string value;
    if (end < line.size() && line[end] == '}') {
      value = facts.Variable(std::string(line.substr(2, end - 2)));
      ++end;
    }
    expanded += value.empty() ? std::string(line.substr(0, end)) : value;
    line.remove_prefix(end);
    if (expanded.size() > kMostFileBytes) break;
  }
  return expanded;
}

class Reader {
 public:
  Reader(const HostFacts& facts, PipSources& sources) : facts_(facts), sources_(sources) {}

  absl::Status ReadFile(const PipRequirementFile& file, int depth) {
    if (absl::StrContains(file.path, "://")) {
      sources_.direct.push_back({file.path, "-r"});
      return absl::OkStatus();
    }
    const std::string path = AbsolutePath(file.directory, file.path);
    if (!seen_.insert(path).second) return absl::OkStatus();
    if (seen_.size() > kMostFiles || depth > kMostDepth) {
      return absl::ResourceExhaustedError(
          absl::StrCat(path, ": requirements files name too many others"));
    }
    absl::StatusOr<std::string> text = ReadSmallFile(path, kMostFileBytes);
    if (absl::IsNotFound(text.status())) return absl::OkStatus();
    if (!text.ok()) return text.status();
    return ReadText(*text, path, depth);
  }

 private:
  absl::Status ReadText(const std::string& text, const std::string& path, int depth) {
    std::string joined;
    int line_number = 0;
    for (absl::string_view raw : absl::StrSplit(text, '\n')) {
      ++line_number;
      raw = absl::StripSuffix(raw, "\r");
      bool is_comment = absl::StartsWith(absl::StripLeadingAsciiWhitespace(raw), "#");
      if (absl::EndsWith(raw, "\\") && !is_comment) {
        absl::StrAppend(&joined, raw.substr(0, raw.size() - 1));
        continue;
      }
      absl::StrAppend(&joined, is_comment ? " " : "", raw);
      absl::Status status = TakeLine(joined, absl::StrCat(path, ":", line_number), path, depth);
      if (!status.ok()) return status;
      joined.clear();
    }
    return joined.empty() ? absl::OkStatus() : TakeLine(joined, path, path, depth);
  }

  absl::Status TakeLine(std::string_view text, const std::string& origin, const std::string& path,
                        int depth) {
    std::string line = ExpandVariables(facts_, WithoutComment(text));
    PipCommandLine options = ParsePipOptions(SplitWords(line));
    for (const std::string& requirement : options.requirements) {
      if (std::string_view url = UrlInRequirement(requirement); !url.empty()) {
        sources_.direct.push_back({std::string(url), origin});
      }
    }
    TakeSources(options, origin);
    if (sources_.direct.size() + sources_.index_urls.size() + sources_.find_links.size() >
        kMostUrls) {
      return absl::ResourceExhaustedError(absl::StrCat(origin, ": more than 1024 URLs"));
    }
    for (const auto* names : {&options.constraint_files, &options.requirement_files}) {
      for (const std::string& name : *names) {
        absl::Status status = ReadFile({name, ParentOf(path)}, depth + 1);
        if (!status.ok()) return status;
      }
    }
    return absl::OkStatus();
  }

  // The same order as in pip: --no-index, then --index-url replaces, then --extra-index-url adds.
  void TakeSources(const PipCommandLine& options, const std::string& origin) {
    if (options.no_index) {
      sources_.no_index = true;
      sources_.index_urls.clear();
    }
    if (!options.index_url.empty() && !sources_.no_index) {
      sources_.index_urls = {{options.index_url, origin}};
    }
    if (!sources_.no_index) {
      for (const std::string& url : options.extra_index_urls) {
        sources_.index_urls.push_back({url, origin});
      }
    }
    for (const std::string& url : options.find_links) sources_.find_links.push_back({url, origin});
  }

  const HostFacts& facts_;
  PipSources& sources_;
  std::set<std::string> seen_;
};

}  // namespace

std::vector<std::string> SplitWords(std::string_view line) {
  std::vector<std::string> words;
  std::string word;
  bool in_word = false;
  char quote = '\0';
  for (size_t i = 0; i < line.size(); ++i) {
    char c = line[i];
    if (quote != '\0') {
      if (c == quote) {
        quote = '\0';
      } else {
        word += c;
      }
    } else if (c == '"' || c == '\'') {
      quote = c;
      in_word = true;
    } else if (absl::ascii_isspace(static_cast<unsigned char>(c))) {
      if (in_word) words.push_back(std::move(word));
      word.clear();
      in_word = false;
    } else {
      if (c == '\\' && i + 1 < line.size()) c = line[++i];
      word += c;
      in_word = true;
    }
  }
  if (in_word) words.push_back(std::move(word));
  return words;
}

absl::Status ReadRequirementFiles(const HostFacts& facts,
                                  const std::vector<PipRequirementFile>& files,
                                  PipSources& sources) {
  Reader reader(facts, sources);
  for (const PipRequirementFile& file : files) {
    absl::Status status = reader.ReadFile(file, 0);
    if (!status.ok()) return status;
  }
  return absl::OkStatus();
}

}  // namespace safe_trace
