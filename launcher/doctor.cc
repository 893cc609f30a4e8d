#include "launcher/doctor.h"

#include <unistd.h>

#include <algorithm>
#include <cstdio>
#include <nlohmann/json.hpp>

#include "absl/strings/str_format.h"
#include "absl/strings/str_join.h"
#include "absl/strings/str_split.h"
#include "launcher/concat.h"
#include "launcher/terminal_text.h"

namespace safe_trace {
namespace {

constexpr int kLandlockForNetwork = 4;  // TCP bind and connect
constexpr int kLandlockForScopes = 6;   // signals and abstract sockets

void AddSeccomp(const KernelFeatures& f, std::vector<Mechanism>& all) {
  all.push_back({"seccomp filter", f.seccomp_filter, Importance::kNeeded, "",
                 "refuses dangerous system calls outright", "no run is possible"});
  all.push_back({"seccomp listener", f.user_notification && f.new_listener, Importance::kNeeded, "",
                 "asks safe-trace about every open, exec and connect",
                 f.user_notification
                     ? "no run is possible; does another supervisor hold the listener?"
                     : "no run is possible (Linux 5.0 has it)"});
  all.push_back({"killable wait", f.wait_killable, Importance::kNeeded, "",
                 "a signal cannot cut a decision in half",
                 "no run is possible: decisions would be taken twice or lost (Linux 5.19 has it)"});
  all.push_back({"descriptor handover", f.addfd && f.addfd_send, Importance::kNeeded, "",
                 "what was checked is what is opened: no race",
                 "files cannot be opened on a package's behalf (Linux 5.14 has it)"});
  all.push_back({"synchronous wake-up", f.sync_wake_up, Importance::kSpeed, "",
                 "a decision takes 8 us instead of 51 us",
                 "file-heavy installs are noticeably slower (Linux 6.6 has it)"});
}

void AddLandlock(const KernelFeatures& f, std::vector<Mechanism>& all) {
  const std::string found = f.landlock_abi > 0 ? Concat("ABI ", f.landlock_abi) : "";
  all.push_back({"Landlock files", f.landlock_abi > 0, Importance::kStrength, found,
                 "the kernel itself refuses files, whatever safe-trace decides",
                 "no second line of defence for files (Linux 5.13; lsm=landlock)"});
  all.push_back({"Landlock TCP", f.landlock_abi >= kLandlockForNetwork, Importance::kStrength,
                 found, "the kernel itself refuses TCP",
                 "only the supervisor stands before the network (Linux 6.7)"});
  all.push_back({"Landlock scopes", f.landlock_abi >= kLandlockForScopes, Importance::kStrength,
                 found, "no signals or abstract sockets to outside",
                 "package code can signal the user's other processes (Linux 6.12)"});
}

void AddTracing(const KernelFeatures& f, std::vector<Mechanism>& all) {
  const std::string scope =
      f.yama_ptrace_scope >= 0 ? Concat("Yama scope ", f.yama_ptrace_scope) : "";
  all.push_back({"ptrace", f.ptrace_seize, Importance::kNeeded, scope,
                 "knows every process, judges every program that starts",
                 f.yama_ptrace_scope >= 3 ? "no run is possible: Yama ptrace_scope is 3"
                                          : "no run is possible; is a debugger attached?"});
  all.push_back({"process memory", f.process_vm_readv, Importance::kNeeded, "",
                 "reads the path that a call is about", "no run is possible"});
  all.push_back({"pidfd", f.pidfd_open, Importance::kNeeded, "",
                 "names a process without mistaking it for another",
                 "no run is possible (Linux 5.3 has it)"});
  all.push_back({"socket takeover", f.pidfd_getfd, Importance::kStrength, "",
                 "connects to the very address that was checked",
                 "the network stays closed (often refused in containers; --cap-add=SYS_PTRACE)"});
}

void AddRest(const KernelFeatures& f, std::vector<Mechanism>& all) {
  all.push_back({"close_range", f.close_range, Importance::kNeeded, "",
                 "nothing inherited stays open for the command",
                 "no run is possible (Linux 5.9 has it)"});
  all.push_back({"openat2", f.openat2, Importance::kNeeded, "",
                 "looks a path up once, without following links of its own process",
                 "no run is possible (Linux 5.6 has it)"});
  all.push_back({"user namespaces", f.user_namespaces, Importance::kExtra, "",
                 "not used; for information", "nothing"});
  all.push_back(
      {"cgroup v2", f.cgroup_v2, Importance::kExtra, "", "not used; for information", "nothing"});
}

std::string_view ImportanceName(Importance importance) {
  switch (importance) {
    case Importance::kNeeded:
      return "needed";
    case Importance::kStrength:
      return "strength";
    case Importance::kSpeed:
      return "speed";
    case Importance::kExtra:
      return "extra";
  }
  return "extra";
}

std::string Surroundings(const KernelFeatures& f) {
  std::vector<std::string> notes;
  if (f.seccomp_mode == 2) {
    notes.push_back("This process already runs under a seccomp filter (a container?).");
  }
  if (f.tracer_pid != 0) {
    notes.push_back(Concat("This process is traced by process ", f.tracer_pid, "."));
  }
  if (f.machine != "x86_64") {
    notes.push_back(Concat("This version supervises x86_64 only, not ", f.machine, "."));
  }
  return notes.empty() ? "" : Concat("\n", absl::StrJoin(notes, "\n"), "\n");
}

std::string Verdict(const std::vector<Mechanism>& mechanisms, bool colour) {
  if (IsFullStrength(mechanisms)) {
    return Coloured("Supervision has its full strength here.", Colour::kGreen, colour);
  }
  const bool can_run = std::all_of(mechanisms.begin(), mechanisms.end(), [](const Mechanism& m) {
    return m.present || m.importance != Importance::kNeeded;
  });
  if (can_run) {
    return Coloured("Supervision works here, but weaker: see what is missing above.",
                    Colour::kYellow, colour);
  }
  return Coloured("safe-trace cannot supervise here: see what is missing above.", Colour::kRed,
                  colour);
}

// Breaks at blanks so that lines end before column 80; later lines begin at `indent`.
std::string Wrapped(const std::string& text, size_t indent) {
  std::string wrapped;
  size_t column = indent;
  for (const std::string& word : std::vector<std::string>(absl::StrSplit(text, ' '))) {
    if (column > indent && column + 1 + word.size() > 80) {
      wrapped += "\n" + std::string(indent, ' ');
      column = indent;
    } else if (column > indent) {
      wrapped += ' ';
      ++column;
    }
    wrapped += word;
    column += word.size();
  }
  return wrapped;
}

std::string Line(const Mechanism& m, bool colour) {
  constexpr size_t kTextColumn = 31;
  const bool harmless = m.importance == Importance::kExtra;
  const std::string_view state = m.present ? "present" : harmless ? "absent " : "MISSING";
  const Colour tint = m.present ? Colour::kGreen : harmless ? Colour::kNone : Colour::kRed;
  std::string text = m.present || harmless ? m.gives : Concat("lost: ", m.without);
  if (!m.found.empty()) text += Concat(" (", m.found, ")");
  return absl::StrFormat("  %-20s %s %s\n", m.name, Coloured(state, tint, colour),
                         Wrapped(text, kTextColumn));
}

}  // namespace

std::vector<Mechanism> DescribeMechanisms(const KernelFeatures& features) {
  std::vector<Mechanism> all;
  AddSeccomp(features, all);
  AddTracing(features, all);
  AddLandlock(features, all);
  AddRest(features, all);
  return all;
}

bool IsFullStrength(const std::vector<Mechanism>& mechanisms) {
  return std::all_of(mechanisms.begin(), mechanisms.end(), [](const Mechanism& m) {
    return m.present || m.importance == Importance::kSpeed || m.importance == Importance::kExtra;
  });
}

std::string DoctorText(const KernelFeatures& features, bool colour) {
  const std::vector<Mechanism> mechanisms = DescribeMechanisms(features);
  std::string text =
      Concat("Linux ", EscapeForTerminal(features.release), ", ", features.machine, "\n\n");
  for (const Mechanism& mechanism : mechanisms) text += Line(mechanism, colour);
  return Concat(text, Surroundings(features), "\n", Verdict(mechanisms, colour), "\n");
}

std::string DoctorJson(const KernelFeatures& features) {
  using Json = nlohmann::ordered_json;
  const std::vector<Mechanism> mechanisms = DescribeMechanisms(features);
  Json list = Json::array();
  for (const Mechanism& m : mechanisms) {
    list.push_back({{"name", m.name},
                    {"present", m.present},
                    {"importance", ImportanceName(m.importance)},
                    {"found", m.found},
                    {"gives", m.gives},
                    {"without", m.without}});
  }
  const Json json = {{"kernel", EscapeInvalidUtf8(features.release)},
                     {"machine", EscapeInvalidUtf8(features.machine)},
                     {"landlock_abi", features.landlock_abi},
                     {"seccomp_mode", features.seccomp_mode},
                     {"tracer_pid", features.tracer_pid},
                     {"full_strength", IsFullStrength(mechanisms)},
                     {"mechanisms", list}};
  return json.dump(2, ' ', /*ensure_ascii=*/true, Json::error_handler_t::replace);
}

int Doctor(bool json) {
  const KernelFeatures features = ProbeKernel();
  const std::string text =
      json ? DoctorJson(features) + "\n" : DoctorText(features, WantsColour(STDOUT_FILENO));
  std::fputs(text.c_str(), stdout);
  if (std::fflush(stdout) != 0) return 1;
  return IsFullStrength(DescribeMechanisms(features)) ? 0 : 1;
}

}  // namespace safe_trace
