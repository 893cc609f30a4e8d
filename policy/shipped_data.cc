#include "policy/shipped_data.h"

#include <cstdio>
#include <cstdlib>
#include <string>

namespace safe_trace {

void DieOfBrokenData(const absl::Status& status) {
  std::fprintf(stderr, "safe-trace: built-in data: %s\n", std::string(status.message()).c_str());
  std::abort();
}

}  // namespace safe_trace
