// Well-known packages whose install scripts download something: explains a refusal, grants nothing.
#ifndef SAFE_TRACE_POLICY_DOWNLOADER_TABLE_H_
#define SAFE_TRACE_POLICY_DOWNLOADER_TABLE_H_

#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"

namespace safe_trace {

struct Downloader {
  std::string ecosystem;           // of npm's packages "npm", also where yarn or pnpm installs them
  std::string package;
  std::string wants;               // one clause for a person
  std::vector<std::string> hosts;  // HOST:PORT
};

absl::StatusOr<std::vector<Downloader>> ParseDownloaders(std::string_view toml,
                                                         std::string_view origin);
// policy/tables/downloaders.toml
const std::vector<Downloader>& ShippedDownloaders();
// Null where nothing is known about the package. `ecosystem`: of the subject ("pnpm").
const Downloader* FindDownloader(std::string_view ecosystem, std::string_view package);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_DOWNLOADER_TABLE_H_
