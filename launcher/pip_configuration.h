// pip's own configuration as pip would merge it: files and PIP_* variables.
#ifndef SAFE_TRACE_LAUNCHER_PIP_CONFIGURATION_H_
#define SAFE_TRACE_LAUNCHER_PIP_CONFIGURATION_H_

#include <map>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/host_facts.h"

namespace safe_trace {

struct PipSetting {
  std::string value;   // lines of a multi-line value joined by '\n'
  std::string origin;  // "/etc/pip.conf:3", "PIP_INDEX_URL"
};

class PipConfiguration {
 public:
  // Reads in pip's order, later wins: $XDG_CONFIG_DIRS/pip/pip.conf, /etc/pip.conf,
  // ~/.pip/pip.conf, $XDG_CONFIG_HOME/pip/pip.conf (not with `isolated`, nor where PIP_CONFIG_FILE
  // exists), `prefix`/pip.conf, PIP_CONFIG_FILE. `isolated` leaves out PIP_* variables too. A
  // malformed file counts as far as it could be read: pip itself will refuse it and say why.
  // ResourceExhausted where a file is longer than 1 MiB.
  static absl::StatusOr<PipConfiguration> Read(const HostFacts& facts, const std::string& prefix,
                                               bool isolated);

  // Adds one file's text. As Python's ConfigParser without interpolation: '%' means nothing.
  void AddFile(std::string_view text, const std::string& origin);
  void AddVariables(const std::map<std::string, std::string>& environment);

  // The value that holds for `pip COMMAND`: PIP_* before the command's section before [global];
  // null where none is set or where it is empty. `key` with hyphens: "index-url".
  const PipSetting* Find(std::string_view command, std::string_view key) const;
  bool IsTrue(std::string_view command, std::string_view key) const;

 private:
  std::map<std::string, PipSetting> settings_;  // by "section.key"
};

// The files that Read opens, in its order, whether they exist or not.
std::vector<std::string> PipConfigurationFiles(const HostFacts& facts, const std::string& prefix,
                                               bool isolated);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_PIP_CONFIGURATION_H_
