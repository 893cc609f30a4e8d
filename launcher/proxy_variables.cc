#include "launcher/proxy_variables.h"

#include "policy/text_parts.h"

namespace safe_trace {

std::vector<std::pair<std::string, std::string>> ProxyVariables(const HostFacts& facts) {
  std::vector<std::pair<std::string, std::string>> proxies;
  for (const char* name :
       {"http_proxy", "https_proxy", "all_proxy", "HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY"}) {
    if (std::string value = facts.Variable(name); !value.empty()) {
      proxies.emplace_back(name, std::move(value));
    }
  }
  return proxies;
}

std::string ProxyUrl(std::string_view value) {
  value = Strip(value);
  return value.find("://") == std::string_view::npos ? Cat("http://", value) : std::string(value);
}

}  // namespace safe_trace
