// Which environment variables a subject may see.
#include <algorithm>

#include "policy/argument_mask.h"
#include "policy/network_pattern.h"
#include "policy/path_pattern.h"
#include "policy/policy_impl.h"
#include "policy/secret_shape.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

// Without these programs do not run; nobody keeps a secret there.
constexpr std::string_view kEssential[] = {
    "PATH",       "HOME",       "LANG",        "LANGUAGE",   "TERM",
    "USER",       "LOGNAME",    "SHELL",       "PWD",        "OLDPWD",
    "TMPDIR",     "TMP",        "TEMP",        "TZ",         "SHLVL",
    "LINES",      "COLUMNS",    "HOSTNAME",    "LD_PRELOAD", "LD_LIBRARY_PATH",
    "PYTHONPATH", "PYTHONHOME", "VIRTUAL_ENV", "_"};
constexpr std::string_view kProxies[] = {"http_proxy", "https_proxy", "ftp_proxy", "all_proxy"};

bool IsEssential(std::string_view name) {
  return name.starts_with("LC_") ||
         std::find(std::begin(kEssential), std::end(kEssential), name) != std::end(kEssential);
}

bool IsProxy(std::string_view name) {
  return std::any_of(std::begin(kProxies), std::end(kProxies),
                     [&](std::string_view proxy) { return EqualsIgnoringCase(proxy, name); });
}

bool MatchesAny(const std::vector<std::string>& globs, std::string_view name) {
  return std::any_of(globs.begin(), globs.end(),
                     [&](const std::string& glob) { return MatchesGlob(glob, name); });
}

// Removing a variable is routine, not evidence: every shell of a developer holds some.
Decision Remove(const Rule* rule) { return {Verdict::kHide, 0, rule, false}; }

}  // namespace

void AddVariables(Policy::Impl& impl, const Config& config, const CredentialCatalog& catalog) {
  std::vector<std::string> secrets, urls;
  for (const CredentialEntry& entry : catalog.credentials) {
    if (entry.variables.empty() && entry.url_variables.empty()) continue;
    const Rule* rule = impl.AddRule(entry.id, entry.description);
    for (const std::string& pattern : entry.variables) {
      secrets.push_back(pattern);
      impl.variable_patterns.emplace_back(pattern, rule);
    }
    for (const std::string& pattern : entry.url_variables) {
      urls.push_back(pattern);
      impl.url_variable_patterns.emplace_back(pattern, rule);
    }
  }
  impl.secret_variables = VariablePatternSet(secrets);
  impl.url_variables = VariablePatternSet(urls);
  impl.harmless_variables = catalog.harmless_variables;
  for (const Entry& entry : config.keep_env) impl.kept_variables.push_back(entry.value);
  for (const Entry& entry : config.extra_env_vars) {
    impl.user_hidden_variables.emplace_back(entry.value, impl.common.variable_hidden);
  }
}

Decision Policy::EvaluateVariable(const Subject& subject, const VariableRequest& request) const {
  const Impl& impl = *For(subject).impl_;
  const CommonRules& rules = impl.common;
  if (MatchesAny(impl.kept_variables, request.name)) return Allow(rules.variable_kept);
  for (const auto& [glob, rule] : impl.user_hidden_variables) {
    if (MatchesGlob(glob, request.name)) return Remove(rule);
  }
  if (IsEssential(request.name)) return Allow(rules.variable_plain);
  if (subject.role == Role::kManager && !subject.downloaded &&
      (MatchesAny(impl.profile.own_variables, request.name) || IsProxy(request.name))) {
    return Allow(rules.variable_own);
  }
  if (const int url = impl.url_variables.Find(request.name); url >= 0) {
    if (HasUserInfo(request.value)) {
      return Remove(impl.url_variable_patterns[static_cast<size_t>(url)].second);
    }
  } else if (!MatchesAny(impl.harmless_variables, request.name)) {
    const int index = impl.secret_variables.Find(request.name);
    if (index >= 0) return Remove(impl.variable_patterns[static_cast<size_t>(index)].second);
  }
  if (SecretShape(request.value) != nullptr) return Remove(rules.variable_shape);
  return Allow(rules.variable_plain);
}

std::vector<std::string> Policy::WithoutSecrets(const std::vector<std::string>& arguments) const {
  const Impl& impl = *impl_;
  return MaskSecrets(arguments, [&impl](std::string_view name) {
    return !IsEssential(name) && !MatchesAny(impl.harmless_variables, name) &&
           impl.secret_variables.Find(name) >= 0;
  });
}

}  // namespace safe_trace
