#ifndef SAFE_TRACE_TOOLS_TRACE_COMMAND_LINE_H_
#define SAFE_TRACE_TOOLS_TRACE_COMMAND_LINE_H_

#include <cstdint>
#include <optional>
#include <string>
#include <vector>

#include "tools/trace/learn_verb.h"
#include "tools/trace/prune.h"
#include "tools/trace/query.h"
#include "tracer/events/signing_key.h"

namespace safe_trace {

enum class TraceVerb : uint8_t {
  kList,
  kShow,
  kVerify,
  kQuery,
  kDiff,
  kReport,
  kExport,
  kPrune,
  kLearn,
  kKeyGen,
  kFollow
};

struct TraceCommand {
  TraceVerb verb = TraceVerb::kList;
  bool json = false;
  bool all = false;
  bool follow = false;
  std::vector<std::string> targets;
  QueryRequest query;
  PruneRequest prune;
  LearnRequest learn;
  std::string key;                            // of verify, as it was given; "" for none
  std::optional<VerifyingKey> verifying_key;  // read from that, before anything is confined
  std::string page_path;                      // of a report; "-": standard output
  std::string format;                         // of an export
  std::string export_path = "-";
};

struct ParsedCommandLine {
  std::optional<TraceCommand> command;
  // Where there is no command: what to say, and the exit status (0: help, on standard output).
  std::string message;
  int exit_status = 0;
};

// `arguments` without the program's name.
ParsedCommandLine ParseCommandLine(std::vector<std::string> arguments);

// True for a verb whose output a person reads from the beginning.
bool IsPaged(const std::vector<std::string>& arguments);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_COMMAND_LINE_H_
