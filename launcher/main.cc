#include <cstdio>
#include <exception>
#include <string>
#include <vector>

#include "launcher/verbs.h"

int main(int argc, char** argv) {
  try {
    return safe_trace::RunArguments(
        std::vector<std::string>(argv + (argc > 0 ? 1 : 0), argv + argc));
  } catch (const std::exception& error) {
    // A library's exception that no boundary converted, or no memory left.
    std::fprintf(stderr, "safe-trace: %s\n", error.what());
    return safe_trace::kExitOwnFailure;
  }
}
