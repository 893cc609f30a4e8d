#include <nlohmann/json.hpp>

#include "launcher/status_line.h"
#include "launcher/terminal_text.h"

namespace safe_trace {
namespace {

using Json = nlohmann::ordered_json;

Json EscapedArray(const std::vector<std::string>& texts) {
  Json array = Json::array();
  for (const std::string& text : texts) array.push_back(EscapeInvalidUtf8(text));
  return array;
}

Json PackagesArray(const RunSummary& summary) {
  Json array = Json::array();
  for (const PackageSummary& package : summary.packages) {
    array.push_back({{"ecosystem", EscapeInvalidUtf8(package.ecosystem)},
                     {"name", EscapeInvalidUtf8(package.name)},
                     {"version", EscapeInvalidUtf8(package.version)},
                     {"processes", package.processes},
                     {"violations", package.violations}});
  }
  return array;
}

Json HostsArray(const RunSummary& summary) {
  Json array = Json::array();
  for (const HostSummary& host : summary.hosts) {
    array.push_back({{"name", EscapeInvalidUtf8(host.name)},
                     {"port", host.port},
                     {"connections", host.connections}});
  }
  return array;
}

}  // namespace

std::string SummaryJson(const RunSummary& summary) {
  const Json json = {
      {"run_id", EscapeInvalidUtf8(summary.run_id)},
      {"command", EscapeInvalidUtf8(summary.command)},
      {"exit_status", summary.exit_status},
      {"command_status", summary.command_status},
      {"seconds", summary.seconds},
      {"processes", summary.processes},
      {"violations", summary.violations},
      {"denials", summary.denials},
      {"notifications", summary.notifications},
      {"files_created", summary.files_created},
      {"files_changed", summary.files_changed},
      {"files_deleted", summary.files_deleted},
      {"dropped_events", summary.dropped_events},
      {"packages", PackagesArray(summary)},
      {"hosts", HostsArray(summary)},
      {"removed_variables", EscapedArray(summary.removed_variables)},
      {"survivors", EscapedArray(summary.survivors)},
      {"notes", EscapedArray(summary.notes)},
      {"sinks", EscapedArray(summary.sinks)},
      {"trace", EscapeInvalidUtf8(summary.trace_path)},
  };
  // ASCII only, because a terminal may be reading. Everything was made UTF-8 above; `replace` so
  // that a mistake there cannot throw.
  return json.dump(-1, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

}  // namespace safe_trace
