// What the hook in a node process tells of the calls that failed. Context only.
#ifndef SAFE_TRACE_TRACER_STACKS_NODE_FRAMES_H_
#define SAFE_TRACE_TRACER_STACKS_NODE_FRAMES_H_

#include <string>
#include <string_view>

#include "tracer/stacks/frame_lists.h"

namespace safe_trace {

struct NodeFrames {
  std::string about;  // the path or address of the call
  FrameLists frames;
};

// Reads "ABOUT\nFUNCTION\tFILE:LINE\n...", at most 32 frames.
NodeFrames ParseNodeFrames(std::string_view text);

// "name" or "@scope/name" of the innermost node_modules directory; "" where there is none.
std::string NodePackageOf(std::string_view file);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_STACKS_NODE_FRAMES_H_
