// The catalogue of credentials and of places that start-up code and configuration live in, read
// from policy/data/credentials.toml and protected.toml (embedded at build time).
#ifndef SAFE_TRACE_POLICY_CREDENTIAL_CATALOG_H_
#define SAFE_TRACE_POLICY_CREDENTIAL_CATALOG_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace safe_trace {

// Hidden: what it holds must not be read.
struct CredentialEntry {
  std::string id;  // "credential.ssh"
  std::string description;
  std::vector<std::string> paths;       // "~/.ssh", "/etc/shadow", "$XDG_CONFIG_HOME/gh"
  std::vector<std::string> file_names;  // globs on the base name, anywhere: ".env", "id_rsa"
  // Globs on base names that file_names would match but that hold no secret: ".env.example".
  std::vector<std::string> file_name_exceptions;
  std::vector<std::string> sockets;  // unix socket paths or globs: "/run/docker.sock"
  std::vector<std::string> abstract_sockets;
  std::vector<std::string> variables;  // exact names or patterns matched by component
  // Of the same form: variables that hold URLs or paths, secret where one of these names a user or
  // a password, or has another secret's shape. They go before `variables` of every entry.
  std::vector<std::string> url_variables;
};

// Write-protected: shell start-up files, autostart places, editor and assistant configuration.
struct ProtectedEntry {
  std::string id;  // "persistence.shell-startup"
  std::string description;
  std::vector<std::string> paths;  // as above
  // A manager's configuration may name one of `paths` as the place of what it installs.
  bool installable = false;
  std::vector<std::string>
      project_paths;  // relative to any project directory: ".vscode", ".git/hooks"
  // Inside project_paths, what others than package code may write all the same, and the
  // directories on the way: ".git/hooks/*.sample".
  std::vector<std::string> project_exceptions;
  std::vector<std::string> package_project_paths;  // as project_paths, for package code alone
  std::vector<std::string> package_project_exceptions;  // what that may write inside of them
};

struct CredentialCatalog {
  std::vector<CredentialEntry> credentials;
  std::vector<ProtectedEntry> protected_places;
  // Variables that look like secrets by name but are not ("GPG_TTY", "TOKENIZERS_PARALLELISM").
  std::vector<std::string> harmless_variables;
  // Path globs ("**/site-packages/**") in which file_names do not apply: what lies there came with
  // a package, and hiding it would only break the install of honest ones.
  std::vector<std::string> exempt_places;
  std::vector<std::string> denied_programs;  // base names that package code may not start
};

absl::StatusOr<CredentialCatalog> ParseCredentialCatalog(std::string_view toml,
                                                         std::string_view origin);
// The shipped one; parsed once.
const CredentialCatalog& ShippedCatalog();

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_CREDENTIAL_CATALOG_H_
