#include "policy/config.h"

#include <algorithm>
#include <charconv>
#include <utility>

#include "policy/document.h"
#include "policy/table_reader.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

constexpr uint64_t kMaxMemory = uint64_t{1} << 50;
constexpr uint64_t kMaxSeconds = uint64_t{366} * 24 * 3600;
constexpr uint64_t kMaxPids = 4194304;  // the kernel's own PID_MAX_LIMIT
constexpr double kMaxProcessors = 4096;

void CheckEach(TableReader& table, const std::vector<Entry>& entries,
               std::string (*problem)(std::string_view)) {
  for (const Entry& entry : entries) {
    const std::string why = problem(entry.value);
    if (why.empty()) continue;
    // The origin was written as ORIGIN:LINE by the reader.
    const std::string_view origin = entry.origin;
    const auto line = ParseUnsigned(origin.substr(origin.rfind(':') + 1));
    table.Fail(static_cast<int>(line.value_or(1)), Cat("'", Printable(entry.value), "': ", why));
  }
}

void ReadSize(TableReader& table, const char* key, const char* section,
              std::optional<uint64_t>& size) {
  const DocumentNode* node = table.Find(key);
  if (node == nullptr) return;
  std::string text = node->text;
  if (node->kind == DocumentNode::Kind::kInteger) text = Cat(node->integer);
  if (text.empty()) {
    return table.Fail(node->line, Cat("'", key, "' in [", section,
                                      "] must be a size such as \"2g\", not ", node->KindName()));
  }
  absl::StatusOr<uint64_t> bytes = ParseByteSize(text);
  if (!bytes.ok()) return table.Fail(node->line, std::string(bytes.status().message()));
  size = *bytes;
}

void ReadSandbox(TableReader& table, Config& config) {
  table.Read("enabled", config.enabled);
  ReadSize(table, "memory_limit", "sandbox", config.memory_limit_bytes);
  table.ReadNumber("cpu_limit", 0, kMaxProcessors, config.cpu_limit);
  table.Read("timeout", 1, kMaxSeconds, config.timeout_seconds);
  table.Read("pids", 1, kMaxPids, config.pids);
}

void ReadNetwork(TableReader& table, Config& config) {
  table.Read("allowed_hosts", config.allowed_hosts);
  CheckEach(table, config.allowed_hosts, HostPortProblem);
  table.Read("grants", config.grants);
  CheckEach(table, config.grants, GrantProblem);
  table.Read("offline", config.offline);
  table.Read("direct_hosts", config.direct_hosts);
  CheckEach(table, config.direct_hosts, HostPortProblem);
  ReadSize(table, "outward_limit", "network", config.outward_limit_bytes);
}

void ReadOnViolation(TableReader& table, Config& config) {
  const DocumentNode* node = table.Find("on_violation");
  if (node == nullptr) return;
  if (node->text == "deny") {
    config.on_violation = ViolationAction::kDeny;
  } else if (node->text == "kill") {
    config.on_violation = ViolationAction::kKill;
  } else {
    table.Fail(node->line, "'on_violation' in [policy] must be \"deny\" or \"kill\"");
  }
}

void ReadPolicy(TableReader& table, Config& config) {
  ReadOnViolation(table, config);
  table.Read("fail_on_violation", config.fail_on_violation);
  table.Read("decoys", config.decoys);
  table.Read("allow_read", config.allow_read);
  table.Read("allow_write", config.allow_write);
}

void ReadFile(TableReader& file, Config& config) {
  file.Table("sandbox", [&](TableReader& table) { ReadSandbox(table, config); });
  file.Table("vault", [&](TableReader& table) {
    table.Read("extra_paths", config.extra_paths);
    table.Read("extra_env_vars", config.extra_env_vars);
    CheckEach(table, config.extra_env_vars, VariableNameProblem);
  });
  file.Table("network", [&](TableReader& table) { ReadNetwork(table, config); });
  file.Table("run", [&](TableReader& table) {
    table.Read("exe", config.exe);
    table.Read("user", config.user);
    table.Read("root_dir", config.root_dir);
    table.Read("keep_env", config.keep_env);
    CheckEach(table, config.keep_env, VariableNameProblem);
  });
  file.Table("guard", [&](TableReader& table) {
    table.Read("keep_env", config.guard_keep_env);
    CheckEach(table, config.guard_keep_env, VariableNameProblem);
    table.Read("import_programs", config.guard_import_programs);
    table.Read("own_code", config.guard_own_code);
  });
  file.Table("policy", [&](TableReader& table) { ReadPolicy(table, config); });
  file.Table("trace", [&](TableReader& table) {
    table.Read("sign_key", config.sign_key);
    table.Read("compress", config.compress);
    table.Read("sinks", config.sinks);
  });
}

bool IsNameByte(char c) { return IsAsciiAlnum(c) || c == '-' || c == '_'; }

// A dotted IPv4 address is a name by this rule too, which is all that is needed here.
bool IsHostName(std::string_view name) {
  if (name.starts_with("*.")) name.remove_prefix(2);
  if (name.ends_with(".")) name.remove_suffix(1);
  if (name.empty() || name.size() > 253) return false;
  for (std::string_view label : Split(name, '.')) {
    if (label.empty() || label.size() > 63) return false;
    if (!std::all_of(label.begin(), label.end(), IsNameByte)) return false;
  }
  return true;
}

bool IsBracketedAddress(std::string_view host) {
  if (host.size() < 4 || host.front() != '[' || host.back() != ']') return false;
  host = host.substr(1, host.size() - 2);
  return host.find(':') != std::string_view::npos &&
         host.find_first_not_of("0123456789abcdefABCDEF:.") == std::string_view::npos;
}

}  // namespace

std::string HostPortProblem(std::string_view text) {
  std::string_view host = text;
  const size_t colon = text.rfind(':');
  const bool bracketed = !text.empty() && text.front() == '[';
  if (colon != std::string_view::npos && !(bracketed && text.back() == ']')) {
    const std::string_view port = text.substr(colon + 1);
    host = text.substr(0, colon);
    const uint64_t number = ParseUnsigned(port).value_or(0);
    if (number == 0 || number > 65535) {
      return text.find("://") != std::string_view::npos
                 ? "write the host alone, without a scheme or a path"
                 : "after ':' must come a port from 1 to 65535; an IPv6 address is written [::1]";
    }
  }
  if (bracketed ? IsBracketedAddress(host) : IsHostName(host)) return "";
  return "not a host: write NAME, *.NAME or ADDRESS, and :PORT if only that port is meant";
}

std::string GrantProblem(std::string_view text) {
  const size_t equals = text.find('=');
  if (equals == std::string_view::npos) return "write NAME[@VERSION]=HOST[:PORT]";
  const std::string_view package = text.substr(0, equals);
  // npm's scoped names begin with '@'.
  const size_t at = package.find('@', 1);
  const std::string_view name = package.substr(0, at);
  const bool printable =
      std::all_of(package.begin(), package.end(), [](char c) { return IsAsciiGraphic(c); });
  if (name.empty() || name == "@" || !printable || package.size() > 300) {
    return "before '=' must come NAME or NAME@VERSION of a package";
  }
  if (at != std::string_view::npos && at + 1 == package.size()) {
    return "the version after '@' is missing";
  }
  return HostPortProblem(text.substr(equals + 1));
}

std::string VariableNameProblem(std::string_view text) {
  if (text.empty() || text.size() > 256) return "a variable's name has 1 to 256 bytes";
  if (text.find('=') != std::string_view::npos) return "write the variable's name, not its value";
  if (text.find_first_not_of("*_") == std::string_view::npos) {
    return "this would match every variable";
  }
  return "";
}

absl::StatusOr<Config> ParseConfig(std::string_view text, ConfigFormat format,
                                   std::string_view origin) {
  Config config;
  absl::Status status =
      ReadTables(text, format, origin, [&](TableReader& file) { ReadFile(file, config); });
  if (!status.ok()) return status;
  return config;
}

absl::StatusOr<uint64_t> ParseByteSize(std::string_view text) {
  const absl::Status problem = absl::InvalidArgumentError(
      Cat("'", Printable(text),
          "' is not a size: write bytes or a number with k, m, g or t, such as 512m, "
          "1.5g or 2GiB; at least 1, at most 1024t"));
  const size_t end = std::min(text.find_first_not_of("0123456789."), text.size());
  const std::string_view digits = text.substr(0, end);
  std::string unit(text.substr(end));
  for (char& c : unit) c = AsciiLower(c);
  if (digits.empty() || digits.size() > 20 || digits.front() == '.' || digits.back() == '.') {
    return problem;
  }
  int shift = 0;
  if (!unit.empty() && unit != "b") {
    constexpr std::string_view kUnits = "kmgt";
    const size_t which = kUnits.find(unit.front());
    if (which == std::string_view::npos) return problem;
    shift = 10 * (static_cast<int>(which) + 1);
    unit.erase(0, 1);
    if (!unit.empty() && unit != "b" && unit != "ib") return problem;
  }
  double number = 0;
  const auto [parsed_to, error] = std::from_chars(digits.data(), text.data() + end, number);
  if (error != std::errc() || parsed_to != text.data() + end) return problem;
  const double bytes = number * static_cast<double>(uint64_t{1} << shift);
  // A double holds every whole number up to 2^53, more than the largest size accepted.
  if (!(bytes >= 1 && bytes <= static_cast<double>(kMaxMemory))) return problem;
  return static_cast<uint64_t>(bytes);
}

}  // namespace safe_trace
