#include "policy/secret_shape.h"

#include <algorithm>
#include <array>
#include <cstddef>

namespace safe_trace {
namespace {

constexpr size_t kMaxLooked = 64 * 1024;

enum class Alphabet : unsigned char {
  kUpperDigits,  // A-Z 0-9
  kAlnum,        // A-Z a-z 0-9
  kWord,         // and '_'
  kUrl,          // and '-'
  kHex,          // 0-9 a-f A-F
  kBase64,       // A-Z a-z 0-9 + / =
};

bool In(Alphabet alphabet, char c) {
  const bool digit = c >= '0' && c <= '9';
  const bool upper = c >= 'A' && c <= 'Z';
  const bool lower = c >= 'a' && c <= 'z';
  switch (alphabet) {
    case Alphabet::kUpperDigits:
      return digit || upper;
    case Alphabet::kAlnum:
      return digit || upper || lower;
    case Alphabet::kWord:
      return digit || upper || lower || c == '_';
    case Alphabet::kUrl:
      return digit || upper || lower || c == '_' || c == '-';
    case Alphabet::kHex:
      return digit || (c >= 'a' && c <= 'f') || (c >= 'A' && c <= 'F');
    case Alphabet::kBase64:
      return digit || upper || lower || c == '+' || c == '/' || c == '=';
  }
  return false;
}

struct Shape {
  std::string_view prefix;
  Alphabet alphabet;
  size_t min_length;  // of what follows the prefix
  size_t max_length;  // 0: no limit
  const char* kind;
};

// Longer prefixes before those that they begin with.
constexpr std::array kShapes = {
    Shape{"AKIA", Alphabet::kUpperDigits, 16, 16, "AWS access key"},
    Shape{"ASIA", Alphabet::kUpperDigits, 16, 16, "AWS temporary access key"},
    Shape{"ABSKQmVkcm9ja0FQSUtleS", Alphabet::kBase64, 20, 0, "AWS Bedrock key"},
    Shape{"github_pat_", Alphabet::kWord, 30, 0, "GitHub token"},
    Shape{"ghp_", Alphabet::kAlnum, 30, 0, "GitHub token"},
    Shape{"gho_", Alphabet::kAlnum, 30, 0, "GitHub token"},
    Shape{"ghu_", Alphabet::kAlnum, 30, 0, "GitHub token"},
    Shape{"ghs_", Alphabet::kWord, 30, 0, "GitHub token"},
    Shape{"ghr_", Alphabet::kAlnum, 30, 0, "GitHub token"},
    Shape{"glpat-", Alphabet::kUrl, 20, 0, "GitLab token"},
    Shape{"gldt-", Alphabet::kUrl, 20, 0, "GitLab token"},
    Shape{"glrt-", Alphabet::kUrl, 20, 0, "GitLab token"},
    Shape{"glptt-", Alphabet::kUrl, 20, 0, "GitLab token"},
    Shape{"glcbt-", Alphabet::kUrl, 20, 0, "GitLab token"},
    Shape{"xoxb-", Alphabet::kUrl, 20, 0, "Slack token"},
    Shape{"xoxp-", Alphabet::kUrl, 20, 0, "Slack token"},
    Shape{"xoxa-", Alphabet::kUrl, 20, 0, "Slack token"},
    Shape{"xoxr-", Alphabet::kUrl, 20, 0, "Slack token"},
    Shape{"xoxs-", Alphabet::kUrl, 20, 0, "Slack token"},
    Shape{"xoxc-", Alphabet::kUrl, 20, 0, "Slack token"},
    Shape{"xoxe-", Alphabet::kUrl, 20, 0, "Slack token"},
    Shape{"xapp-", Alphabet::kUrl, 20, 0, "Slack token"},
    Shape{"npm_", Alphabet::kAlnum, 36, 36, "npm token"},
    Shape{"pypi-AgE", Alphabet::kUrl, 50, 0, "PyPI token"},
    Shape{"cio", Alphabet::kAlnum, 32, 32, "crates.io token"},
    Shape{"rubygems_", Alphabet::kHex, 48, 48, "RubyGems token"},
    Shape{"oy2", Alphabet::kAlnum, 43, 43, "NuGet key"},
    Shape{"sk_live_", Alphabet::kAlnum, 16, 0, "Stripe key"},
    Shape{"sk_test_", Alphabet::kAlnum, 16, 0, "Stripe key"},
    Shape{"rk_live_", Alphabet::kAlnum, 16, 0, "Stripe key"},
    Shape{"rk_test_", Alphabet::kAlnum, 16, 0, "Stripe key"},
    Shape{"whsec_", Alphabet::kBase64, 24, 0, "Stripe webhook secret"},
    Shape{"sk-ant-", Alphabet::kUrl, 20, 0, "Anthropic key"},
    Shape{"sk-proj-", Alphabet::kUrl, 20, 0, "OpenAI key"},
    Shape{"sk-svcacct-", Alphabet::kUrl, 20, 0, "OpenAI key"},
    Shape{"sk-admin-", Alphabet::kUrl, 20, 0, "OpenAI key"},
    Shape{"sk-or-v1-", Alphabet::kHex, 32, 0, "OpenRouter key"},
    Shape{"sk-", Alphabet::kAlnum, 32, 0, "API key"},
    Shape{"AIza", Alphabet::kUrl, 35, 35, "Google API key"},
    Shape{"ya29.", Alphabet::kUrl, 20, 0, "Google access token"},
    Shape{"GOCSPX-", Alphabet::kUrl, 20, 0, "Google client secret"},
    Shape{"hf_", Alphabet::kAlnum, 30, 40, "Hugging Face token"},
    Shape{"gsk_", Alphabet::kAlnum, 40, 0, "Groq key"},
    Shape{"xai-", Alphabet::kAlnum, 40, 0, "xAI key"},
    Shape{"pplx-", Alphabet::kAlnum, 40, 0, "Perplexity key"},
    Shape{"r8_", Alphabet::kAlnum, 37, 37, "Replicate token"},
    Shape{"dop_v1_", Alphabet::kHex, 64, 64, "DigitalOcean token"},
    Shape{"doo_v1_", Alphabet::kHex, 64, 64, "DigitalOcean token"},
    Shape{"dor_v1_", Alphabet::kHex, 64, 64, "DigitalOcean token"},
    Shape{"dckr_pat_", Alphabet::kUrl, 20, 0, "Docker Hub token"},
    Shape{"dckr_oat_", Alphabet::kUrl, 20, 0, "Docker Hub token"},
    Shape{"hvs.", Alphabet::kUrl, 20, 0, "Vault token"},
    Shape{"hvb.", Alphabet::kUrl, 20, 0, "Vault token"},
    Shape{"hvr.", Alphabet::kUrl, 20, 0, "Vault token"},
    Shape{"atlasv1.", Alphabet::kUrl, 20, 0, "Terraform token"},
    Shape{"pul-", Alphabet::kHex, 40, 40, "Pulumi token"},
    Shape{"HRKU-", Alphabet::kUrl, 36, 0, "Heroku key"},
    Shape{"SG.", Alphabet::kUrl, 22, 22, "SendGrid key"},
    Shape{"shpat_", Alphabet::kHex, 32, 32, "Shopify token"},
    Shape{"shpss_", Alphabet::kHex, 32, 32, "Shopify secret"},
    Shape{"dapi", Alphabet::kHex, 32, 32, "Databricks token"},
    Shape{"ATATT3", Alphabet::kUrl, 40, 0, "Atlassian token"},
    Shape{"ATCTT3", Alphabet::kUrl, 40, 0, "Atlassian token"},
    Shape{"PMAK-", Alphabet::kUrl, 40, 0, "Postman key"},
    Shape{"NRAK-", Alphabet::kAlnum, 27, 27, "New Relic key"},
    Shape{"glsa_", Alphabet::kWord, 32, 0, "Grafana token"},
    Shape{"glc_", Alphabet::kBase64, 32, 0, "Grafana token"},
    Shape{"sntrys_", Alphabet::kBase64, 32, 0, "Sentry token"},
    Shape{"sntryu_", Alphabet::kHex, 64, 64, "Sentry token"},
    Shape{"lin_api_", Alphabet::kAlnum, 32, 0, "Linear key"},
    Shape{"secret_", Alphabet::kAlnum, 43, 43, "Notion token"},
    Shape{"ntn_", Alphabet::kAlnum, 40, 0, "Notion token"},
    Shape{"figd_", Alphabet::kUrl, 36, 0, "Figma token"},
    Shape{"tskey-", Alphabet::kUrl, 20, 0, "Tailscale key"},
    Shape{"dp.pt.", Alphabet::kAlnum, 40, 0, "Doppler token"},
    Shape{"dp.st.", Alphabet::kUrl, 20, 0, "Doppler token"},
    Shape{"ops_eyJ", Alphabet::kUrl, 40, 0, "1Password token"},
    Shape{"nvapi-", Alphabet::kUrl, 40, 0, "NVIDIA key"},
    // "-----BEGIN PRIVATE KEY" and its RSA, EC and OPENSSH forms in base64.
    Shape{"LS0tLS1CRUdJTiBQUklWQVRFIEtFW", Alphabet::kBase64, 40, 0, "private key"},
    Shape{"LS0tLS1CRUdJTiBSU0EgUFJJVkFURSBLRV", Alphabet::kBase64, 40, 0, "private key"},
    Shape{"LS0tLS1CRUdJTiBFQyBQUklWQVRFIEtFW", Alphabet::kBase64, 40, 0, "private key"},
    Shape{"LS0tLS1CRUdJTiBPUEVOU1NIIFBSSVZBVEUgS0VZ", Alphabet::kBase64, 40, 0, "private key"},
    Shape{"AGE-SECRET-KEY-1", Alphabet::kUpperDigits, 50, 0, "age secret key"},
};

// Sorted table of the first bytes, so that most positions cost one lookup.
constexpr std::array<bool, 256> FirstBytes() {
  std::array<bool, 256> first{};
  for (const Shape& shape : kShapes) first[static_cast<unsigned char>(shape.prefix[0])] = true;
  first[static_cast<unsigned char>('e')] = true;  // JSON web tokens
  first[static_cast<unsigned char>('-')] = true;  // PEM
  return first;
}
constexpr std::array<bool, 256> kFirstBytes = FirstBytes();

size_t RunLength(std::string_view text, Alphabet alphabet, size_t limit) {
  size_t length = 0;
  while (length < text.size() && length < limit && In(alphabet, text[length])) ++length;
  return length;
}

// `rest` begins where a token may begin.
const char* PrefixedToken(std::string_view rest) {
  // Longer than any fixed length of the table: enough to tell "too long".
  constexpr size_t kEnough = 128;
  for (const Shape& shape : kShapes) {
    if (rest.substr(0, shape.prefix.size()) != shape.prefix) continue;
    const std::string_view body = rest.substr(shape.prefix.size());
    const size_t length = RunLength(body, shape.alphabet, kEnough);
    if (length < shape.min_length) continue;
    if (shape.max_length != 0) {
      if (length > shape.max_length) continue;
      // A fixed length must end there: "AKIA" inside a longer word is not a key.
      if (length < body.size() && In(Alphabet::kUrl, body[length])) continue;
    }
    return shape.kind;
  }
  return nullptr;
}

// eyJHEADER.eyJPAYLOAD.SIGNATURE, or five parts when encrypted.
bool IsWebToken(std::string_view rest) {
  if (rest.substr(0, 3) != "eyJ") return false;
  constexpr size_t kEnough = 16 * 1024;
  const size_t header = RunLength(rest, Alphabet::kUrl, kEnough);
  if (header < 12 || header >= rest.size() || rest[header] != '.') return false;
  rest.remove_prefix(header + 1);
  const size_t payload = RunLength(rest, Alphabet::kUrl, kEnough);
  if (payload < 4 || payload >= rest.size() || rest[payload] != '.') return false;
  return true;
}

bool IsPrivateKeyBlock(std::string_view rest) {
  constexpr std::string_view kBegin = "-----BEGIN ";
  if (rest.substr(0, kBegin.size()) != kBegin) return false;
  // The label is short: "OPENSSH PRIVATE KEY-----", "PGP PRIVATE KEY BLOCK-----".
  const std::string_view label = rest.substr(kBegin.size(), 48);
  return label.find("PRIVATE KEY") != std::string_view::npos;
}

bool IsSchemeByte(char c) { return In(Alphabet::kAlnum, c) || c == '+' || c == '.' || c == '-'; }

// SCHEME://USER:PASSWORD@HOST at `colon`, the position of "://". Placeholders that tools print or
// that a shell would fill in are no passwords.
bool HasUrlPassword(std::string_view value, size_t colon) {
  if (colon == 0 || !IsSchemeByte(value[colon - 1])) return false;
  std::string_view rest = value.substr(colon + 3);
  rest = rest.substr(0, std::min<size_t>(rest.find_first_of("/?# \t\r\n\"'<>,;\\"), 2048));
  const size_t at = rest.rfind('@');
  if (at == std::string_view::npos) return false;
  const std::string_view user_info = rest.substr(0, at);
  const size_t separator = user_info.find(':');
  if (separator == std::string_view::npos) return false;
  const std::string_view password = user_info.substr(separator + 1);
  if (password.empty() || password.front() == '$' || password.front() == '{') return false;
  return password.find_first_not_of("*xX") != std::string_view::npos;
}

// One URL, HOST:PORT or path, with what tools write before it: "NAME=URL", "git+URL".
bool WordHasUserInfo(std::string_view word) {
  const size_t colon = word.find("://");
  std::string_view authority = word;
  std::string_view scheme;
  if (colon != std::string_view::npos) {
    scheme = word.substr(0, colon);
    authority = word.substr(colon + 3);
  } else if (std::string_view("/.~").find(word.front()) != std::string_view::npos) {
    return false;  // a path
  }
  authority = authority.substr(0, authority.find_first_of("/?#"));
  const size_t at = authority.rfind('@');
  if (at == std::string_view::npos || at == 0) return false;
  return !scheme.ends_with("ssh") || authority.substr(0, at).find(':') != std::string_view::npos;
}

bool MayBegin(std::string_view value, size_t at) {
  return at == 0 || !In(Alphabet::kAlnum, value[at - 1]);
}

}  // namespace

const char* SecretShape(std::string_view value) {
  value = value.substr(0, kMaxLooked);
  // Every look forward from one position is bounded, and the positions that look far (URLs, web
  // tokens) skip what they have read.
  size_t web_token_from = 0;
  size_t url_from = 0;
  for (size_t i = 0; i < value.size(); ++i) {
    const char c = value[i];
    if (c == ':' && i >= url_from && value.substr(i, 3) == "://") {
      if (HasUrlPassword(value, i)) return "URL with a password";
      url_from = i + 3;
    }
    if (!kFirstBytes[static_cast<unsigned char>(c)] || !MayBegin(value, i)) continue;
    const std::string_view rest = value.substr(i);
    if (const char* kind = PrefixedToken(rest)) return kind;
    if (c == 'e' && i >= web_token_from) {
      if (IsWebToken(rest)) return "JSON web token";
      web_token_from = i + RunLength(rest, Alphabet::kUrl, rest.size());
    }
    if (c == '-' && IsPrivateKeyBlock(rest)) return "private key";
  }
  return nullptr;
}

bool HasUserInfo(std::string_view value) {
  constexpr std::string_view kBetween = " \t\r\n,|;\"'<>";
  if (value.size() > kMaxLooked) return true;
  while (true) {
    value.remove_prefix(std::min(value.find_first_not_of(kBetween), value.size()));
    if (value.empty()) return false;
    const std::string_view word = value.substr(0, value.find_first_of(kBetween));
    if (WordHasUserInfo(word)) return true;
    value.remove_prefix(word.size());
  }
}

}  // namespace safe_trace
