#include "launcher/user_configuration.h"

#include <fcntl.h>
#include <sys/stat.h>
#include <toml++/toml.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <filesystem>
#include <nlohmann/json.hpp>
#include <optional>
#include <vector>

#include "launcher/concat.h"
#include "launcher/terminal_text.h"
#include "launcher/trusted_files.h"
#include "policy/config.h"
#include "tracer/syscall_status.h"
#include "tracer/unique_fd.h"

namespace safe_trace {
namespace {

namespace fs = std::filesystem;

constexpr char kTable[] = "network";

const char* KeyOf(NetworkList list) {
  return list == NetworkList::kAllowedHosts ? "allowed_hosts" : "grants";
}

const std::vector<Entry>& ListOf(const Config& config, NetworkList list) {
  return list == NetworkList::kAllowedHosts ? config.allowed_hosts : config.grants;
}

bool Holds(const Config& config, NetworkList list, const std::string& value) {
  const std::vector<Entry>& entries = ListOf(config, list);
  return std::any_of(entries.begin(), entries.end(),
                     [&value](const Entry& entry) { return entry.value == value; });
}

absl::Status Unchangeable(std::string_view why) {
  return absl::InvalidArgumentError(Concat("the configuration was not changed: ", why));
}

// A TOML string. What would need an escape is in no host's or package's name.
bool IsPlain(std::string_view value) {
  return !value.empty() && std::all_of(value.begin(), value.end(), [](char c) {
    return c > ' ' && c < 0x7f && c != '"' && c != '\\' && c != '\'';
  });
}

// Where line and column, both from 1, lie in `text`. Columns count code points in toml++.
std::optional<size_t> OffsetOf(const std::string& text, const toml::source_position& position) {
  size_t at = 0;
  for (toml::source_index line = 1; line < position.line; ++line) {
    at = text.find('\n', at);
    if (at == std::string::npos) return std::nullopt;
    ++at;
  }
  for (toml::source_index column = 1; column < position.column && at < text.size(); ++column) {
    ++at;
    while (at < text.size() && (static_cast<unsigned char>(text[at]) & 0xc0) == 0x80) ++at;
  }
  return at;
}

// The list's closing bracket is the last character of its region.
std::optional<std::string> ExtendArray(const std::string& text, const toml::array& array,
                                       const std::string& quoted) {
  const std::optional<size_t> end = OffsetOf(text, array.source().end);
  if (!end.has_value() || *end == 0 || *end > text.size()) return std::nullopt;
  const size_t bracket = text.rfind(']', *end - 1);
  const std::optional<size_t> begin = OffsetOf(text, array.source().begin);
  if (bracket == std::string::npos || !begin.has_value() || bracket <= *begin) return std::nullopt;
  // Behind the last element, or its comma, and before a comment that follows it.
  std::string addition = quoted;
  size_t at = *begin + 1;
  if (!array.empty()) {
    const std::optional<size_t> last = OffsetOf(text, array.back().source().end);
    if (!last.has_value()) return std::nullopt;
    at = *last;
    addition = ", " + quoted;
  }
  return text.substr(0, at) + addition + text.substr(at);
}

// `text` with `line` put where the line that holds `at` begins, or after it.
std::string WithLine(const std::string& text, size_t at, bool after, const std::string& line) {
  const size_t end = text.find('\n', at);
  if (after && end == std::string::npos) return Concat(text, "\n", line);
  const size_t before = at == 0 ? std::string::npos : text.rfind('\n', at - 1);
  const size_t place = after ? end + 1 : before == std::string::npos ? 0 : before + 1;
  return Concat(text.substr(0, place), line, text.substr(place));
}

// "{ offline = true }": its closing brace is the last character of its region.
std::optional<std::string> ExtendInlineTable(const std::string& text, const toml::table& table,
                                             const std::string& entry) {
  const std::optional<size_t> end = OffsetOf(text, table.source().end);
  if (!end.has_value() || *end == 0 || *end > text.size()) return std::nullopt;
  const size_t brace = text.rfind('}', *end - 1);
  if (brace == std::string::npos || brace == 0) return std::nullopt;
  const size_t last = text.find_last_not_of(" \t", brace - 1);
  if (last == std::string::npos) return std::nullopt;
  return Concat(text.substr(0, last + 1), table.empty() ? " " : ", ", entry, " ",
                text.substr(brace));
}

// The ways in which the list may be written where [network] is there without it.
std::vector<std::string> NewLists(const std::string& toml, const toml::table& network,
                                  const std::string& entry) {
  std::vector<std::string> ways;
  if (network.is_inline()) {
    if (auto way = ExtendInlineTable(toml, network, entry)) ways.push_back(*std::move(way));
    return ways;
  }
  // Directly below the table's own line, or before the first of its dotted keys.
  if (const std::optional<size_t> header = OffsetOf(toml, network.source().begin)) {
    ways.push_back(WithLine(toml, *header, true, entry + "\n"));
  }
  for (const auto& [key, node] : network) {
    const std::optional<size_t> at = OffsetOf(toml, node.source().begin);
    if (!at.has_value()) continue;
    ways.push_back(WithLine(toml, *at, false, Concat(kTable, ".", entry, "\n")));
  }
  return ways;
}

// Texts of which the first that means what it should is the one. TOML has more than one way to
// write a table.
std::vector<std::string> Candidates(const std::string& toml, const toml::table& root,
                                    const char* key, const std::string& quoted) {
  const std::string entry = Concat(key, " = [", quoted, "]");
  const toml::node* node = root.get(kTable);
  const toml::table* network = node == nullptr ? nullptr : node->as_table();
  if (network == nullptr) {
    const bool needs_end = !toml.empty() && toml.back() != '\n';
    return {
        Concat(toml, needs_end ? "\n" : "", toml.empty() ? "" : "\n", "[network]\n", entry, "\n")};
  }
  const toml::node* list = network->get(key);
  if (list == nullptr) return NewLists(toml, *network, entry);
  if (!list->is_array()) return {};
  std::optional<std::string> extended = ExtendArray(toml, *list->as_array(), quoted);
  return extended.has_value() ? std::vector<std::string>{*std::move(extended)}
                              : std::vector<std::string>{};
}

absl::StatusOr<Config> Parsed(const std::string& text, ConfigFormat format) {
  return ParseConfig(text, format, "the user's configuration");
}

// All as it was, and the value at the end of its list.
bool DiffersInThisAlone(const Config& before, const Config& after, NetworkList list,
                        const std::string& value) {
  const auto values = [](const std::vector<Entry>& entries) {
    std::vector<std::string> all;
    for (const Entry& entry : entries) all.push_back(entry.value);
    return all;
  };
  for (const NetworkList each : {NetworkList::kAllowedHosts, NetworkList::kGrants}) {
    std::vector<std::string> expected = values(ListOf(before, each));
    if (each == list) expected.push_back(value);
    if (values(ListOf(after, each)) != expected) return false;
  }
  return before.offline == after.offline && before.enabled == after.enabled &&
         values(before.extra_paths) == values(after.extra_paths) &&
         values(before.direct_hosts) == values(after.direct_hosts) &&
         values(before.allow_read) == values(after.allow_read) &&
         values(before.allow_write) == values(after.allow_write) &&
         values(before.keep_env) == values(after.keep_env);
}

absl::StatusOr<std::string> Verified(const std::string& before, std::string after,
                                     ConfigFormat format, NetworkList list,
                                     const std::string& value) {
  absl::StatusOr<Config> old = Parsed(before, format);
  if (!old.ok()) return old.status();
  absl::StatusOr<Config> changed = Parsed(after, format);
  if (!changed.ok()) return changed.status();
  if (!DiffersInThisAlone(*old, *changed, list, value)) {
    return Unchangeable("its list could not be extended");
  }
  return after;
}

absl::Status WriteAll(int fd, std::string_view text) {
  while (!text.empty()) {
    const ssize_t count = write(fd, text.data(), text.size());
    if (count < 0) return LastErrnoStatus("writing the configuration");
    text.remove_prefix(static_cast<size_t>(count));
  }
  return absl::OkStatus();
}

// A link stays a link: what it leads to is replaced, with the mode that it had.
absl::Status ReplaceFile(const std::string& path, const std::string& text) {
  std::error_code error;
  fs::path target = fs::canonical(path, error);
  if (error) target = path;
  struct stat old {};
  const mode_t mode = stat(target.c_str(), &old) == 0 ? old.st_mode & 0777 : 0600;
  std::string temporary = target.string() + ".XXXXXX";
  UniqueFd fd(mkostemp(temporary.data(), O_CLOEXEC));
  if (!fd.valid()) return LastErrnoStatus(Concat("writing ", EscapeForTerminal(path)));
  absl::Status status = WriteAll(fd.get(), text);
  if (status.ok() && (fchmod(fd.get(), mode) != 0 || fsync(fd.get()) != 0 ||
                      rename(temporary.c_str(), target.c_str()) != 0)) {
    status = LastErrnoStatus(Concat("writing ", EscapeForTerminal(path)));
  }
  if (!status.ok()) (void)unlink(temporary.c_str());
  return status;
}

}  // namespace

// Not by way of the umask, which belongs to the whole process, and so to a run that goes on.
absl::Status MakeDirectory(const std::string& directory) {
  for (size_t slash = directory.find('/', 1);; slash = directory.find('/', slash + 1)) {
    const std::string path = directory.substr(0, slash);
    if (mkdir(path.c_str(), 0700) != 0 && errno != EEXIST) {
      return LastErrnoStatus(EscapeForTerminal(path));
    }
    if (slash == std::string::npos) return absl::OkStatus();
  }
}

absl::StatusOr<std::string> AddToToml(const std::string& toml, NetworkList list,
                                      const std::string& value) {
  if (!IsPlain(value)) return Unchangeable("the value is not plain text");
  const std::string quoted = Concat("\"", value, "\"");
  toml::table root;
  try {
    root = toml::parse(toml);
  } catch (const toml::parse_error& error) {
    return Unchangeable(error.description());
  }
  for (std::string& candidate : Candidates(toml, root, KeyOf(list), quoted)) {
    absl::StatusOr<std::string> changed =
        Verified(toml, std::move(candidate), ConfigFormat::kToml, list, value);
    if (changed.ok()) return changed;
  }
  return Unchangeable("[network] has a form that is not understood");
}

absl::StatusOr<std::string> AddToJson(const std::string& json, NetworkList list,
                                      const std::string& value) {
  nlohmann::ordered_json root = nlohmann::ordered_json::parse(json, nullptr, false);
  if (root.is_discarded() || !root.is_object()) return Unchangeable("config.json is no object");
  nlohmann::ordered_json& network = root[kTable];
  if (network.is_null()) network = nlohmann::ordered_json::object();
  if (!network.is_object()) return Unchangeable("\"network\" is no object");
  nlohmann::ordered_json& values = network[KeyOf(list)];
  if (values.is_null()) values = nlohmann::ordered_json::array();
  if (!values.is_array()) return Unchangeable(Concat("\"", KeyOf(list), "\" is no list"));
  values.push_back(value);
  return Verified(json, root.dump(2) + "\n", ConfigFormat::kJson, list, value);
}

namespace {

struct Plan {
  std::string path;
  std::optional<std::string> text;  // nothing where it is there already
};

absl::StatusOr<Plan> PlanFor(const std::string& directory, uid_t user, NetworkList list,
                             const std::string& value) {
  if (directory.empty()) {
    return absl::FailedPreconditionError("neither $HOME nor $XDG_CONFIG_HOME is set");
  }
  const std::string json = directory + "/config.json";
  const bool is_json = access(json.c_str(), F_OK) == 0;
  Plan plan{is_json ? json : directory + "/config.toml", std::nullopt};
  absl::StatusOr<std::string> text = ReadBelievedFile(plan.path, user);
  if (absl::IsNotFound(text.status())) text = std::string();
  if (!text.ok()) return text.status();
  absl::StatusOr<Config> config =
      Parsed(*text, is_json ? ConfigFormat::kJson : ConfigFormat::kToml);
  if (!config.ok()) return config.status();
  if (Holds(*config, list, value)) return plan;
  absl::StatusOr<std::string> changed =
      is_json ? AddToJson(*text, list, value) : AddToToml(*text, list, value);
  if (!changed.ok()) return changed.status();
  plan.text = *std::move(changed);
  return plan;
}

}  // namespace

absl::Status MayAddToUserConfiguration(const std::string& directory, uid_t user, NetworkList list,
                                       const std::string& value) {
  return PlanFor(directory, user, list, value).status();
}

absl::StatusOr<std::string> AddToUserConfiguration(const std::string& directory, uid_t user,
                                                   NetworkList list, const std::string& value) {
  absl::StatusOr<Plan> plan = PlanFor(directory, user, list, value);
  if (!plan.ok()) return plan.status();
  if (!plan->text.has_value()) return plan->path;
  absl::Status status = MakeDirectory(directory);
  if (status.ok()) status = ReplaceFile(plan->path, *plan->text);
  if (!status.ok()) return status;
  return plan->path;
}

}  // namespace safe_trace
