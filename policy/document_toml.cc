#include <toml++/toml.h>

#include <algorithm>
#include <string>
#include <utility>

#include "policy/document_readers.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

// toml++ bounds the nesting of arrays and inline tables but not the parts of a dotted key: each
// part is a table in a table, and 100,000 of them end in a stack overflow when they are freed. So
// dots outside strings are counted first, up to the next byte that ends a key.
class DottedKeyCheck {
 public:
  explicit DottedKeyCheck(std::string_view text) : text_(text) {}

  // The line of a key with too many parts, 0 where there is none.
  int FindTooLong() {
    while (at_ < text_.size()) {
      const char c = text_[at_];
      if (c == '"' || c == '\'') {
        SkipString(c);
        continue;
      }
      if (c == '#') {
        at_ = std::min(text_.find('\n', at_), text_.size());
        continue;
      }
      if (c == '.') {
        if (++dots_ > kMaxDocumentDepth) return line_;
      } else if (std::string_view("=[]{},\n").find(c) != std::string_view::npos) {
        dots_ = 0;
      }
      if (c == '\n') ++line_;
      ++at_;
    }
    return 0;
  }

 private:
  void SkipString(char quote) {
    const std::string triple(3, quote);
    const bool multi_line = text_.substr(at_, 3) == triple;
    at_ += multi_line ? 3 : 1;
    while (at_ < text_.size()) {
      if (multi_line && text_.substr(at_, 3) == triple) {
        at_ += 3;
        return;
      }
      const char c = text_[at_];
      // A newline ends a broken single-line string; the parser will say so.
      if (!multi_line && c == '\n') return;
      if (c == '\n') ++line_;
      at_ += (quote == '"' && c == '\\' && text_.substr(at_ + 1, 1) != "\n") ? 2 : 1;
      if (!multi_line && c == quote) return;
    }
  }

  std::string_view text_;
  size_t at_ = 0;
  int dots_ = 0;
  int line_ = 1;
};

int LineOf(const toml::source_region& region) {
  return std::max(1, static_cast<int>(region.begin.line));
}

absl::StatusOr<DocumentNode> Convert(const toml::node& node, int depth, std::string_view origin);

absl::Status ConvertTable(const toml::table& table, int depth, std::string_view origin,
                          DocumentNode& out) {
  for (auto&& [key, value] : table) {
    absl::StatusOr<DocumentNode> converted = Convert(value, depth + 1, origin);
    if (!converted.ok()) return converted.status();
    const int line = key.source().begin.line > 0 ? LineOf(key.source()) : converted->line;
    out.members.push_back({std::string(key.str()), line, *std::move(converted)});
  }
  std::stable_sort(
      out.members.begin(), out.members.end(),
      [](const DocumentMember& a, const DocumentMember& b) { return a.line < b.line; });
  return absl::OkStatus();
}

absl::StatusOr<DocumentNode> Convert(const toml::node& node, int depth, std::string_view origin) {
  using Kind = DocumentNode::Kind;
  DocumentNode out;
  out.line = LineOf(node.source());
  if (depth > kMaxDocumentDepth) return DocumentError(origin, out.line, "nested too deeply");
  if (const toml::table* table = node.as_table()) {
    if (absl::Status status = ConvertTable(*table, depth, origin, out); !status.ok()) return status;
  } else if (const toml::array* array = node.as_array()) {
    out.kind = Kind::kList;
    for (const toml::node& item : *array) {
      absl::StatusOr<DocumentNode> converted = Convert(item, depth + 1, origin);
      if (!converted.ok()) return converted.status();
      out.items.push_back(*std::move(converted));
    }
  } else if (const auto* text = node.as_string()) {
    out.kind = Kind::kString;
    out.text = text->get();
  } else if (const auto* integer = node.as_integer()) {
    out.kind = Kind::kInteger;
    out.integer = integer->get();
  } else if (const auto* real = node.as_floating_point()) {
    out.kind = Kind::kReal;
    out.real = real->get();
  } else if (const auto* boolean = node.as_boolean()) {
    out.kind = Kind::kBool;
    out.boolean = boolean->get();
  } else {
    out.kind = Kind::kDate;
  }
  return out;
}

}  // namespace

absl::StatusOr<DocumentNode> ParseTomlDocument(std::string_view text, std::string_view origin) {
  if (const int line = DottedKeyCheck(text).FindTooLong(); line != 0) {
    return DocumentError(origin, line, "a key has too many parts");
  }
  try {
    return Convert(toml::parse(text), 0, origin);
  } catch (const toml::parse_error& error) {
    return DocumentError(origin, LineOf(error.source()),
                         Cat("not valid TOML: ", Printable(error.description())));
  } catch (const std::exception& error) {
    return DocumentError(origin, 1, Cat("not valid TOML: ", Printable(error.what())));
  }
}

}  // namespace safe_trace
