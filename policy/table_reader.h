// Reads a DocumentNode table by schema: every key asked for is known, every other key is an error
// that names its line and the nearest known one.
#ifndef SAFE_TRACE_POLICY_TABLE_READER_H_
#define SAFE_TRACE_POLICY_TABLE_READER_H_

#include <functional>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/status.h"
#include "policy/config.h"
#include "policy/document.h"

namespace safe_trace {

// Lives on the stack while one table is read. The first error is kept in `status`, which readers
// of nested tables share; once it is set, nothing more is read.
class TableReader {
 public:
  // `name` as in "[vault]"; "" for the whole file.
  TableReader(const DocumentNode& table, std::string name, std::string_view origin,
              absl::Status& status);

  void Read(std::string_view key, std::string& out);
  void Read(std::string_view key, std::optional<std::string>& out);
  void Read(std::string_view key, std::optional<bool>& out);
  void Read(std::string_view key, std::vector<std::string>& out);
  // Each with "ORIGIN:LINE" as its origin.
  void Read(std::string_view key, std::vector<Entry>& out);
  // A whole number from `least` to `most`.
  void Read(std::string_view key, uint64_t least, uint64_t most, std::optional<uint64_t>& out);
  void ReadNumber(std::string_view key, double above, double most, std::optional<double>& out);
  // A table of strings.
  void Read(std::string_view key, std::vector<std::pair<std::string, std::string>>& out);
  // A nested table; nothing where absent.
  void Table(std::string_view key, const std::function<void(TableReader&)>& read);
  // [[key]]: a list of tables.
  void Tables(std::string_view key, const std::function<void(TableReader&)>& read);
  // A value that the caller reads itself; nullptr where absent.
  const DocumentNode* Find(std::string_view key);

  // Refuses the keys that nobody asked for. Call last.
  void Finish();

  void Fail(int line, std::string_view message);
  bool ok() const { return status_.ok(); }
  int line() const { return table_.line; }

 private:
  void ReadStrings(std::string_view key, const std::function<void(const DocumentNode&)>& take);
  const DocumentNode* FindKind(std::string_view key, DocumentNode::Kind kind,
                               std::string_view expected);
  void FailType(const DocumentNode& node, std::string_view key, std::string_view expected);
  std::string In() const;

  const DocumentNode& table_;
  std::string name_;
  std::string_view origin_;
  absl::Status& status_;
  std::vector<std::string> known_;
};

// Reads a whole file by schema: every key that `read` does not ask for is an error.
absl::Status ReadTables(std::string_view text, ConfigFormat format, std::string_view origin,
                        const std::function<void(TableReader&)>& read);

// The candidate with the fewest edits to `word`, where these are at most two or a third of its
// letters; "" where none is that near.
std::string NearestWord(std::string_view word, const std::vector<std::string>& candidates);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_TABLE_READER_H_
