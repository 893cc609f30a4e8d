#include <cstddef>
#include <cstdint>
#include <iterator>
#include <limits>
#include <string>
#include <utility>
#include <vector>

#include "nlohmann/json.hpp"
#include "policy/document_readers.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

using Json = nlohmann::json;

// Hands the text to the parser and counts the lines that it has read: events carry no position.
class CountingIterator {
 public:
  using iterator_category = std::input_iterator_tag;
  using value_type = char;
  using difference_type = std::ptrdiff_t;
  using pointer = const char*;
  using reference = const char&;

  CountingIterator(const char* at, int* line) : at_(at), line_(line) {}
  reference operator*() const { return *at_; }
  CountingIterator& operator++() {
    // The parser reads one byte past a number, so a newline counts when the byte after it is read.
    if (pending_) ++*line_;
    pending_ = *at_ == '\n';
    ++at_;
    return *this;
  }
  bool operator==(const CountingIterator& other) const { return at_ == other.at_; }
  bool operator!=(const CountingIterator& other) const { return at_ != other.at_; }

 private:
  const char* at_;
  int* line_;
  bool pending_ = false;
};

// "[json.exception.parse_error.101] parse error at line 2, column 3: syntax error ..." keeps what
// follows the position.
std::string WithoutPosition(std::string_view what) {
  const size_t column = what.find("column ");
  const size_t colon = column == std::string_view::npos ? column : what.find(": ", column);
  return Printable(colon == std::string_view::npos ? what : what.substr(colon + 2));
}

// Builds the tree. `stack_` points at the open tables and lists: a parent's vector does not grow
// while one of its elements is open, so the pointers stay valid.
class TreeBuilder : public nlohmann::json_sax<Json> {
 public:
  TreeBuilder(const int& line, std::string_view origin) : line_(line), origin_(origin) {}

  bool null() override { return Add(DocumentNode::Kind::kNull) != nullptr; }
  bool boolean(bool value) override {
    DocumentNode* node = Add(DocumentNode::Kind::kBool);
    if (node != nullptr) node->boolean = value;
    return node != nullptr;
  }
  bool number_integer(number_integer_t value) override {
    DocumentNode* node = Add(DocumentNode::Kind::kInteger);
    if (node != nullptr) node->integer = value;
    return node != nullptr;
  }
  bool number_unsigned(number_unsigned_t value) override {
    if (value > static_cast<uint64_t>(std::numeric_limits<int64_t>::max())) {
      return Fail("the number is too large");
    }
    return number_integer(static_cast<number_integer_t>(value));
  }
  bool number_float(number_float_t value, const string_t&) override {
    DocumentNode* node = Add(DocumentNode::Kind::kReal);
    if (node != nullptr) node->real = value;
    return node != nullptr;
  }
  bool string(string_t& value) override {
    DocumentNode* node = Add(DocumentNode::Kind::kString);
    if (node != nullptr) node->text = std::move(value);
    return node != nullptr;
  }
  bool binary(binary_t&) override { return Fail("binary data"); }
  bool start_object(size_t) override { return Open(DocumentNode::Kind::kTable); }
  bool start_array(size_t) override { return Open(DocumentNode::Kind::kList); }
  bool end_object() override { return Close(); }
  bool end_array() override { return Close(); }
  bool key(string_t& value) override {
    std::vector<DocumentMember>& members = stack_.back()->members;
    if (members.size() >= kMaxMembers) return Fail("too many keys in one table");
    for (const DocumentMember& member : members) {
      if (member.key == value) return Fail(Cat("key '", Printable(value), "' twice"));
    }
    members.push_back({std::move(value), line_, {}});
    return true;
  }
  bool parse_error(size_t, const std::string&, const Json::exception& error) override {
    return Fail(Cat("not valid JSON: ", WithoutPosition(error.what())));
  }

  absl::StatusOr<DocumentNode> Take(bool parsed) {
    if (!status_.ok()) return status_;
    if (!parsed) return DocumentError(origin_, line_, "not valid JSON");
    if (root_.kind != DocumentNode::Kind::kTable) {
      return DocumentError(origin_, 1, Cat("expected a table, found ", root_.KindName()));
    }
    return std::move(root_);
  }

 private:
  // Keeps the search for a key that is given twice cheap.
  static constexpr size_t kMaxMembers = 1000;

  bool Fail(std::string_view message) {
    if (status_.ok()) status_ = DocumentError(origin_, line_, message);
    return false;
  }
  DocumentNode* Add(DocumentNode::Kind kind) {
    DocumentNode* node = &root_;
    if (!stack_.empty() && stack_.back()->kind == DocumentNode::Kind::kList) {
      node = &stack_.back()->items.emplace_back();
    } else if (!stack_.empty()) {
      node = &stack_.back()->members.back().value;
    }
    node->kind = kind;
    node->line = line_;
    return node;
  }
  bool Open(DocumentNode::Kind kind) {
    if (stack_.size() >= static_cast<size_t>(kMaxDocumentDepth)) return Fail("nested too deeply");
    stack_.push_back(Add(kind));
    return true;
  }
  bool Close() {
    stack_.pop_back();
    return true;
  }

  const int& line_;
  std::string_view origin_;
  DocumentNode root_;
  std::vector<DocumentNode*> stack_;
  absl::Status status_;
};

}  // namespace

absl::StatusOr<DocumentNode> ParseJsonDocument(std::string_view text, std::string_view origin) {
  int line = 1;
  TreeBuilder builder(line, origin);
  try {
    const bool parsed =
        Json::sax_parse(CountingIterator(text.data(), &line),
                        CountingIterator(text.data() + text.size(), &line), &builder);
    return builder.Take(parsed);
  } catch (const std::exception& error) {
    return DocumentError(origin, line, Cat("not valid JSON: ", Printable(error.what())));
  }
}

}  // namespace safe_trace
