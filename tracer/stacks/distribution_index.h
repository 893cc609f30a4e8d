// Which installed Python distribution a file belongs to, by the installers' own records.
#ifndef SAFE_TRACE_TRACER_STACKS_DISTRIBUTION_INDEX_H_
#define SAFE_TRACE_TRACER_STACKS_DISTRIBUTION_INDEX_H_

#include <map>
#include <memory>
#include <optional>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

namespace safe_trace {

struct Distribution {
  std::string name;
  std::string version;
};

// Reads RECORD of each *.dist-info (and the lists of *.egg-info) in a directory the first time that
// a file in it is asked for. What is installed later is not seen. One thread's.
class DistributionIndex {
 public:
  static constexpr size_t kMaximumRoots = 64;
  static constexpr size_t kMaximumFiles = 500'000;            // of one directory
  static constexpr size_t kMaximumRecord = size_t{16} << 20;  // bytes; what is beyond is not read

  // Empty for a file in no site-packages or dist-packages directory, or in no distribution's
  // record. Compiled files (__pycache__) belong to their source's distribution.
  std::optional<Distribution> Find(const std::string& file);

  // The directory that ends in site-packages or dist-packages; "" where the path has none. The
  // innermost one counts.
  static std::string_view PackagesDirectory(std::string_view file);

 private:
  struct Root {
    std::vector<Distribution> distributions;
    std::unordered_map<std::string, size_t> files;  // relative to the root
  };
  const Root& RootOf(const std::string& directory);

  std::map<std::string, std::unique_ptr<Root>> roots_;
};

}  // namespace safe_trace

#endif  // SAFE_TRACE_TRACER_STACKS_DISTRIBUTION_INDEX_H_
