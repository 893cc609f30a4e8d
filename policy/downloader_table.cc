#include "policy/downloader_table.h"

#include <cstdio>
#include <cstdlib>
#include <utility>

#include "policy/document.h"
#include "policy/embedded_data.h"
#include "policy/table_reader.h"

namespace safe_trace {
namespace {

std::vector<Downloader> LoadShipped() {
  for (const EmbeddedFile& file : EmbeddedFiles()) {
    if (file.name != "tables/downloaders.toml") continue;
    absl::StatusOr<std::vector<Downloader>> table = ParseDownloaders(file.text, file.name);
    if (table.ok()) return *std::move(table);
    std::fprintf(stderr, "safe-trace: built-in table: %s\n",
                 std::string(table.status().message()).c_str());
    std::abort();
  }
  return {};
}

// yarn and pnpm install the same packages.
std::string_view RegistryOf(std::string_view ecosystem) {
  return ecosystem == "yarn" || ecosystem == "pnpm" ? "npm" : ecosystem;
}

}  // namespace

absl::StatusOr<std::vector<Downloader>> ParseDownloaders(std::string_view toml,
                                                         std::string_view origin) {
  absl::StatusOr<DocumentNode> document = ParseDocument(toml, ConfigFormat::kToml, origin);
  if (!document.ok()) return document.status();
  std::vector<Downloader> table;
  absl::Status status;
  TableReader file(*document, "", origin, status);
  file.Tables("downloader", [&](TableReader& entry) {
    Downloader downloader;
    entry.Read("ecosystem", downloader.ecosystem);
    entry.Read("package", downloader.package);
    entry.Read("wants", downloader.wants);
    entry.Read("hosts", downloader.hosts);
    if (downloader.package.empty() || downloader.wants.empty() || downloader.hosts.empty()) {
      entry.Fail(entry.line(), "a [[downloader]] needs package, wants and hosts");
    }
    table.push_back(std::move(downloader));
  });
  file.Finish();
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
