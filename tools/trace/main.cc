#include <stdlib.h>
#include <unistd.h>

#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "tools/trace/display_text.h"
#include "tools/trace/pager.h"
#include "tools/trace/trace_tool.h"

int main(int argc, char** argv) {
  std::map<std::string, std::string> environment;
  for (const char* name : {"HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "COLUMNS", "NO_COLOR",
                           "TERM", "PAGER", "PATH"}) {
    if (const char* value = getenv(name)) environment[name] = value;
  }
  const safe_trace::Terminal terminal = safe_trace::DetectTerminal(STDOUT_FILENO, environment);
  const std::vector<std::string> arguments(argv + 1, argv + argc);
  const auto run = [&] {
    return safe_trace::RunTraceTool(arguments, environment, terminal, std::cout, std::cerr);
  };
  if (terminal.rows > 0 && safe_trace::IsPaged(arguments)) {
    const std::string pager = safe_trace::PagerCommand(environment);
    if (!pager.empty()) return safe_trace::RunPaged(pager, terminal, run);
  }
  const int status = run();
  std::cout.flush();
  if (std::cout.good()) return status;
  std::cerr << "safe-trace trace: writing to standard output failed\n";
  return status == 0 ? 2 : status;
}
