#include "policy/credential_catalog.h"

#include <iterator>
#include <optional>
#include <string>
#include <utility>

#include "policy/document.h"
#include "policy/embedded_data.h"
#include "policy/shipped_data.h"
#include "policy/table_reader.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

void ReadCredential(TableReader& table, CredentialCatalog& catalog) {
  CredentialEntry entry;
  table.Read("id", entry.id);
  table.Read("description", entry.description);
  table.Read("paths", entry.paths);
  table.Read("file_names", entry.file_names);
  table.Read("file_name_exceptions", entry.file_name_exceptions);
  table.Read("sockets", entry.sockets);
  table.Read("abstract_sockets", entry.abstract_sockets);
  table.Read("variables", entry.variables);
  table.Read("url_variables", entry.url_variables);
  if (entry.id.empty() || entry.description.empty()) {
    table.Fail(table.line(), "a [[credential]] needs an id and a description");
  }
  catalog.credentials.push_back(std::move(entry));
}

void ReadProtected(TableReader& table, CredentialCatalog& catalog) {
  ProtectedEntry entry;
  table.Read("id", entry.id);
  table.Read("description", entry.description);
  table.Read("paths", entry.paths);
  std::optional<bool> installable;
  table.Read("installable", installable);
  entry.installable = installable.value_or(false);
  table.Read("project_paths", entry.project_paths);
  table.Read("project_exceptions", entry.project_exceptions);
  table.Read("package_project_paths", entry.package_project_paths);
  table.Read("package_project_exceptions", entry.package_project_exceptions);
  if (entry.id.empty() || entry.description.empty()) {
    table.Fail(table.line(), "a [[protected]] needs an id and a description");
  }
  catalog.protected_places.push_back(std::move(entry));
}

void ReadCatalog(TableReader& file, CredentialCatalog& catalog) {
  file.Tables("credential", [&](TableReader& table) { ReadCredential(table, catalog); });
  file.Tables("protected", [&](TableReader& table) { ReadProtected(table, catalog); });
  file.Table("variables",
             [&](TableReader& table) { table.Read("harmless", catalog.harmless_variables); });
  file.Table("programs",
             [&](TableReader& table) { table.Read("denied", catalog.denied_programs); });
  file.Table("file_names",
             [&](TableReader& table) { table.Read("exempt_places", catalog.exempt_places); });
}

template <typename T>
void Append(std::vector<T>& to, std::vector<T>&& from) {
  to.insert(to.end(), std::make_move_iterator(from.begin()), std::make_move_iterator(from.end()));
}

CredentialCatalog LoadShipped() {
  CredentialCatalog all;
  for (const EmbeddedFile& file : EmbeddedFiles()) {
    if (!file.name.starts_with("data/")) continue;
    CredentialCatalog part = OrDie(ParseCredentialCatalog(file.text, file.name));
    Append(all.credentials, std::move(part.credentials));
    Append(all.protected_places, std::move(part.protected_places));
    Append(all.harmless_variables, std::move(part.harmless_variables));
    Append(all.denied_programs, std::move(part.denied_programs));
    Append(all.exempt_places, std::move(part.exempt_places));
  }
  if (all.credentials.empty() || all.protected_places.empty()) {
    DieOfBrokenData(absl::InternalError("the credential catalogue is missing"));
  }
  return all;
}

}  // namespace

absl::StatusOr<CredentialCatalog> ParseCredentialCatalog(std::string_view toml,
                                                         std::string_view origin) {
  CredentialCatalog catalog;
  absl::Status status = ReadTables(toml, ConfigFormat::kToml, origin,
                                   [&](TableReader& file) { ReadCatalog(file, catalog); });
  if (!status.ok()) return status;
  return catalog;
}

const CredentialCatalog& ShippedCatalog() {
  static const CredentialCatalog* const catalog = new CredentialCatalog(LoadShipped());
  return *catalog;
}

}  // namespace safe_trace
