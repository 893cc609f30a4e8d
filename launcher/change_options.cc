#include "launcher/change_options.h"

#include <string>
#include <string_view>

#include "launcher/concat.h"
#include "policy/text_parts.h"

namespace safe_trace {

ChangeReportOptions ChangeOptionsFor(const HostFacts& facts, bool each_file) {
  ChangeReportOptions options;
  options.each_file = each_file;
  const std::string search_path = facts.Variable("PATH");
  for (const std::string_view directory : SplitSkipEmpty(search_path, ':')) {
    options.search_path.emplace_back(directory);
  }
  options.shared_directories = facts.temporary_directories;
  options.shared_directories.push_back(facts.working_directory);
  if (!facts.home.empty()) {
    for (const char* below : {"", "/.cache", "/.config", "/.local/share", "/.local/state"}) {
      options.shared_directories.push_back(Concat(facts.home, below));
    }
  }
  return options;
}

}  // namespace safe_trace
