#include "tools/trace/html_place.h"

#include <array>

#include "policy/lexical_path.h"

namespace safe_trace {
namespace {

struct Place {
  std::string_view prefix;
  std::string_view name;
};
constexpr std::array kRulePlaces = {Place{"credential.", "credentials"},
                                    Place{"persistence.", "start-up files"},
                                    Place{"state.", "safe-trace's own state"}};
constexpr std::array kTrees = {Place{"/tmp", "temporary"},      Place{"/var/tmp", "temporary"},
                               Place{"/dev/shm", "temporary"},  Place{"/proc", "kernel"},
                               Place{"/sys", "kernel"},         Place{"/dev", "devices"},
                               Place{"/run", "run-time state"}, Place{"/etc", "system settings"},
                               Place{"/usr", "system"},         Place{"/lib", "system"},
                               Place{"/lib64", "system"},       Place{"/bin", "system"},
                               Place{"/sbin", "system"},        Place{"/opt", "system"},
                               Place{"/var", "system state"}};

bool BeginsWith(std::string_view text, std::string_view prefix) {
  return text.substr(0, prefix.size()) == prefix;
}

// The path from its home on, with the slash; "" where it is not in a home.
std::string_view PathInHome(std::string_view path) {
  constexpr std::string_view kRoot = "/root";
  constexpr std::string_view kHomes = "/home/";
  if (IsWithin(path, kRoot)) return path.size() == kRoot.size() ? "/" : path.substr(kRoot.size());
  if (!BeginsWith(path, kHomes)) return "";
  const size_t end = path.find('/', kHomes.size());
  return end == std::string_view::npos ? "/" : path.substr(end);
}

}  // namespace

std::string_view PlaceOf(std::string_view path, std::string_view rule,
                         std::string_view working_directory) {
  for (const Place& place : kRulePlaces) {
    if (BeginsWith(rule, place.prefix)) return place.name;
  }
  for (const std::string_view part : {"/node_modules/", "/site-packages/", "/dist-packages/"}) {
    if (path.find(part) != std::string_view::npos) return "installed packages";
  }
  const std::string_view in_home = PathInHome(path);
  // Where the run began in "/" or in a home, not everything below is the project.
  const bool is_own_directory =
      working_directory.size() > 1 && PathInHome(working_directory) != "/";
  if (is_own_directory && IsWithin(path, working_directory)) return "project";
  for (const Place& tree : kTrees) {
    if (IsWithin(path, tree.prefix)) return tree.name;
  }
  if (in_home == "/.cache" || BeginsWith(in_home, "/.cache/")) return "caches in the home";
  if (BeginsWith(in_home, "/.")) return "hidden files of the home";
  return in_home.empty() ? "elsewhere" : "home";
}

}  // namespace safe_trace
