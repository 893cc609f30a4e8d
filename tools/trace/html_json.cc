#include "tools/trace/html_json.h"

#include <algorithm>

#include "tools/trace/display_text.h"
#include "tools/trace/json_output.h"

namespace safe_trace {
namespace {

// JavaScript's numbers are exact up to here.
constexpr int64_t kMaxExact = (int64_t{1} << 53) - 1;

}  // namespace

std::string PageJsonText(std::string_view text) {
  const std::string json = JsonText(SafeText(text));
  std::string out;
  out.reserve(json.size() + 2);
  for (size_t i = 0; i < json.size(); ++i) {
    const std::string_view rest = std::string_view(json).substr(i, 3);
    if (json[i] == '<') {
      out.append("\\u003c");
    } else if (json[i] == '>') {
      out.append("\\u003e");
    } else if (json[i] == '&') {
      out.append("\\u0026");
    } else if (rest == "\xe2\x80\xa8" || rest == "\xe2\x80\xa9") {
      out.append(rest == "\xe2\x80\xa8" ? "\\u2028" : "\\u2029");
      i += 2;
    } else {
      out.push_back(json[i]);
    }
  }
  return out;
}

void PageJson::Separate() {
  if (needs_comma_) out_.push_back(',');
  needs_comma_ = true;
}

PageJson& PageJson::BeginObject() {
  Separate();
  out_.push_back('{');
  needs_comma_ = false;
  return *this;
}

PageJson& PageJson::EndObject() {
  out_.push_back('}');
  needs_comma_ = true;
  return *this;
}

PageJson& PageJson::BeginArray() {
  Separate();
  out_.push_back('[');
  needs_comma_ = false;
  return *this;
}

PageJson& PageJson::EndArray() {
  out_.push_back(']');
  needs_comma_ = true;
  return *this;
}

PageJson& PageJson::Key(std::string_view name) {
  Separate();
  out_.append("\"").append(name).append("\":");
  needs_comma_ = false;
  return *this;
}

PageJson& PageJson::Text(std::string_view text) {
  Separate();
  out_.append(PageJsonText(text));
  return *this;
}

PageJson& PageJson::Number(int64_t number) {
  Separate();
  out_.append(std::to_string(std::clamp(number, -kMaxExact, kMaxExact)));
  return *this;
}

PageJson& PageJson::Count(uint64_t number) {
  return Number(static_cast<int64_t>(std::min<uint64_t>(number, kMaxExact)));
}

PageJson& PageJson::Flag(bool flag) {
  Separate();
  out_.append(flag ? "true" : "false");
  return *this;
}

PageJson& PageJson::Null() {
  Separate();
  out_.append("null");
  return *this;
}

PageJson& PageJson::Texts(const std::vector<std::string>& texts) {
  BeginArray();
  for (const std::string& text : texts) Text(text);
  return EndArray();
}

}  // namespace safe_trace
