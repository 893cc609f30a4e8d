#include "launcher/registry_values.h"

#include <algorithm>
#include <array>
#include <cstddef>
#include <optional>
#include <utility>

#include "launcher/concat.h"
#include "launcher/proxy_variables.h"
#include "launcher/terminal_text.h"
#include "launcher/url_host.h"
#include "policy/network_pattern.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

constexpr std::string_view kSeparators = " \t\r\n,|";
constexpr size_t kShownColumns = 80;

std::vector<std::string_view> Words(std::string_view value) {
  std::vector<std::string_view> words;
  size_t begin = value.find_first_not_of(kSeparators);
  while (begin != std::string_view::npos) {
    const size_t end = std::min(value.find_first_of(kSeparators, begin), value.size());
    words.push_back(value.substr(begin, end - begin));
    begin = value.find_first_not_of(kSeparators, end);
  }
  return words;
}

bool IsFetched(std::string_view url) {
  std::string_view scheme = url.substr(0, url.find("://"));
  const size_t plus = scheme.rfind('+');
  if (plus != std::string_view::npos) scheme.remove_prefix(plus + 1);
  return EqualsIgnoringCase(scheme, "https") || EqualsIgnoringCase(scheme, "http") ||
         EqualsIgnoringCase(scheme, "ssh");
}

std::optional<HostPort> HostOfWord(std::string_view word, std::string_view origin) {
  const std::string_view url = UrlInRequirement(word);
  if (url.empty() || !IsFetched(url)) return std::nullopt;
  return HostOfUrl(url, origin);
}

// Of "sum.golang.org+033de0ae+Ac4z..." the name.
std::optional<HostPort> HostOfBareName(std::string_view word, std::string_view origin) {
  if (word.find("://") != std::string_view::npos) return HostOfWord(word, origin);
  const std::string_view name = word.substr(0, word.find_first_of("+/"));
  for (std::string_view none : {"off", "direct", "none"}) {
    if (EqualsIgnoringCase(name, none)) return std::nullopt;
  }
  // What a name never has, and a URL would read as user information.
  if (name.find('@') != std::string_view::npos) return std::nullopt;
  return HostOfUrl(Cat("https://", name), origin);
}

std::optional<HostPort> HostOfProxy(std::string_view value, std::string_view origin) {
  value = Strip(value);
  static constexpr std::array<std::string_view, 6> kNone = {"",     "null",      "false",
                                                            "none", "undefined", "direct"};
  if (std::find(kNone.begin(), kNone.end(), value) != kNone.end()) return std::nullopt;
  return HostOfUrl(ProxyUrl(value), origin);
}

}  // namespace

std::vector<HostPort> HostsInValue(std::string_view value, std::string_view form,
                                   std::string_view origin) {
  std::vector<HostPort> hosts;
  if (form == "proxy") {
    if (auto host = HostOfProxy(value, origin)) hosts.push_back(*std::move(host));
    return hosts;
  }
  for (std::string_view word : Words(value)) {
    auto host = form == "host" ? HostOfBareName(word, origin) : HostOfWord(word, origin);
    if (host) hosts.push_back(*std::move(host));
  }
  return hosts;
}

std::string ShownName(std::string_view text) {
  std::string shown(text);
  for (size_t at = shown.find("//"); at != std::string::npos; at = shown.find("//", at + 2)) {
    const size_t begin = at + 2;
    const size_t end = std::min(shown.find_first_of("/?#", begin), shown.size());
    const size_t user = std::string_view(shown).substr(begin, end - begin).rfind('@');
    if (user != std::string_view::npos) shown.erase(begin, user + 1);
  }
  return EscapeAndShorten(shown, kShownColumns);
}

}  // namespace safe_trace
