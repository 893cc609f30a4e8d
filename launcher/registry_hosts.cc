#include "launcher/registry_hosts.h"

#include <algorithm>
#include <cstddef>
#include <map>
#include <optional>
#include <string_view>
#include <utility>

#include "absl/status/status.h"
#include "absl/strings/str_join.h"
#include "launcher/concat.h"
#include "launcher/proxy_variables.h"
#include "launcher/registry_files.h"
#include "launcher/registry_settings.h"
#include "launcher/registry_values.h"
#include "launcher/terminal_text.h"
#include "launcher/trusted_files.h"
#include "launcher/url_host.h"
#include "policy/network_pattern.h"
#include "policy/path_pattern.h"
#include "tracer/events/hash_chain.h"

namespace safe_trace {
namespace {

constexpr size_t kMostHosts = 256;
constexpr size_t kMostIgnoredFiles = 64;
constexpr size_t kMostNotices = 64;
constexpr size_t kMostShownHosts = 5;

// A project's file that the user has not trusted, and what it names.
struct IgnoredFile {
  std::string path;
  std::vector<HostPort> hosts;
  bool has_variables = false;
};

std::string ShownHost(const HostPort& host) {
  const bool is_ipv6 = host.host.find(':') != std::string::npos;
  const std::string name = is_ipv6 ? Concat("[", host.host, "]") : EscapeForTerminal(host.host);
  return host.port == 0 ? name : Concat(name, ":", host.port);
}

bool MatchesAny(const std::vector<std::string>& globs, std::string_view text) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return MatchesGlob(glob, text); });
}

// The value that `words[i]` gives to one of `options`, moving `i` on where that is the next word.
std::optional<std::string> OptionValue(const std::vector<std::string>& options,
                                       const std::vector<std::string>& words, size_t& i) {
  const std::string& word = words[i];
  for (const std::string& option : options) {
    if (word == option) {
      if (i + 1 < words.size()) return words[++i];
    } else if (word.starts_with(option) && word[option.size()] == '=') {
      return word.substr(option.size() + 1);
    } else if (option.size() == 2 && word.starts_with(option)) {
      return word.substr(2);
    }
  }
  return std::nullopt;
}

class Reader {
 public:
  Reader(const HostFacts& facts, const Profile& profile, const TrustedProjectFiles& trust)
      : facts_(facts), profile_(profile), trust_(trust) {}

  absl::StatusOr<RegistryHosts> Read() {
    TakeProxyVariables();
    const TemplateFacts templates = TemplatesOfCommand(facts_, profile_);
    for (const RegistrySource& source : profile_.registries) {
      TakeVariables(source);
      TakeOptions(source);
      for (const RegistryFile& file : RegistryFiles(source, facts_, templates)) {
        TakeFile(source, file);
      }
    }
    TakeDirectUrls();
    if (too_many_) {
      return absl::ResourceExhaustedError(Concat("the configuration of ", profile_.name,
                                                 " names more than ", kMostHosts, " hosts"));
    }
    for (const IgnoredFile& file : ignored_) NoticeIgnored(file);
    return std::move(result_);
  }

 private:
  void Add(std::vector<HostPort> hosts, bool replaces_default) {
    if (!hosts.empty() && replaces_default) result_.default_replaced = true;
    for (HostPort& host : hosts) {
      if (Knows(result_.hosts, host)) continue;
      if (result_.hosts.size() == kMostHosts) {
        too_many_ = true;
        return;
      }
      result_.hosts.push_back(std::move(host));
    }
  }

  static bool Knows(const std::vector<HostPort>& hosts, const HostPort& wanted) {
    return std::any_of(hosts.begin(), hosts.end(), [&](const HostPort& host) {
      return host.host == wanted.host && host.port == wanted.port;
    });
  }

  void TakeProxyVariables() {
    for (const auto& [name, value] : ProxyVariables(facts_)) {
      Add(HostsInValue(value, "proxy", name), false);
    }
  }

  void TakeVariables(const RegistrySource& source) {
    if (source.variables.empty()) return;
    for (const auto& [name, value] : facts_.environment) {
      if (!MatchesAny(source.variables, name)) continue;
      Add(HostsInValue(value, source.form, ShownName(name)), source.replaces_default);
    }
  }

  void TakeOptions(const RegistrySource& source) {
    if (facts_.nested || source.options.empty()) return;
    const std::vector<std::string>& words = facts_.arguments;
    for (size_t i = ManagerWordsBegin(profile_, words); i < words.size(); ++i) {
      if (words[i] == "--") break;
      const std::string name = words[i].substr(0, words[i].find('='));
      if (std::optional<std::string> value = OptionValue(source.options, words, i)) {
        Add(HostsInValue(*value, source.form, ShownName(name)), source.replaces_default);
      }
    }
  }

  // "https://host/x.tgz", "name @ git+https://host/x", "ssh://git@host/x": what is no option.
  void TakeDirectUrls() {
    if (facts_.nested) return;
    const std::vector<std::string>& words = facts_.arguments;
    for (size_t i = ManagerWordsBegin(profile_, words); i < words.size(); ++i) {
      if (words[i].starts_with('-')) continue;
      const std::string_view url = UrlInRequirement(words[i]);
      if (!url.empty()) Add(HostsInValue(url, "url", "command line"), false);
    }
  }

  void TakeFile(const RegistrySource& source, const RegistryFile& file) {
    absl::StatusOr<std::string> text = ReadRegistryFile(file, trust_.user);
    const std::string shown = ShownPath(file.path, facts_.home);
    if (absl::IsNotFound(text.status())) return;
    if (!text.ok()) return NoticeUnread(file, shown, text.status());
    absl::StatusOr<std::vector<RegistrySetting>> settings =
        ParseRegistrySettings(*text, source.format, shown);
    if (!settings.ok()) return NoticeSyntax(settings.status());
    std::erase_if(*settings, [&](const RegistrySetting& setting) {
      return !MatchesAny(source.keys, setting.key);
    });
    if (settings->empty()) return;
    if (file.is_project && !IsTrustedFile(file.path, *text)) return Ignore(source, file, *settings);
    const bool expands = source.format == "ini" || source.format == "yaml";
    for (const RegistrySetting& setting : *settings) {
      const std::string origin =
          Concat(profile_.name, " configuration: ", ShownName(setting.key), " (", shown, ")");
      const std::string value =
          expands ? ExpandVariables(setting.value, facts_.environment) : setting.value;
      Add(HostsInValue(value, source.form, origin), source.replaces_default);
    }
  }

  bool IsTrustedFile(const std::string& path, const std::string& text) {
    absl::StatusOr<bool> trusted =
        IsTrusted(trust_.state_directory, trust_.user, Sha256Hex(text), path);
    if (!trusted.ok()) Notice(FirstLine(trusted.status()));
    return trusted.ok() && *trusted;
  }

  // Variables stay as they are: what a stranger's file makes of a secret is not shown.
  void Ignore(const RegistrySource& source, const RegistryFile& file,
              const std::vector<RegistrySetting>& settings) {
    auto known = std::find_if(ignored_.begin(), ignored_.end(),
                              [&](const IgnoredFile& other) { return other.path == file.path; });
    if (known == ignored_.end()) {
      if (ignored_.size() == kMostIgnoredFiles) return;
      ignored_.push_back({file.path, {}, false});
      known = std::prev(ignored_.end());
    }
    for (const RegistrySetting& setting : settings) {
      if (setting.value.find("${") != std::string::npos) known->has_variables = true;
      for (HostPort& host : HostsInValue(setting.value, source.form, "")) {
        if (known->hosts.size() == kMostHosts) return;
        if (!Knows(known->hosts, host)) known->hosts.push_back(std::move(host));
      }
    }
  }

  // What is allowed without the project's files: believed hosts, the profile's, their companions.
  std::vector<HostPort> AllowedHosts() const {
    std::vector<HostPort> allowed = result_.hosts;
    const auto add = [&](const std::string& text) {
      absl::StatusOr<HostPort> host = ParseHostPort(text, "profile");
      if (host.ok()) allowed.push_back(*std::move(host));
    };
    for (const std::string& text : profile_.standing_hosts) add(text);
    if (!result_.default_replaced) {
      for (const std::string& text : profile_.default_hosts) add(text);
    }
    const size_t configured = allowed.size();
    for (const auto& [host, companion] : profile_.companion_hosts) {
      for (size_t i = 0; i < configured; ++i) {
        if (allowed[i].host == host) add(companion);
      }
    }
    return allowed;
  }

  static bool Reaches(const std::vector<HostPort>& allowed, const HostPort& wanted) {
    return std::any_of(allowed.begin(), allowed.end(), [&](const HostPort& host) {
      return HostMatches(host.host, wanted.host) && PortMatches(host.port, wanted.port);
    });
  }

  void NoticeIgnored(const IgnoredFile& file) {
    const std::vector<HostPort> allowed = AllowedHosts();
    std::vector<std::string> names;
    size_t more = 0;
    for (const HostPort& host : file.hosts) {
      if (Reaches(allowed, host)) continue;
      if (names.size() < kMostShownHosts) {
        names.push_back(ShownHost(host));
      } else {
        ++more;
      }
    }
    if (file.has_variables) names.emplace_back("what its variables stand for");
    if (more > 0) names.push_back(Concat(more, " more"));
    if (names.empty()) return;
    Notice(Concat(ShownPath(file.path, facts_.home),
                  " belongs to the project and is not trusted; hosts that it names are ignored: ",
                  absl::StrJoin(names, ", ")));
    Notice(Concat("to trust that file as it is now: safe-trace policy trust ",
                  EscapeForTerminal(ShellQuote(file.path))));
  }

  void NoticeUnread(const RegistryFile& file, const std::string& shown,
                    const absl::Status& status) {
    // These messages begin with the whole path; `shown` is shorter.
    std::string why = FirstLine(status);
    const std::string path = EscapeForTerminal(file.path);
    if (why.starts_with(path)) why.erase(0, path.size());
    while (!why.empty() && (why.front() == ':' || why.front() == ' ')) why.erase(0, 1);
    Notice(Concat(shown, ": ", why, "; no host in it counts"));
  }

  void NoticeSyntax(const absl::Status& status) {
    Notice(Concat(FirstLine(status), "; no host in it counts"));
  }

  static std::string FirstLine(const absl::Status& status) {
    const std::string text(status.message());
    return EscapeForTerminal(text.substr(0, text.find('\n')));
  }

  void Notice(std::string text) {
    std::vector<std::string>& notices = result_.notices;
    const bool known = std::find(notices.begin(), notices.end(), text) != notices.end();
    if (!known && notices.size() < kMostNotices) notices.push_back(std::move(text));
  }

  const HostFacts& facts_;
  const Profile& profile_;
  const TrustedProjectFiles& trust_;
  RegistryHosts result_;
  std::vector<IgnoredFile> ignored_;
  bool too_many_ = false;
};

}  // namespace

absl::StatusOr<RegistryHosts> ReadRegistryHosts(const HostFacts& facts, const Profile& profile,
                                                const TrustedProjectFiles& trust) {
  if (profile.registries.empty()) return RegistryHosts();
  return Reader(facts, profile, trust).Read();
}

}  // namespace safe_trace
