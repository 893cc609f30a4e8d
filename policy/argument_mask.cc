#include "policy/argument_mask.h"

#include <algorithm>

#include "policy/lexical_path.h"
#include "policy/network_pattern.h"
#include "policy/secret_shape.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

constexpr std::string_view kMask = "***";
constexpr std::string_view kSeparators = " \t\r\n\v\f'\"=,;&|()<>?`";
constexpr std::string_view kQuotes = "'\"\r\n";
constexpr std::string_view kSecretHeaders[] = {"authorization", "proxy-authorization", "cookie",
                                               "set-cookie"};

using NameJudge = std::function<bool(std::string_view name)>;

std::string_view WithoutDashes(std::string_view name) {
  name.remove_prefix(std::min(name.find_first_not_of('-'), name.size()));
  return name;
}

bool IsSecretHeader(std::string_view name, const NameJudge& is_secret_name) {
  const bool is_known =
      std::any_of(std::begin(kSecretHeaders), std::end(kSecretHeaders),
                  [&](std::string_view header) { return EqualsIgnoringCase(header, name); });
  return is_known || is_secret_name(name);
}

// "https://***@host/" of "https://user:password@host/".
std::string WithoutUser(std::string_view text) {
  std::string masked;
  while (true) {
    const size_t scheme = text.find("://");
    if (scheme == std::string_view::npos) return masked += text;
    const size_t begin = scheme + 3;
    const size_t end = std::min(text.find_first_of("/?#", begin), text.size());
    const size_t at = text.substr(begin, end - begin).rfind('@');
    masked += text.substr(0, begin);
    // The account of a URL of ssh is no secret, its password is.
    const bool is_account = text.substr(0, scheme).ends_with("ssh") &&
                            text.substr(begin, at).find(':') == std::string_view::npos;
    const bool is_masked = at != std::string_view::npos && !is_account;
    if (is_masked) masked += kMask;
    const size_t rest = is_masked ? begin + at : begin;
    masked += text.substr(rest, end - rest);
    text.remove_prefix(end);
  }
}

// One word, which may be a whole script.
class WordMask {
 public:
  WordMask(std::string_view word, const NameJudge& is_secret_name)
      : word_(word), is_secret_name_(is_secret_name) {}

  std::string Masked() {
    size_t begin = 0;
    while (begin <= word_.size()) {
      const size_t end = std::min(word_.find_first_of(kSeparators, begin), word_.size());
      AddPiece(word_.substr(begin, end - begin));
      if (end == word_.size()) break;
      AddSeparator(word_[end]);
      begin = end + 1;
    }
    // Whatever the pieces did not show: a key of several lines.
    if (SecretShape(masked_) != nullptr) return std::string(kMask);
    return std::move(masked_);
  }

 private:
  void AddPiece(std::string_view piece) {
    if (!piece.empty()) {
      const bool is_header = piece.size() > 1 && piece.back() == ':' && !masks_rest_;
      const bool is_value = masks_value_ || masks_rest_;
      const std::string text = WithoutUser(piece);
      const bool is_secret = is_value || SecretShape(text) != nullptr;
      masked_ += is_secret ? std::string(kMask) : text;
      masks_value_ = false;
      if (is_header) {
        masks_rest_ = IsSecretHeader(piece.substr(0, piece.size() - 1), is_secret_name_);
      }
    }
    last_ = piece;
  }

  void AddSeparator(char separator) {
    masked_ += separator;
    if (separator == '=') masks_value_ = is_secret_name_(WithoutDashes(last_));
    if (separator == ' ') masks_value_ = false;
    if (kQuotes.find(separator) != std::string_view::npos) masks_rest_ = false;
  }

  std::string_view word_;
  const NameJudge& is_secret_name_;
  std::string masked_;
  std::string_view last_;
  bool masks_value_ = false;  // the next piece
  bool masks_rest_ = false;   // all pieces of a header's value
};

bool TakesPassword(std::string_view option) {
  return option == "-u" || option == "--user" || option == "-U" || option == "--proxy-user";
}

}  // namespace

std::vector<std::string> MaskSecrets(const std::vector<std::string>& arguments,
                                     const NameJudge& is_secret_name) {
  std::vector<std::string> masked;
  masked.reserve(arguments.size());
  const bool is_curl = !arguments.empty() && BaseName(arguments.front()) == "curl";
  std::string_view before;
  for (const std::string& word : arguments) {
    const bool is_value = before.starts_with("--") && before.find('=') == before.npos &&
                          !word.starts_with('-') && is_secret_name(WithoutDashes(before));
    const size_t colon = word.find(':');
    if (is_value) {
      masked.emplace_back(kMask);
    } else if (is_curl && TakesPassword(before) && colon != std::string::npos) {
      masked.push_back(word.substr(0, colon + 1) + std::string(kMask));
    } else {
      masked.push_back(WordMask(word, is_secret_name).Masked());
    }
    before = word;
  }
  return masked;
}

}  // namespace safe_trace
