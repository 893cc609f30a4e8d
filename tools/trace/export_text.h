// Values of a trace as the export formats take them.
#ifndef SAFE_TRACE_TOOLS_TRACE_EXPORT_TEXT_H_
#define SAFE_TRACE_TOOLS_TRACE_EXPORT_TEXT_H_

#include <cstdint>
#include <nlohmann/json.hpp>
#include <optional>
#include <string>
#include <string_view>
#include <vector>

#include "tracer/events/trace_record.h"

namespace safe_trace {

// Keys in the order in which they were set.
using ExportJson = nlohmann::ordered_json;

// `text` itself where it is UTF-8 without control characters (newline, carriage return and tab
// apart), else made safe (display_text.h). Only such text may go into an ExportJson.
std::string ExportText(std::string_view text);
std::vector<std::string> ExportTexts(const std::vector<std::string>& texts);
// One line, without a newline at its end.
std::string OneLine(const ExportJson& json);

// Sets `key` to the text of `record`'s `field` where there is one.
void SetText(ExportJson& json, const char* key, const TraceRecord& record, std::string_view field);
void SetNumber(ExportJson& json, const char* key, const TraceRecord& record,
               std::string_view field);
// A field as JSON, whatever it holds.
ExportJson FieldJson(const FieldValue& value);

// "file:///home/u/%FF": every byte that a URI's path cannot hold as it is, percent-encoded. "" for
// a path that is not absolute.
std::string FileUri(std::string_view path);
// `path` relative to `directory`, percent-encoded; nothing where it does not lie beneath, or holds
// "." or ".." and so might not.
std::optional<std::string> RelativeUri(std::string_view directory, std::string_view path);

// Of its @timestamp; nothing where it has no valid one.
std::optional<int64_t> NanosecondsOf(const TraceRecord& record);
// "pip:evil@1.0", "" where no package is known.
std::string PackageText(const TraceRecord& record);
// A clause for a person, safe: "package evil@1.0 (pip): open /x: hidden (rule: reason)".
std::string SentenceText(const TraceRecord& record);
// A violation, or a file that was left to take part in later starts.
bool IsFinding(const TraceRecord& record);
// The rule that decided; of what no rule decided, the action.
std::string FindingRule(const TraceRecord& record);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_EXPORT_TEXT_H_
