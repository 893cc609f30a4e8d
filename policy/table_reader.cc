#include "policy/table_reader.h"

#include <algorithm>
#include <utility>

#include "policy/text_parts.h"

namespace safe_trace {
namespace {

using Kind = DocumentNode::Kind;

// Levenshtein distance; both words are short (keys are cut to 64 bytes).
size_t EditDistance(std::string_view a, std::string_view b) {
  std::vector<size_t> row(b.size() + 1);
  for (size_t j = 0; j <= b.size(); ++j) row[j] = j;
  for (size_t i = 1; i <= a.size(); ++i) {
    size_t diagonal = row[0];
    row[0] = i;
    for (size_t j = 1; j <= b.size(); ++j) {
      const size_t substitute = diagonal + (a[i - 1] == b[j - 1] ? 0 : 1);
      diagonal = row[j];
      row[j] = std::min({row[j] + 1, row[j - 1] + 1, substitute});
    }
  }
  return row[b.size()];
}

std::string Joined(const std::vector<std::string>& words) {
  std::string text;
  for (const std::string& word : words) text += Cat(text.empty() ? "" : ", ", word);
  return text;
}

}  // namespace

absl::Status ReadTables(std::string_view text, ConfigFormat format, std::string_view origin,
                        const std::function<void(TableReader&)>& read) {
  absl::StatusOr<DocumentNode> document = ParseDocument(text, format, origin);
  if (!document.ok()) return document.status();
  absl::Status status;
  TableReader file(*document, "", origin, status);
  read(file);
  file.Finish();
  return status;
}

std::string NearestWord(std::string_view word, const std::vector<std::string>& candidates) {
  constexpr size_t kLongest = 64;  // bounds the work; no key is longer
  if (word.size() > kLongest) return "";
  std::string best;
  // Of a word of three letters two edits leave nothing that could be recognised.
  size_t too_far = word.size() > 3 ? std::max<size_t>(2, word.size() / 3) + 1 : 2;
  for (const std::string& candidate : candidates) {
    const size_t distance = EditDistance(word, candidate);
    if (distance >= too_far) continue;
    best = candidate;
    too_far = distance;
  }
  return best;
}

TableReader::TableReader(const DocumentNode& table, std::string name, std::string_view origin,
                         absl::Status& status)
    : table_(table), name_(std::move(name)), origin_(origin), status_(status) {
  if (table_.kind != Kind::kTable) {
    Fail(table_.line, Cat(name_, " must be a table, not ", table_.KindName()));
  }
}

std::string TableReader::In() const { return name_.empty() ? "" : Cat(" in ", name_); }

void TableReader::Fail(int line, std::string_view message) {
  if (status_.ok()) status_ = DocumentError(origin_, line, message);
}

void TableReader::FailType(const DocumentNode& node, std::string_view key,
                           std::string_view expected) {
  Fail(node.line, Cat("'", key, "'", In(), " must be ", expected, ", not ", node.KindName()));
}

const DocumentNode* TableReader::Find(std::string_view key) {
  known_.emplace_back(key);
  if (!status_.ok()) return nullptr;
  for (const DocumentMember& member : table_.members) {
    if (member.key == key) return &member.value;
  }
  return nullptr;
}

const DocumentNode* TableReader::FindKind(std::string_view key, Kind kind,
                                          std::string_view expected) {
  const DocumentNode* node = Find(key);
  if (node == nullptr || node->kind == kind) return node;
  FailType(*node, key, expected);
  return nullptr;
}

void TableReader::Read(std::string_view key, std::string& out) {
  if (const DocumentNode* node = FindKind(key, Kind::kString, "a string")) out = node->text;
}

void TableReader::Read(std::string_view key, std::optional<std::string>& out) {
  const DocumentNode* node = FindKind(key, Kind::kString, "a string");
  if (node == nullptr) return;
  if (node->text.empty() || node->text.find('\0') != std::string::npos) {
    return Fail(node->line, Cat("'", key, "'", In(), " is empty or holds a NUL character"));
  }
  out = node->text;
}

void TableReader::Read(std::string_view key, std::optional<bool>& out) {
  if (const DocumentNode* node = FindKind(key, Kind::kBool, "true or false")) out = node->boolean;
}

void TableReader::Read(std::string_view key, std::vector<std::string>& out) {
  ReadStrings(key, [&](const DocumentNode& item) { out.push_back(item.text); });
}

void TableReader::Read(std::string_view key, std::vector<Entry>& out) {
  ReadStrings(key, [&](const DocumentNode& item) {
    out.push_back({item.text, Cat(origin_, ":", item.line)});
  });
}

void TableReader::ReadStrings(std::string_view key,
                              const std::function<void(const DocumentNode&)>& take) {
  const DocumentNode* list = FindKind(key, Kind::kList, "a list of strings");
  if (list == nullptr) return;
  for (const DocumentNode& item : list->items) {
    if (item.kind != Kind::kString) {
      return Fail(item.line, Cat("every value of '", key, "'", In(), " must be a string, not ",
                                 item.KindName()));
    }
    // A NUL, which JSON can write as an escape, would cut the value short in the kernel.
    if (item.text.empty() || item.text.find('\0') != std::string::npos) {
      return Fail(item.line, Cat("'", key, "'", In(), " holds an empty value or a NUL character"));
    }
    take(item);
  }
}

void TableReader::Read(std::string_view key, uint64_t least, uint64_t most,
                       std::optional<uint64_t>& out) {
  const DocumentNode* node = FindKind(key, Kind::kInteger, "an integer");
  if (node == nullptr) return;
  if (node->integer < 0 || static_cast<uint64_t>(node->integer) < least ||
      static_cast<uint64_t>(node->integer) > most) {
    return Fail(node->line, Cat("'", key, "'", In(), " must be from ", least, " to ", most));
  }
  out = static_cast<uint64_t>(node->integer);
}

void TableReader::ReadNumber(std::string_view key, double above, double most,
                             std::optional<double>& out) {
  const DocumentNode* node = Find(key);
  if (node == nullptr) return;
  if (node->kind != Kind::kInteger && node->kind != Kind::kReal) {
    return FailType(*node, key, "a number");
  }
  const double value = node->kind == Kind::kReal ? node->real : static_cast<double>(node->integer);
  // Written so that NaN fails too.
  if (!(value > above && value <= most)) {
    return Fail(node->line,
                Cat("'", key, "'", In(), " must be more than ", above, " and at most ", most));
  }
  out = value;
}

void TableReader::Read(std::string_view key,
                       std::vector<std::pair<std::string, std::string>>& out) {
  const DocumentNode* table = FindKind(key, Kind::kTable, "a table of strings");
  if (table == nullptr) return;
  for (const DocumentMember& member : table->members) {
    if (member.value.kind != Kind::kString) {
      return Fail(member.value.line, Cat("every value of '", key, "'", In(), " must be a string"));
    }
    out.emplace_back(member.key, member.value.text);
  }
}

void TableReader::Table(std::string_view key, const std::function<void(TableReader&)>& read) {
  const DocumentNode* node = FindKind(key, Kind::kTable, "a table");
  if (node == nullptr) return;
  TableReader reader(*node, Cat("[", key, "]"), origin_, status_);
  read(reader);
  reader.Finish();
}

void TableReader::Tables(std::string_view key, const std::function<void(TableReader&)>& read) {
  const DocumentNode* node = FindKind(key, Kind::kList, "a list of tables");
  if (node == nullptr) return;
  for (const DocumentNode& item : node->items) {
    if (!status_.ok()) return;
    TableReader reader(item, Cat("[[", key, "]]"), origin_, status_);
    read(reader);
    reader.Finish();
  }
}

void TableReader::Finish() {
  if (!status_.ok()) return;
  for (const DocumentMember& member : table_.members) {
    if (std::find(known_.begin(), known_.end(), member.key) != known_.end()) continue;
    const std::string nearest = NearestWord(member.key, known_);
    return Fail(member.line, Cat("unknown key '", Printable(member.key), "'", In(),
                                 nearest.empty() ? Cat("; the keys there are: ", Joined(known_))
                                                 : Cat("; did you mean '", nearest, "'?")));
  }
}

}  // namespace safe_trace
