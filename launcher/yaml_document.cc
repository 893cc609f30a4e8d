#include "launcher/yaml_document.h"

#include <yaml.h>

#include <string>
#include <utility>

namespace safe_trace {
namespace {

// libyaml's parser, one event at a time; the event that was read last is owned here.
class YamlEvents {
 public:
  YamlEvents(std::string_view text, std::string_view origin) : origin_(origin) {
    ready_ = yaml_parser_initialize(&parser_) != 0;
    if (!ready_) return;
    // Without this a byte order mark would switch to UTF-16.
    yaml_parser_set_encoding(&parser_, YAML_UTF8_ENCODING);
    yaml_parser_set_input_string(&parser_, reinterpret_cast<const unsigned char*>(text.data()),
                                 text.size());
  }
  ~YamlEvents() {
    yaml_event_delete(&event_);
    if (ready_) yaml_parser_delete(&parser_);
  }
  YamlEvents(const YamlEvents&) = delete;
  YamlEvents& operator=(const YamlEvents&) = delete;

  // False at an error, which status() then tells.
  bool Next() {
    if (!ready_) return Fail(1, "out of memory");
    yaml_event_delete(&event_);
    event_ = {};
    if (++count_ > kMaxYamlEvents) return Fail(line(), "too many values");
    if (yaml_parser_parse(&parser_, &event_) != 0) return true;
    // The problem may lie where the parser has not come yet.
    return Fail(static_cast<int>(parser_.problem_mark.line) + 1, "cannot be read as YAML");
  }

  yaml_event_type_t type() const { return event_.type; }
  int line() const { return static_cast<int>(event_.start_mark.line) + 1; }
  std::string Scalar() const {
    return std::string(reinterpret_cast<const char*>(event_.data.scalar.value),
                       event_.data.scalar.length);
  }
  const absl::Status& status() const { return status_; }

  bool Fail(int line, std::string_view message) {
    status_ = DocumentError(origin_, line, message);
    return false;
  }

 private:
  std::string_view origin_;
  bool ready_ = false;
  yaml_parser_t parser_{};
  yaml_event_t event_{};
  int count_ = 0;
  absl::Status status_;
};

bool ReadNode(YamlEvents& events, int depth, DocumentNode& node);

bool ReadList(YamlEvents& events, int depth, DocumentNode& node) {
  node.kind = DocumentNode::Kind::kList;
  for (;;) {
    if (!events.Next()) return false;
    if (events.type() == YAML_SEQUENCE_END_EVENT) return true;
    DocumentNode item;
    if (!ReadNode(events, depth + 1, item)) return false;
    node.items.push_back(std::move(item));
  }
}

bool ReadTable(YamlEvents& events, int depth, DocumentNode& node) {
  node.kind = DocumentNode::Kind::kTable;
  for (;;) {
    if (!events.Next()) return false;
    if (events.type() == YAML_MAPPING_END_EVENT) return true;
    DocumentNode key;
    if (!ReadNode(events, depth + 1, key) || !events.Next()) return false;
    DocumentMember member{std::move(key.text), key.line, {}};
    if (!ReadNode(events, depth + 1, member.value)) return false;
    if (key.kind == DocumentNode::Kind::kString) node.members.push_back(std::move(member));
  }
}

// Of the event that was read last.
bool ReadNode(YamlEvents& events, int depth, DocumentNode& node) {
  node.line = events.line();
  if (depth > kMaxDocumentDepth) return events.Fail(node.line, "nested too deeply");
  switch (events.type()) {
    case YAML_SCALAR_EVENT:
      node.kind = DocumentNode::Kind::kString;
      node.text = events.Scalar();
      return true;
    case YAML_SEQUENCE_START_EVENT:
      return ReadList(events, depth, node);
    case YAML_MAPPING_START_EVENT:
      return ReadTable(events, depth, node);
    case YAML_ALIAS_EVENT:
      node.kind = DocumentNode::Kind::kNull;
      return true;
    default:
      return events.Fail(node.line, "cannot be read as YAML");
  }
}

}  // namespace

absl::StatusOr<DocumentNode> ParseYamlDocument(std::string_view text, std::string_view origin) {
  if (text.size() > kMaxDocumentBytes) {
    return DocumentError(origin, 1, "the file is larger than 1 MiB");
  }
  YamlEvents events(text, origin);
  DocumentNode root;
  while (events.Next()) {
    if (events.type() == YAML_STREAM_END_EVENT) return root;
    if (events.type() != YAML_DOCUMENT_START_EVENT) continue;
    if (!events.Next() || !ReadNode(events, 1, root)) break;
    return root;
  }
  return events.status();
}

}  // namespace safe_trace
