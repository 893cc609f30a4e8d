#include "tracer/stacks/distribution_index.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <filesystem>

#include "tracer/unique_fd.h"

namespace safe_trace {
namespace {

namespace fs = std::filesystem;

std::string ReadBounded(const std::string& path, size_t limit) {
  const UniqueFd file(open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY));
  struct stat info {};
  if (!file.valid() || fstat(file.get(), &info) != 0 || !S_ISREG(info.st_mode)) return {};
  std::string text;
  std::array<char, 65536> buffer;
  while (text.size() < limit) {
    const ssize_t count = read(file.get(), buffer.data(), buffer.size());
    if (count <= 0) break;
    text.append(buffer.data(), static_cast<size_t>(count));
  }
  return text;
}

// The first field of a line of RECORD, which is CSV.
std::string FirstField(std::string_view line) {
  if (!line.starts_with('"')) return std::string(line.substr(0, line.find(',')));
  std::string field;
  for (size_t i = 1; i < line.size(); ++i) {
    if (line[i] == '"' && (i + 1 >= line.size() || line[i + 1] != '"')) break;
    if (line[i] == '"') ++i;
    field += line[i];
  }
  return field;
}

template <typename Visit>
void ForEachLine(std::string_view text, Visit visit) {
  while (!text.empty()) {
    const size_t end = std::min(text.find('\n'), text.size());
    std::string_view line = text.substr(0, end);
    if (line.ends_with('\r')) line.remove_suffix(1);
    if (!line.empty()) visit(line);
    text.remove_prefix(std::min(end + 1, text.size()));
  }
}

// "requests-2.31.0.dist-info" and "foo-1.0-py3.11.egg-info"; the name alone where there is no "-".
Distribution FromDirectoryName(std::string_view stem) {
  const size_t dash = stem.find('-');
  if (dash == std::string_view::npos) return {std::string(stem), ""};
  std::string_view version = stem.substr(dash + 1);
  version = version.substr(0, version.find("-py"));
  return {std::string(stem.substr(0, dash)), std::string(version)};
}

// "pkg/__pycache__/mod.cpython-311.pyc" is made of "pkg/mod.py".
std::string SourceOf(const std::string& file) {
  constexpr std::string_view kCache = "__pycache__/";
  const size_t cache = file.rfind(kCache);
  if (cache == std::string::npos || !file.ends_with(".pyc")) return file;
  const std::string name = file.substr(cache + kCache.size());
  return file.substr(0, cache) + name.substr(0, name.find('.')) + ".py";
}

}  // namespace

std::string_view DistributionIndex::PackagesDirectory(std::string_view file) {
  size_t end = std::string_view::npos;
  for (std::string_view name : {"/site-packages/", "/dist-packages/"}) {
    const size_t at = file.rfind(name);
    if (at == std::string_view::npos) continue;
    const size_t candidate = at + name.size() - 1;
    if (end == std::string_view::npos || candidate > end) end = candidate;
  }
  return end == std::string_view::npos ? std::string_view() : file.substr(0, end);
}

const DistributionIndex::Root& DistributionIndex::RootOf(const std::string& directory) {
  auto known = roots_.find(directory);
  if (known != roots_.end()) return *known->second;
  if (roots_.size() >= kMaximumRoots) roots_.clear();
  auto root = std::make_unique<Root>();
  std::error_code error;
  for (fs::directory_iterator it(directory, error), end; !error && it != end; it.increment(error)) {
    const fs::path& path = it->path();
    const bool is_wheel = path.extension() == ".dist-info";
    if (!is_wheel && path.extension() != ".egg-info") continue;
    const size_t index = root->distributions.size();
    root->distributions.push_back(FromDirectoryName(path.stem().string()));
    const std::string list = (path / (is_wheel ? "RECORD" : "SOURCES.txt")).string();
    ForEachLine(ReadBounded(list, kMaximumRecord), [&](std::string_view line) {
      if (root->files.size() < kMaximumFiles) root->files.emplace(FirstField(line), index);
    });
  }
  return *(roots_[directory] = std::move(root));
}

std::optional<Distribution> DistributionIndex::Find(const std::string& file) {
  const std::string directory(PackagesDirectory(file));
  if (directory.empty()) return std::nullopt;
  const Root& root = RootOf(directory);
  const std::string relative = file.substr(directory.size() + 1);
  auto found = root.files.find(relative);
  if (found == root.files.end()) found = root.files.find(SourceOf(relative));
  if (found == root.files.end()) return std::nullopt;
  return root.distributions[found->second];
}

}  // namespace safe_trace
