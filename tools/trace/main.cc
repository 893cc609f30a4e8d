#include <stdlib.h>
#include <unistd.h>

#include <iostream>
#include <map>
#include <string>
#include <vector>

#include "tools/trace/display_text.h"
#include "tools/trace/trace_tool.h"

int main(int argc, char** argv) {
  std::map<std::string, std::string> environment;
  for (const char* name :
       {"HOME", "XDG_STATE_HOME", "XDG_CONFIG_HOME", "COLUMNS", "NO_COLOR", "TERM"}) {
    if (const char* value = getenv(name)) environment[name] = value;
  }
  const safe_trace::Terminal terminal = safe_trace::DetectTerminal(STDOUT_FILENO, environment);
  const int status = safe_trace::RunTraceTool(std::vector<std::string>(argv + 1, argv + argc),
                                              environment, terminal, std::cout, std::cerr);
  std::cout.flush();
  if (std::cout.good()) return status;
  std::cerr << "safe-trace trace: writing to standard output failed\n";
  return status == 0 ? 2 : status;
}
