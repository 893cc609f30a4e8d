#include "launcher/asking.h"

#include <optional>
#include <utility>

#include "launcher/concat.h"
#include "launcher/config_files.h"
#include "launcher/host_paths.h"
#include "launcher/terminal_text.h"
#include "launcher/user_configuration.h"
#include "tracer/asking/ask_desk.h"

namespace safe_trace {
namespace {

constexpr size_t kLongestPart = 300;  // columns

// "--allow-host HOST" and "--grant NAME=HOST" are what the lists of the configuration hold.
template <typename Function>
auto InUserConfiguration(const Question& question, Function function)
    -> decltype(function("", uid_t{}, NetworkList{}, "")) {
  absl::StatusOr<ConfigLocations> locations = FindConfigLocations();
  if (!locations.ok()) return locations.status();
  const NetworkList list =
      question.allowance.package.empty() ? NetworkList::kAllowedHosts : NetworkList::kGrants;
  return function(locations->user_directory, locations->user, list,
                  question.flag.substr(question.flag.find(' ') + 1));
}

std::string Remember(const Question& question) {
  absl::StatusOr<std::string> path = InUserConfiguration(question, AddToUserConfiguration);
  if (path.ok()) {
    return Concat("safe-trace: written to ", EscapeForTerminal(*path), "\n");
  }
  return Concat("safe-trace: allowed for this run, but not written down: ",
                EscapeForTerminal(std::string(path.status().message())), "\n");
}

// A program's name is its maker's choice: short, and without room to hide the rest of the line.
std::string OneLine(const std::string& name) {
  constexpr size_t kLongestName = 30;  // columns
  std::string text;
  for (const char c : EscapeAndShorten(name, kLongestName)) text += c == ' ' || c == '\'' ? '_' : c;
  return text;
}

std::string Confirmation(const Question& question, UserAnswer answer) {
  const std::string flag = EscapeAndShorten(question.flag, kLongestPart);
  switch (answer) {
    case UserAnswer::kOnce:
      return Concat("safe-trace: allowed this time: ", flag, "\n");
    case UserAnswer::kRun:
    case UserAnswer::kAlways:
      return Concat("safe-trace: allowed for this run: ", flag, "\n");
    case UserAnswer::kNever:
      return Concat("safe-trace: refused for this run: ", flag, "\n");
  }
  return "";
}

// In a directory that no role can open. Without one, runs that ask on this terminal at the same
// time are not kept apart.
TerminalTurn TurnOn(const AskTerminal& terminal) {
  absl::StatusOr<ConfigLocations> locations = FindConfigLocations();
  const std::optional<dev_t> device = terminal.Device();
  if (!locations.ok() || locations->state_directory.empty() || !device.has_value()) return {};
  const std::string directory = locations->state_directory + "/asking";
  if (!MakeDirectory(directory).ok()) return {};
  return {directory, *device};
}

}  // namespace

std::string PromptText(std::string_view subject, std::string_view doing, std::string_view flag,
                       std::chrono::seconds patience, const absl::Status& may_remember) {
  const std::string note =
      may_remember.ok()
          ? ""
          : Concat("\n            always cannot be written down: ",
                   EscapeAndShorten(std::string(may_remember.message()), kLongestPart));
  return Concat("\nsafe-trace: ", EscapeAndShorten(subject, kLongestPart), " wants to ",
                EscapeAndShorten(doing, kLongestPart), "\n            a yes means ",
                EscapeAndShorten(flag, kLongestPart), note, "\n            1 once, 2 this run, ",
                "3 always, 4 never? (no answer in ", std::to_string(patience.count()),
                " s is a no) ");
}

std::unique_ptr<AskDesk> OpenAskDesk(const LaunchOptions& options, Allowances& allowances) {
  std::optional<AskTerminal> terminal = AskTerminal::Open();
  if (!terminal.has_value()) return nullptr;
  const std::chrono::seconds patience(options.ask_timeout_seconds);
  AskDesk::Options desk;
  desk.patience = patience;
  desk.turn = TurnOn(*terminal);
  desk.remember = Remember;
  desk.confirm = Confirmation;
  desk.prompt = [patience](const Question& question) {
    const std::string program = BaseNameOf(question.process->executable);
    return PromptText(program.empty()
                          ? question.subject
                          : Concat(question.subject, ", program '", OneLine(program), "',"),
                      question.doing, question.flag, patience,
                      InUserConfiguration(question, MayAddToUserConfiguration));
  };
  return std::make_unique<AskDesk>(*std::move(terminal), allowances, std::move(desk));
}

}  // namespace safe_trace
