// Configuration: files and command line, overlaid. Lists stack, single values replace.
#ifndef SAFE_TRACE_POLICY_CONFIG_H_
#define SAFE_TRACE_POLICY_CONFIG_H_

#include <cstdint>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "absl/status/statusor.h"

namespace safe_trace {

enum class ViolationAction : uint8_t { kDeny, kKill };

// A value and where it came from ("/etc/safe-trace/config.toml:12", "--allow-host").
struct Entry {
  std::string value;
  std::string origin;
  bool operator==(const Entry&) const = default;
};

// What managers may send to one host where nothing else is configured, in bytes. The largest of
// what is published is smaller, and requests are a thousandth of it.
inline constexpr uint64_t kDefaultOutwardLimit = 256 << 20;

struct Config {
  // [sandbox]
  std::optional<bool> enabled;
  std::optional<uint64_t> memory_limit_bytes;
  std::optional<double> cpu_limit;            // processors
  std::optional<uint64_t> timeout_seconds;
  std::optional<uint64_t> pids;
  // [vault]
  std::vector<Entry> extra_paths;             // hidden in addition (--hide)
  std::vector<Entry> extra_env_vars;          // removed in addition (--hide-env)
  // [network]
  std::vector<Entry> allowed_hosts;           // HOST[:PORT] (--allow-host)
  std::vector<Entry> grants;                  // NAME[@VERSION]=HOST[:PORT] (--grant)
  std::optional<bool> offline;
  std::vector<Entry> direct_hosts;            // HOST[:PORT]: not relayed
  std::optional<uint64_t> outward_limit_bytes;  // of managers, to one host; 0: none
  // [run]
  std::optional<std::string> exe, user, root_dir;
  std::vector<Entry> keep_env;                // (-k)
  // [guard]
  std::vector<Entry> guard_keep_env;          // keep_env for `guard` alone
  // Base names (globs) of the system's programs that imports may start.
  std::vector<Entry> guard_import_programs;
  std::vector<Entry> guard_own_code;          // directories of the program's own code
  // [policy]
  std::optional<ViolationAction> on_violation;
  std::optional<bool> fail_on_violation;
  std::optional<bool> decoys;
  std::vector<Entry> allow_read;              // (--allow-read)
  std::vector<Entry> allow_write;             // (--allow-write)
  // [trace]
  std::optional<std::string> sign_key;        // hidden from all that is supervised (--sign-key)
  std::optional<bool> compress;               // (--compress)
  std::vector<Entry> sinks;                   // where events are sent besides (--sink)

  // safe-trace's own files in this run, which nothing supervised may change: the trace that -o put
  // somewhere. Absolute. Filled by the launcher, never by a file.
  std::vector<std::string> own_files;
};

enum class ConfigFormat : uint8_t { kToml, kJson };

// How far a file is believed: a project's file that is not trusted tightens only.
enum class ConfigTrust : uint8_t { kFull, kTightenOnly };

// Parses one file's text. InvalidArgument names `origin`, the line, and the nearest valid key.
absl::StatusOr<Config> ParseConfig(std::string_view text, ConfigFormat format,
                                   std::string_view origin);

// Adds `over` on top of `base`. With kTightenOnly what would loosen is left out and described in
// `ignored`, one sentence each.
Config OverlayConfig(Config base, const Config& over, ConfigTrust trust,
                     std::vector<std::string>& ignored);

// Why a value of [network] is not HOST[:PORT] or NAME[@VERSION]=HOST[:PORT]; "" where it is one.
// HOST is a name, "*." and a name, an IPv4 address, or an IPv6 address in brackets.
std::string HostPortProblem(std::string_view text);
std::string GrantProblem(std::string_view text);
// Why a value cannot be the name (or pattern, see env_pattern.h) of a variable; "" where it can.
std::string VariableNameProblem(std::string_view text);

// "2g", "512MiB", "1.5G", "1048576" to bytes; units are powers of 1024. InvalidArgument says what is accepted.
absl::StatusOr<uint64_t> ParseByteSize(std::string_view text);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_CONFIG_H_
