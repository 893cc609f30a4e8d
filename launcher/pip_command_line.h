// What a pip command line says about where pip fetches from and installs to.
#ifndef SAFE_TRACE_LAUNCHER_PIP_COMMAND_LINE_H_
#define SAFE_TRACE_LAUNCHER_PIP_COMMAND_LINE_H_

#include <string>
#include <vector>

namespace safe_trace {

struct PipCommandLine {
  std::string command;    // "install"; "" where none is given
  std::string python;     // --python
  std::string index_url;  // the last -i
  std::string proxy;      // the last --proxy
  std::vector<std::string> extra_index_urls;
  std::vector<std::string> find_links;
  std::vector<std::string> requirement_files;
  std::vector<std::string> constraint_files;
  std::vector<std::string> requirements;  // positional and --editable
  bool no_index = false;
  bool isolated = false;
  bool user = false;
};

// `arguments`: the whole argv, "pip install x" or "python -m pip install x".
PipCommandLine ParsePipCommandLine(const std::vector<std::string>& arguments);

// Options and requirements as in one line of a requirements file, already split into words.
PipCommandLine ParsePipOptions(const std::vector<std::string>& words);

}  // namespace safe_trace

#endif  // SAFE_TRACE_LAUNCHER_PIP_COMMAND_LINE_H_
