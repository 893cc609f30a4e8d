// What a run did, said so that another run can be compared with it.
#ifndef SAFE_TRACE_TOOLS_TRACE_BEHAVIOUR_H_
#define SAFE_TRACE_TOOLS_TRACE_BEHAVIOUR_H_

#include <compare>
#include <cstdint>
#include <map>
#include <set>
#include <string>
#include <string_view>
#include <vector>

#include "absl/status/statusor.h"
#include "policy/path_class.h"
#include "tracer/events/trace_log_reader.h"
#include "tracer/events/trace_record.h"
#include "tracer/events/trace_verifier.h"

namespace safe_trace {

enum class BehaviourKind : uint8_t {
  kHost,
  kListener,
  kProgram,
  kCredential,
  kRead,
  kWrite,
  kVariable,
  kStartupFile,
  kViolation,
};
// "hosts" for a reader, "host" for a program.
std::string_view KindTitle(BehaviourKind kind);
std::string_view KindName(BehaviourKind kind);

// Whose behaviour it is: a version is not part of it. Raw bytes.
struct Actor {
  std::string role;
  std::string ecosystem;
  std::string package;
  auto operator<=>(const Actor&) const = default;
};

struct Behaviour {
  Actor subject;
  BehaviourKind kind = BehaviourKind::kHost;
  std::string what;  // comparable between runs; raw bytes
  auto operator<=>(const Behaviour&) const = default;
};

struct Seen {
  std::string example;  // how the first looked; raw bytes, "" where `what` says it all
  std::string first;    // @timestamp of the first
  uint64_t count = 0;
  // Of a violation what was tried, and how often: one rule refuses many things. Safe text; what is
  // beyond the bound of the table counts in `count` alone.
  std::map<std::string, uint64_t> tried;
  bool was_allowed = false;  // at least once
  bool was_refused = false;
};

class BehaviourTable {
 public:
  static constexpr size_t kMaxBehaviours = 50'000;
  static constexpr size_t kMaxVersions = 8;  // remembered of one subject
  static constexpr size_t kMaxTextBytes = 1'024;
  static constexpr size_t kMaxTried = 10'000;  // of all violations together

  // The first record is the header, which says where the project is.
  void Add(const TraceRecord& record);

  const std::map<Behaviour, Seen>& behaviours() const { return behaviours_; }
  std::set<std::string> VersionsOf(const Actor& subject) const;
  // Programs that ran, by subject and comparable path, with their SHA-256; "" where two runs of it
  // had different ones.
  const std::map<std::pair<Actor, std::string>, std::string>& program_hashes() const {
    return program_hashes_;
  }
  // Every open has an event (--log-level full).
  bool has_every_open() const { return has_every_open_; }
  // Events whose behaviour is not in the table, which was full.
  uint64_t not_kept() const { return not_kept_; }

 private:
  void AddHeader(const TraceRecord& record);
  void AddProgram(const TraceRecord& record);
  void AddNetwork(const TraceRecord& record);
  void AddFile(const TraceRecord& record);
  void AddVariables(const TraceRecord& record);
  void Note(const TraceRecord& record, BehaviourKind kind, std::string what, std::string example);
  void NoteViolation(const TraceRecord& record);

  PathPlaces places_;
  bool has_every_open_ = false;
  std::map<std::pair<Actor, std::string>, std::string> program_hashes_;
  // Process and program of images that were killed before their first instruction; their event of
  // having been started follows.
  std::set<std::pair<std::string, std::string>> killed_images_;
  std::map<Behaviour, Seen> behaviours_;
  std::map<Actor, std::set<std::string>> versions_;
  size_t tried_ = 0;  // texts in all Seen::tried
  uint64_t not_kept_ = 0;
};

struct RunBehaviour {
  std::string path;
  std::vector<std::string> command;  // raw bytes
  TraceCheck check;
  bool is_being_written = false;
  uint64_t unreadable_lines = 0;
  uint64_t dropped_events = 0;
  BehaviourTable table;

  // Why the trace does not show everything that the run did; "" where it does. Safe text.
  std::string Gap() const;
};

// InvalidArgument where the file is no trace.
absl::StatusOr<RunBehaviour> LoadBehaviour(const std::string& path);

}  // namespace safe_trace

#endif  // SAFE_TRACE_TOOLS_TRACE_BEHAVIOUR_H_
