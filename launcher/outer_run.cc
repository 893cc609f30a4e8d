#include "launcher/outer_run.h"

#include <string_view>

#include "launcher/concat.h"
#include "launcher/host_paths.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

constexpr size_t kMostStatus = 8192;

std::string_view Field(std::string_view status, std::string_view name) {
  for (std::string_view line : Split(status, '\n')) {
    if (line.starts_with(name)) return Strip(line.substr(name.size()));
  }
  return {};
}

}  // namespace

bool IsInsideRun(const std::string& proc) {
  const std::string status = ReadFileHead(proc + "/self/status", kMostStatus);
  const std::string tracer(Field(status, "TracerPid:"));
  if (tracer.empty() || tracer == "0" || Field(status, "Seccomp:") != "2") return false;
  return Strip(ReadFileHead(Concat(proc, "/", tracer, "/comm"), kMostStatus)) == "safe-trace";
}

}  // namespace safe_trace
