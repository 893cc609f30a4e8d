#include "launcher/resolver_configuration.h"

#include <algorithm>
#include <sstream>

#include "launcher/host_paths.h"
#include "policy/network_pattern.h"

namespace safe_trace {
namespace {

constexpr size_t kMaximumFile = 1024 * 1024;
constexpr size_t kMaximumServers = 3;
constexpr size_t kMaximumNames = 4096;
constexpr size_t kMaximumDomains = 32;

// The words of each line, without what follows '#' or ';'.
std::vector<std::vector<std::string>> Lines(const std::string& file) {
  std::vector<std::vector<std::string>> lines;
  std::istringstream text(ReadFileHead(file, kMaximumFile));
  for (std::string line; std::getline(text, line);) {
    line.resize(std::min(line.size(), line.find_first_of("#;")));
    std::istringstream words(line);
    std::vector<std::string> parts;
    for (std::string word; words >> word;) parts.push_back(word);
    if (!parts.empty()) lines.push_back(std::move(parts));
  }
  return lines;
}

std::string Lower(std::string text) {
  for (char& c : text) c = c >= 'A' && c <= 'Z' ? static_cast<char>(c - 'A' + 'a') : c;
  return text;
}

}  // namespace

std::vector<std::string> NameServers(const std::string& file) {
  std::vector<std::string> servers;
  for (const std::vector<std::string>& line : Lines(file)) {
    if (line.front() == "nameserver" && line.size() > 1 && servers.size() < kMaximumServers) {
      servers.push_back(line[1]);
    }
  }
  if (servers.empty()) servers.push_back("127.0.0.1");
  return servers;
}

std::vector<std::string> SearchDomains(const std::string& file) {
  std::vector<std::string> domains;
  for (const std::vector<std::string>& line : Lines(file)) {
    if (line.front() != "search" && line.front() != "domain") continue;
    domains.assign(line.begin() + 1, line.end());  // the last such line counts
    domains.resize(std::min(domains.size(), kMaximumDomains));
  }
  return domains;
}

std::vector<std::pair<std::string, IpAddress>> LoopbackNames(const std::string& file) {
  std::vector<std::pair<std::string, IpAddress>> names;
  bool has_localhost = false;
  for (const std::vector<std::string>& line : Lines(file)) {
    IpAddress address;
    if (!ParseIpAddress(line.front(), address) || !address.IsLoopback()) continue;
    for (size_t i = 1; i < line.size() && names.size() < kMaximumNames; ++i) {
      names.emplace_back(Lower(line[i]), address);
      has_localhost = has_localhost || names.back().first == "localhost";
    }
  }
  if (has_localhost) return names;
  for (const char* text : {"127.0.0.1", "::1"}) {
    IpAddress address;
    if (ParseIpAddress(text, address)) names.emplace_back("localhost", address);
  }
  return names;
}

std::vector<std::string> OwnNames(const std::string& host_name) {
  std::string name = Lower(host_name);
  if (!name.empty() && name.back() == '.') name.pop_back();
  if (name.empty() || name == "(none)") return {};
  const size_t dot = name.find('.');
  if (dot == std::string::npos || dot == 0) return {name};
  return {name, name.substr(0, dot)};
}

std::vector<std::pair<std::string, IpAddress>> StaticNames(const std::string& file,
                                                           const std::vector<HostPort>& wanted) {
  std::vector<std::pair<std::string, IpAddress>> names;
  for (const std::vector<std::string>& line : Lines(file)) {
    IpAddress address;
    if (!ParseIpAddress(line.front(), address)) continue;
    for (size_t i = 1; i < line.size() && names.size() < kMaximumNames; ++i) {
      std::string name = Lower(line[i]);
      bool is_wanted = std::any_of(wanted.begin(), wanted.end(), [&](const HostPort& host) {
        return HostMatches(host.host, name);
      });
      if (is_wanted) names.emplace_back(std::move(name), address);
    }
  }
  return names;
}

}  // namespace safe_trace
