// A machine, a catalogue and a profile written by hand: tests of decisions do not depend on the
// shipped data.
#ifndef SAFE_TRACE_TESTS_UNIT_POLICY_EVAL_MADE_UP_MACHINE_H_
#define SAFE_TRACE_TESTS_UNIT_POLICY_EVAL_MADE_UP_MACHINE_H_

#include <gtest/gtest.h>

#include <memory>
#include <string>
#include <utility>

#include "policy/policy.h"

namespace safe_trace {

inline HostFacts MadeUpFacts() {
  HostFacts facts;
  facts.home = "/home/ann";
  facts.homes = {"/home/ann", "/home/bob"};
  facts.working_directory = "/home/ann/project";
  facts.command_executable = "/home/ann/venv/bin/python3";
  facts.arguments = {"pip", "install", "thing"};
  facts.environment = {{"PATH", "/usr/bin"}, {"HOME", "/home/ann"}};
  facts.temporary_directories = {"/tmp", "/var/tmp"};
  facts.terminals = {"/dev/pts/3"};
  facts.toolchains = {"/home/ann/.pyenv/versions/3.11"};
  facts.install_targets = {"/home/ann/venv/lib/python3.11/site-packages", "/home/ann/venv/bin"};
  facts.state_directories = {"/home/ann/.local/state/safe-trace"};
  facts.user_id = 1000;
  return facts;
}

inline CredentialCatalog MadeUpCatalog() {
  CredentialCatalog catalog;
  CredentialEntry ssh;
  ssh.id = "credential.ssh";
  ssh.description = "SSH keys";
  ssh.paths = {"~/.ssh", "/etc/shadow"};
  ssh.file_names = {"id_rsa"};
  ssh.sockets = {"$SSH_AUTH_SOCK", "/tmp/ssh-*/agent.*"};
  ssh.variables = {"SSH_AUTH_SOCK"};
  CredentialEntry netrc;
  netrc.id = "credential.netrc";
  netrc.description = "passwords per host";
  netrc.paths = {"~/.netrc"};
  netrc.file_names = {".netrc"};
  CredentialEntry project;
  project.id = "credential.dotenv";
  project.description = "a project's secrets";
  project.file_names = {".env", ".env.*"};
  project.file_name_exceptions = {".env.example"};
  CredentialEntry browser;
  browser.id = "credential.browser";
  browser.description = "browser logins";
  browser.paths = {"~/.mozilla/*/logins.json", "$XDG_CONFIG_HOME/chrome"};
  CredentialEntry tokens;
  tokens.id = "credential.tokens";
  tokens.description = "tokens";
  tokens.paths = {"$CLOUD_KEY_FILE"};
  tokens.sockets = {"/run/docker.sock"};
  tokens.abstract_sockets = {"/containerd-shim/*"};
  tokens.variables = {"*_TOKEN", "*_PASSWORD", "PIP_INDEX_*"};
  tokens.url_variables = {"PIP_INDEX_URL"};
  catalog.credentials = {ssh, netrc, project, browser, tokens};
  ProtectedEntry shell;
  shell.id = "persistence.shell";
  shell.description = "shell start-up files";
  shell.paths = {"~/.bashrc", "~/.config/autostart", "~/venv/bin", "/etc/cron.d"};
  ProtectedEntry editor;
  editor.id = "persistence.editor";
  editor.description = "editor configuration";
  editor.project_paths = {".vscode", ".git/hooks", "*.code-workspace"};
  editor.project_exceptions = {".git/hooks/*.sample"};
  editor.package_project_paths = {".git/config"};
  catalog.protected_places = {shell, editor};
  catalog.harmless_variables = {"CSRF_TOKEN"};
  catalog.exempt_places = {"/**/site-packages/**"};
  catalog.denied_programs = {"gh", "ssh"};
  return catalog;
}

inline Profile MadeUpPip() {
  Profile profile;
  profile.name = "pip";
  profile.role = Role::kManager;
  profile.own_credentials = {"credential.netrc"};
  profile.own_variables = {"PIP_*"};
  profile.pep503_names = true;
  profile.writes = {"{cache}/pip", "{install}"};
  profile.default_hosts = {"pypi.org:443"};
  profile.companion_hosts = {{"pypi.org", "files.pythonhosted.org"}};
  profile.path_options = {"--target", "-t"};
  ExecRule runner;
  runner.id = "pip.build-environment";
  runner.arguments = {"*/__pip-runner__.py", "install"};
  runner.role = Role::kManager;
  ExecRule backend;
  backend.id = "pip.build-backend";
  backend.arguments = {"*_in_process.py"};
  backend.role = Role::kPackage;
  backend.name_from = "pip-build-directory";
  backend.reads = {"{cwd}", "{env:PYTHONPATH}"};
  backend.writes = {"{cwd}", "{arg:2}", "{json:{arg:2}/input.json:kwargs.wheel_directory}"};
  profile.exec_rules = {runner, backend};
  return profile;
}

inline Profile MadeUpGeneric() {
  Profile profile;
  profile.name = "generic";
  profile.role = Role::kCommand;
  return profile;
}

inline std::unique_ptr<const Policy> MustBuild(const HostFacts& facts, const Config& config,
                                               const Profile& profile,
                                               const CredentialCatalog& catalog = MadeUpCatalog()) {
  auto policy = Policy::Build(facts, config, catalog, profile);
  EXPECT_TRUE(policy.ok()) << policy.status();
  return policy.ok() ? *std::move(policy) : nullptr;
}

inline std::unique_ptr<const Policy> PipPolicy(const Config& config = {}) {
  return MustBuild(MadeUpFacts(), config, MadeUpPip());
}

inline Subject Manager() { return {.role = Role::kManager, .ecosystem = "pip"}; }
inline Subject Command() { return {.role = Role::kCommand}; }
inline Subject EvilPackage() {
  Subject subject{.role = Role::kPackage, .ecosystem = "pip", .package = "evil", .version = "1.0"};
  subject.own = {{"/tmp/pip-install-x/evil", Access::kRead | Access::kWrite}};
  return subject;
}

}  // namespace safe_trace

#endif  // SAFE_TRACE_TESTS_UNIT_POLICY_EVAL_MADE_UP_MACHINE_H_
