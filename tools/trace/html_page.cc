#include "tools/trace/html_page.h"

#include <array>
#include <cstdint>

#include "absl/strings/escaping.h"
#include "tools/trace/page_files.h"
#include "tracer/events/hash_chain.h"

namespace safe_trace {
namespace {

std::string_view PageFile(std::string_view name) {
  for (const EmbeddedFile& file : PageFiles()) {
    if (file.name == name) return file.text;
  }
  return "";
}

// 'sha256-...' of what stands between the tags, as a content security policy wants it.
std::string SourceHash(std::string_view text) {
  return "'sha256-" + absl::Base64Escape(absl::HexStringToBytes(Sha256Hex(text))) + "'";
}

// Replaces the first `mark`. What is put in is not looked at again by the next call, because the
// marks come in order and `at` moves behind it.
void Fill(std::string& page, size_t& at, std::string_view mark, std::string_view text) {
  const size_t found = page.find(mark, at);
  if (found == std::string::npos) return;
  page.replace(found, mark.size(), text);
  at = found + text.size();
}

}  // namespace

std::string AssemblePage(std::string_view data_block) {
  const std::string_view style = PageFile("report.css");
  const std::string_view script = PageFile("report.js");
  std::string page(PageFile("report.html"));
  page.reserve(page.size() + style.size() + script.size() + data_block.size() + 256);
  size_t at = 0;
  Fill(page, at, "@SCRIPT_HASH@", SourceHash(script));
  Fill(page, at, "@STYLE_HASH@", SourceHash(style));
  Fill(page, at, "@STYLE@", style);
  Fill(page, at, "@DATA@", data_block);
  Fill(page, at, "@SCRIPT@", script);
  return page;
}

}  // namespace safe_trace
