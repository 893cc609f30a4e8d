#include "launcher/package_manager.h"

#include <algorithm>
#include <optional>
#include <string>
#include <string_view>

#include "absl/status/status.h"
#include "absl/strings/ascii.h"
#include "absl/strings/str_cat.h"
#include "absl/strings/str_split.h"
#include "launcher/pip_command_line.h"
#include "launcher/pip_configuration.h"
#include "launcher/pip_requirements.h"
#include "launcher/proxy_variables.h"
#include "launcher/python_layout.h"
#include "launcher/url_host.h"

namespace safe_trace {
namespace {

constexpr size_t kMostHosts = 256;
constexpr absl::string_view kDefaultIndex = "https://pypi.org/simple";

std::string ConfigurationOrigin(absl::string_view key, const PipSetting& setting) {
  return absl::StrCat("pip configuration: ", key, " (", setting.origin, ")");
}

// The words of an option that may be given several times; configuration gives them in one value.
std::vector<PipUrl> WordsOf(const PipConfiguration& configuration, const PipCommandLine& line,
                            absl::string_view key) {
  std::vector<PipUrl> urls;
  const PipSetting* setting =
      configuration.Find(line.command, std::string_view(key.data(), key.size()));
  if (setting == nullptr) return urls;
  for (absl::string_view word :
       absl::StrSplit(setting->value, absl::ByAnyChar(" \t\r\n"), absl::SkipEmpty())) {
    urls.push_back({std::string(word), ConfigurationOrigin(key, *setting)});
  }
  return urls;
}

void Append(const std::vector<std::string>& urls, const char* origin, std::vector<PipUrl>& to) {
  for (const std::string& url : urls) to.push_back({url, origin});
}

PipUrl MainIndex(const PipConfiguration& configuration, const PipCommandLine& line) {
  if (!line.index_url.empty()) return {line.index_url, "--index-url"};
  if (const PipSetting* setting = configuration.Find(line.command, "index-url")) {
    return {std::string(absl::StripAsciiWhitespace(setting->value)),
            ConfigurationOrigin("index-url", *setting)};
  }
  return {std::string(kDefaultIndex), "pip's default index"};
}

// What pip looks through before it has read any requirements file.
PipSources InitialSources(const PipConfiguration& configuration, const PipCommandLine& line) {
  PipSources sources;
  sources.no_index = line.no_index || configuration.IsTrue(line.command, "no-index");
  if (!sources.no_index) {
    sources.index_urls.push_back(MainIndex(configuration, line));
    for (PipUrl& url : WordsOf(configuration, line, "extra-index-url")) {
      sources.index_urls.push_back(std::move(url));
    }
    Append(line.extra_index_urls, "--extra-index-url", sources.index_urls);
  }
  sources.find_links = WordsOf(configuration, line, "find-links");
  Append(line.find_links, "--find-links", sources.find_links);
  for (const std::string& requirement : line.requirements) {
    if (std::string_view url = UrlInRequirement(requirement); !url.empty()) {
      sources.direct.push_back({std::string(url), "command line"});
    }
  }
  return sources;
}

// Constraints first, as pip reads them.
std::vector<PipRequirementFile> RequirementFiles(const HostFacts& facts,
                                                 const PipConfiguration& configuration,
                                                 const PipCommandLine& line) {
  std::vector<PipRequirementFile> files;
  auto add = [&](absl::string_view key, const std::vector<std::string>& given) {
    for (const PipUrl& word : WordsOf(configuration, line, key)) {
      files.push_back({word.url, facts.working_directory});
    }
    for (const std::string& path : given) files.push_back({path, facts.working_directory});
  };
  add("constraint", line.constraint_files);
  add("requirement", line.requirement_files);
  return files;
}

std::vector<PipUrl> Proxies(const HostFacts& facts, const PipConfiguration& configuration,
                            const PipCommandLine& line) {
  std::vector<PipUrl> proxies;
  if (!line.proxy.empty()) {
    proxies.push_back({line.proxy, "--proxy"});
  } else if (const PipSetting* setting = configuration.Find(line.command, "proxy")) {
    proxies.push_back({setting->value, ConfigurationOrigin("proxy", *setting)});
  }
  for (const auto& [name, value] : ProxyVariables(facts)) proxies.push_back({value, name});
  for (PipUrl& proxy : proxies) proxy.url = ProxyUrl(proxy.url);
  return proxies;
}

absl::Status AddHosts(const std::vector<PipUrl>& urls, std::vector<HostPort>& hosts) {
  for (const PipUrl& url : urls) {
    std::optional<HostPort> host = HostOfUrl(url.url, url.origin);
    if (!host) continue;
    bool known = std::any_of(hosts.begin(), hosts.end(), [&](const HostPort& other) {
      return other.host == host->host && other.port == host->port;
    });
    if (known) continue;
    if (hosts.size() == kMostHosts) {
      return absl::ResourceExhaustedError(
          absl::StrCat("pip's configuration names more than ", kMostHosts, " hosts"));
    }
    hosts.push_back(*std::move(host));
  }
  return absl::OkStatus();
}

}  // namespace

absl::StatusOr<std::vector<HostPort>> PipHosts(const HostFacts& facts) {
  PipCommandLine line = ParsePipCommandLine(facts.arguments);
  if (line.command.empty()) line.command = "install";
  std::optional<PythonLayout> layout = LayoutOfPip(facts);
  absl::StatusOr<PipConfiguration> configuration =
      PipConfiguration::Read(facts, layout ? layout->prefix : "", line.isolated);
  if (!configuration.ok()) return configuration.status();
  PipSources sources = InitialSources(*configuration, line);
  absl::Status read =
      ReadRequirementFiles(facts, RequirementFiles(facts, *configuration, line), sources);
  if (!read.ok()) return read;
  std::vector<HostPort> hosts;
  for (const auto& urls : {sources.index_urls, sources.find_links, sources.direct,
                           Proxies(facts, *configuration, line)}) {
    absl::Status added = AddHosts(urls, hosts);
    if (!added.ok()) return added;
  }
  return hosts;
}

}  // namespace safe_trace
