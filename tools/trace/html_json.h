// The data block of the page: JSON that is also inert inside HTML.
#ifndef SAFE_TRACE_TOOLS_TRACE_HTML_JSON_H_
#define SAFE_TRACE_TOOLS_TRACE_HTML_JSON_H_

#include <cstdint>
#include <string>
#include <string_view>
#include <vector>

namespace safe_trace {

// `text` made safe (display_text.h) and then a JSON string in which <, >, & and U+2028/2029 are \u
// escapes, so that nothing in it can end the script element that holds it.
std::string PageJsonText(std::string_view text);

// Builds one JSON value; the caller keeps keys and nesting right.
class PageJson {
 public:
  PageJson& BeginObject();
  PageJson& EndObject();
  PageJson& BeginArray();
  PageJson& EndArray();
  // Names are ours: plain letters.
  PageJson& Key(std::string_view name);
  PageJson& Text(std::string_view text);
  PageJson& Number(int64_t number);
  PageJson& Count(uint64_t number);
  PageJson& Flag(bool flag);
  PageJson& Null();
  PageJson& Texts(const std::vector<std::string>& texts);

  std::string Take() { return std::move(out_); }

 private:
  void Separate();

  std::string out_;
  bool needs_comma_ = false;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_HTML_JSON_H_
