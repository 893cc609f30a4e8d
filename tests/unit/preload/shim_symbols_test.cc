// What the shim needs of others and what it shows to others, as the dynamic linker sees it.
#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <set>
#include <sstream>
#include <string>
#include <vector>

#include "tiny_supervisor.h"

namespace safe_trace {
namespace {

using Symbols = std::set<std::string>;

// Names from `nm -D`, without versions.
Symbols DynamicSymbols(const std::string& which) {
  RunOptions options;
  options.environment = {"LC_ALL=C"};
  options.preload = false;
  options.supervised = false;
  const RunResult result = RunProgram({SHIM_NM, "-D", "-P", which, SHIM_PATH}, options);
  EXPECT_EQ(result.wait_status, 0) << result.output;
  Symbols names;
  std::istringstream lines(result.output);
  for (std::string line; std::getline(lines, line);) {
    names.insert(line.substr(0, line.find_first_of(" @")));
  }
  return names;
}

Symbols ExportMap() {
  std::ifstream file(SHIM_EXPORTS_MAP);
  Symbols names;
  bool global = false;
  for (std::string word; file >> word;) {
    if (word == "global:") {
      global = true;
    } else if (word == "local:") {
      global = false;
    } else if (global) {
      names.insert(word.substr(0, word.find(';')));
    }
  }
  return names;
}

TEST(ShimSymbols, OnlyAllowedSymbolsAreUndefined) {
  // No allocator, no stdio, no libstdc++, no __tls_get_addr, no memory functions.
  const Symbols allowed = {"__environ",          "_environ",  "environ", "__errno_location",
                           "__h_errno_location", "getauxval", "dlsym"};
  const Symbols needed = DynamicSymbols("--undefined-only");
  EXPECT_THAT(needed, ::testing::Contains("dlsym"));
  for (const std::string& name : needed) EXPECT_TRUE(allowed.contains(name)) << name;
}

TEST(ShimSymbols, ExportedSymbolsAreThoseOfTheMap) {
  const Symbols map = ExportMap();
  EXPECT_THAT(map, ::testing::Contains("getenv"));
  EXPECT_EQ(DynamicSymbols("--defined-only"), map);
}

}  // namespace
}  // namespace safe_trace
