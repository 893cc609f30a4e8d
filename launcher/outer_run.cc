#include "launcher/outer_run.h"

#include <fcntl.h>
#include <unistd.h>

#include <string_view>

#include "launcher/concat.h"
#include "policy/text_parts.h"
#include "tracer/unique_fd.h"

namespace safe_trace {
namespace {

// Files of /proc have no size to ask for.
std::string ReadProc(const std::string& path) {
  UniqueFd fd(open(path.c_str(), O_RDONLY | O_CLOEXEC));
  std::string text(8192, '\0');
  const ssize_t count = fd.valid() ? read(fd.get(), text.data(), text.size()) : 0;
  text.resize(count > 0 ? static_cast<size_t>(count) : 0);
  return text;
}

std::string_view Field(std::string_view status, std::string_view name) {
  for (std::string_view line : Split(status, '\n')) {
    if (line.starts_with(name)) return Strip(line.substr(name.size()));
  }
  return {};
}

}  // namespace

bool IsInsideRun(const std::string& proc) {
  const std::string status = ReadProc(proc + "/self/status");
  const std::string tracer(Field(status, "TracerPid:"));
  if (tracer.empty() || tracer == "0" || Field(status, "Seccomp:") != "2") return false;
  return Strip(ReadProc(Concat(proc, "/", tracer, "/comm"))) == "safe-trace";
}

}  // namespace safe_trace
