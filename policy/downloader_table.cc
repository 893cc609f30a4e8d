#include "policy/downloader_table.h"

#include <utility>

#include "policy/embedded_data.h"
#include "policy/shipped_data.h"
#include "policy/table_reader.h"

namespace safe_trace {
namespace {

std::vector<Downloader> LoadShipped() {
  for (const EmbeddedFile& file : EmbeddedFiles()) {
    if (file.name == "tables/downloaders.toml") {
      return OrDie(ParseDownloaders(file.text, file.name));
    }
  }
  DieOfBrokenData(absl::InternalError("the table of downloaders is missing"));
}

// yarn and pnpm install the same packages.
std::string_view RegistryOf(std::string_view ecosystem) {
  return ecosystem == "yarn" || ecosystem == "pnpm" ? "npm" : ecosystem;
}

}  // namespace

absl::StatusOr<std::vector<Downloader>> ParseDownloaders(std::string_view toml,
                                                         std::string_view origin) {
  std::vector<Downloader> table;
  const auto read = [&](TableReader& entry) {
    Downloader downloader;
    entry.Read("ecosystem", downloader.ecosystem);
    entry.Read("package", downloader.package);
    entry.Read("wants", downloader.wants);
    entry.Read("hosts", downloader.hosts);
    if (downloader.package.empty() || downloader.wants.empty() || downloader.hosts.empty()) {
      entry.Fail(entry.line(), "a [[downloader]] needs package, wants and hosts");
    }
    table.push_back(std::move(downloader));
  };
  absl::Status status =
      ReadTables(toml, ConfigFormat::kToml, origin,
                 [&](TableReader& file) { file.Tables("downloader", read); });
  if (!status.ok()) return status;
  return table;
}

const std::vector<Downloader>& ShippedDownloaders() {
  static const std::vector<Downloader>* const table = new std::vector<Downloader>(LoadShipped());
  return *table;
}

const Downloader* FindDownloader(std::string_view ecosystem, std::string_view package) {
  for (const Downloader& entry : ShippedDownloaders()) {
    if (entry.ecosystem == RegistryOf(ecosystem) && entry.package == package) return &entry;
  }
  return nullptr;
}

}  // namespace safe_trace
