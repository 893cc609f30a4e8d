#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <algorithm>
#include <set>

#include "policy/credential_catalog.h"
#include "policy/embedded_data.h"
#include "policy/env_pattern.h"
#include "policy/path_pattern.h"
#include "policy/profile.h"

namespace safe_trace {
namespace {

using ::testing::HasSubstr;

// Every "$NAME" that the catalogue may start with, so that each path can be expanded.
std::map<std::string, std::string> EveryVariable() {
  std::map<std::string, std::string> env;
  const auto add = [&](const std::vector<std::string>& patterns) {
    for (const std::string& p : patterns) {
      if (p[0] == '$') env[p.substr(1, p.find('/') - 1)] = "/var/x/value";
    }
  };
  for (const CredentialEntry& entry : ShippedCatalog().credentials) {
    add(entry.paths);
    add(entry.sockets);
  }
  for (const ProtectedEntry& entry : ShippedCatalog().protected_places) add(entry.paths);
  return env;
}

TEST(ShippedCatalogTest, EveryDataFileParses) {
  int files = 0;
  for (const EmbeddedFile& file : EmbeddedFiles()) {
    if (file.name.substr(0, 5) != "data/") continue;
    ++files;
    const auto parsed = ParseCredentialCatalog(file.text, file.name);
    EXPECT_TRUE(parsed.ok()) << parsed.status();
  }
  EXPECT_EQ(files, 2);
}

TEST(ShippedCatalogTest, IdsAreUniqueAndDescribed) {
  std::set<std::string> ids;
  const auto check = [&](const std::string& id, const std::string& description) {
    EXPECT_TRUE(ids.insert(id).second) << id;
    EXPECT_NE(id.find('.'), std::string::npos) << id;
    EXPECT_EQ(id.find_first_not_of("abcdefghijklmnopqrstuvwxyz-."), std::string::npos) << id;
    EXPECT_FALSE(description.empty()) << id;
    EXPECT_NE(description.back(), '.') << id;
  };
  for (const CredentialEntry& entry : ShippedCatalog().credentials) {
    check(entry.id, entry.description);
    EXPECT_FALSE(entry.paths.empty() && entry.file_names.empty() && entry.sockets.empty() &&
                 entry.variables.empty() && entry.url_variables.empty())
        << entry.id;
  }
  for (const ProtectedEntry& entry : ShippedCatalog().protected_places) {
    check(entry.id, entry.description);
    EXPECT_FALSE(entry.paths.empty() && entry.project_paths.empty()) << entry.id;
  }
}

void ExpectPathsExpand(const std::string& id, const std::vector<std::string>& paths) {
  const auto env = EveryVariable();
  std::set<std::string> seen;
  for (const std::string& path : paths) {
    EXPECT_TRUE(seen.insert(path).second) << id << " names " << path << " twice";
    EXPECT_FALSE(HasGlobCharacters(path)) << id << ": " << path;
    const std::string expanded = ExpandPath(path, "/home/u", env);
    EXPECT_GE(expanded.size(), 4u) << id << ": " << path;
    EXPECT_NE(expanded, "/home/u") << id << ": " << path;
  }
}

TEST(ShippedCatalogTest, EveryPathExpandsAndHoldsNoGlob) {
  for (const CredentialEntry& entry : ShippedCatalog().credentials) {
    ExpectPathsExpand(entry.id, entry.paths);
    for (const std::string& socket : entry.sockets) {
      EXPECT_NE(ExpandPath(socket, "/home/u", EveryVariable()), "") << socket;
    }
    for (const std::string& name : entry.file_names) {
      EXPECT_EQ(name.find('/'), std::string::npos) << name;
      EXPECT_NE(name.find_first_not_of("*?"), std::string::npos) << name;
    }
    for (const std::string& variable : entry.variables) {
      EXPECT_NE(variable.find_first_not_of("*_"), std::string::npos) << variable;
    }
    // What a tool reads as a URL must not be taken for one where it is a password.
    for (const std::string& variable : entry.url_variables) {
      EXPECT_NE(variable.find_first_not_of("*_"), std::string::npos) << variable;
      for (const char* secret : {"TOKEN", "PASSWORD", "AUTH", "SECRET", "USERNAME"}) {
        EXPECT_FALSE(MatchesVariable(variable, std::string("NPM_CONFIG_X_") + secret)) << variable;
        EXPECT_EQ(variable.find(secret), std::string::npos) << variable;
      }
    }
  }
  for (const ProtectedEntry& entry : ShippedCatalog().protected_places) {
    ExpectPathsExpand(entry.id, entry.paths);
    for (const std::string& path : entry.project_paths) {
      EXPECT_NE(path[0], '/') << path;
      EXPECT_FALSE(HasGlobCharacters(path)) << path;
      EXPECT_EQ(path.find(".."), std::string::npos) << path;
    }
  }
}

TEST(ShippedCatalogTest, DeniedProgramsAreBaseNamesWithoutRepetition) {
  std::set<std::string> seen;
  for (const std::string& name : ShippedCatalog().denied_programs) {
    EXPECT_EQ(name.find('/'), std::string::npos) << name;
    EXPECT_TRUE(seen.insert(name).second) << name;
  }
  for (const char* needed :
       {"claude", "gh", "aws", "ssh", "sudo", "systemd-run", "tmux", "docker"}) {
    EXPECT_TRUE(seen.count(needed)) << needed;
  }
  // What builds honestly start.
  for (const char* build :
       {"git",     "gcc",      "cc",      "ld",    "make",    "cmake", "ninja",   "pkg-config",
        "sh",      "bash",     "python3", "rustc", "cargo",   "node",  "curl",    "uname",
        "getconf", "ldconfig", "install", "strip", "openssl", "swig",  "gfortran"}) {
    EXPECT_FALSE(seen.count(build)) << build;
  }
}

TEST(ShippedCatalogTest, BroadPlacesAreNotHidden) {
  const auto env = EveryVariable();
  for (const CredentialEntry& entry : ShippedCatalog().credentials) {
    for (const std::string& path : entry.paths) {
      for (const std::string& expanded : ExpandPaths(path, "/home/u", env)) {
        for (const char* needed :
             {"/home/u/.cache/pip", "/home/u/.local/lib/python3.11/site-packages",
              "/usr/bin/python3", "/etc/ssl/certs/ca-certificates.crt", "/etc/resolv.conf",
              "/etc/passwd", "/dev/null", "/etc/hosts", "/home/u/project/setup.py",
              "/tmp/pip-install-x/y", "/proc/self/maps", "/run/systemd/resolve/stub-resolv.conf",
              "/home/u/.cargo/registry/index", "/home/u/.gitconfig", "/home/u/.config/git/config",
              "/home/u/.cache/huggingface/hub"}) {
          const std::string place = needed;
          EXPECT_FALSE(place == expanded || place.rfind(expanded + "/", 0) == 0)
              << entry.id << ": " << path << " hides " << needed;
        }
      }
    }
  }
}

// The entry that hides a path by its base name, as a policy combines the catalogue's lists.
const CredentialEntry* FindByName(std::string_view path) {
  const CredentialCatalog& catalog = ShippedCatalog();
  for (const std::string& place : catalog.exempt_places) {
    if (MatchesPathGlob(place, path)) return nullptr;
  }
  const std::string_view name = path.substr(path.rfind('/') + 1);
  const auto matches = [&](const std::vector<std::string>& globs) {
    return std::any_of(globs.begin(), globs.end(),
                       [&](const std::string& glob) { return MatchesGlob(glob, name); });
  };
  for (const CredentialEntry& entry : catalog.credentials) {
    if (matches(entry.file_names) && !matches(entry.file_name_exceptions)) return &entry;
  }
  return nullptr;
}

TEST(ShippedFileNamesTest, SecretsAreFoundAnywhere) {
  for (const char* name : {".env", ".env.local", ".env.production", "id_rsa", "id_ed25519",
                           "passwords.kdbx", ".git-credentials", ".netrc", ".pypirc",
                           "terraform.tfstate", "service-account-prod.json", "key.ppk", ".pgpass",
                           "krb5cc_1000", "wallet.dat", "kubeconfig", ".bash_history", ".envrc"}) {
    EXPECT_NE(FindByName(std::string("/srv/project/") + name), nullptr) << name;
  }
}

TEST(ShippedFileNamesTest, HonestNamesAreNot) {
  for (const char* name : {".env.example",
                           ".env.sample",
                           ".env.template",
                           ".env.dist",
                           ".env.production.example",
                           "env.py",
                           "environment.yml",
                           ".environment",
                           "id_rsa.pub",
                           "id_ed25519.pub",
                           "id_rsa.py",
                           "credentials.py",
                           "cacert.pem",
                           "server.key",
                           "test.crt",
                           "secrets.py",
                           "token.py",
                           "tokenizer.json",
                           "password.c",
                           "keyring.py",
                           "config.json",
                           "settings.json",
                           "netrc.py",
                           "package.json",
                           "service.json",
                           "main.tf",
                           "cookies.py",
                           "history.py",
                           ".gitignore",
                           ".npmrc",
                           ".python-version",
                           "Cargo.toml",
                           "pip.conf",
                           "wallet.py",
                           "setup.cfg",
                           "PKG-INFO",
                           "METADATA",
                           "RECORD",
                           "login.js",
                           "cookie-parser.js",
                           "private.h",
                           "master.key"}) {
    const CredentialEntry* entry = FindByName(std::string("/srv/project/") + name);
    EXPECT_EQ(entry, nullptr) << name << " is " << entry->id;
  }
}

TEST(ShippedFileNamesTest, UnpackedPackagesAreExempt) {
  for (const char* path :
       {"/home/u/venv/lib/python3.11/site-packages/paramiko/tests/id_rsa",
        "/usr/lib/python3/dist-packages/x/.env", "/home/u/p/node_modules/dotenv/.env",
        "/tmp/pip-install-ab12/foo_0123/.env", "/tmp/pip-req-build-x/.env.test",
        "/home/u/.cargo/registry/src/i/crate-1.0/tests/id_rsa", "/home/u/go/pkg/mod/m@v1/.env"}) {
    EXPECT_EQ(FindByName(path), nullptr) << path;
  }
  EXPECT_NE(FindByName("/home/u/site-packages.old/.env"), nullptr);
}

TEST(ParseCredentialCatalogTest, ErrorsNameLineAndNearestKey) {
  const auto unknown =
      ParseCredentialCatalog("[[credential]]\nid = \"a.b\"\ndescription = \"d\"\npath = []\n", "f");
  EXPECT_THAT(std::string(unknown.status().message()),
              HasSubstr("f:4: unknown key 'path' in [[credential]]; did you mean 'paths'?"));
  const auto nameless = ParseCredentialCatalog("\n[[credential]]\npaths = [\"/x\"]\n", "f");
  EXPECT_THAT(std::string(nameless.status().message()), HasSubstr("f:2: "));
  EXPECT_FALSE(ParseCredentialCatalog("credential = 3", "f").ok());
  EXPECT_FALSE(ParseCredentialCatalog("[[credential]]\nid = 3", "f").ok());
}

}  // namespace
}  // namespace safe_trace
