#include "policy/explain.h"

#include <cerrno>
#include <iterator>
#include <optional>

#include "nlohmann/json.hpp"
#include "policy/lexical_path.h"
#include "policy/network_pattern.h"
#include "policy/text_parts.h"

namespace safe_trace {
namespace {

using Json = nlohmann::ordered_json;

constexpr Role kRoles[] = {Role::kManager, Role::kPackage, Role::kProject, Role::kProgram,
                           Role::kCommand};

struct Answer {
  Role role;
  const char* operation;
  Decision decision;
};

// Only the names that decisions use.
std::string ErrorName(int error) {
  switch (error) {
    case 0:
      return "";
    case ENOENT:
      return "ENOENT";
    case EACCES:
      return "EACCES";
    case ECONNREFUSED:
      return "ECONNREFUSED";
    default:
      return "errno " + std::to_string(error);
  }
}

bool IsPathText(std::string_view what) {
  return what.find('/') != std::string_view::npos || (!what.empty() && what[0] == '~') ||
         (!what.empty() && what[0] == '.');
}

bool IsVariableText(std::string_view what) {
  if (what.empty() || IsAsciiDigit(what[0])) return false;
  for (char c : what) {
    if (!IsAsciiUpper(c) && !IsAsciiDigit(c) && c != '_') return false;
  }
  return true;
}

Subject SubjectOf(const Policy& policy, Role role) {
  Subject subject = policy.InitialSubject();
  subject.role = role;
  return subject;
}

void ExplainPath(const Policy& policy, const std::string& path, std::vector<Answer>& answers) {
  for (Role role : kRoles) {
    const Subject subject = SubjectOf(policy, role);
    answers.push_back({role, "read", policy.EvaluateFile(subject, {path, Access::kRead})});
    answers.push_back({role, "write", policy.EvaluateFile(subject, {path, Access::kWrite})});
    answers.push_back({role, "execute", policy.EvaluateExecute(subject, path)});
  }
}

void ExplainVariable(const Policy& policy, const HostFacts& facts, std::string_view name,
                     std::vector<Answer>& answers) {
  const std::string value = facts.Variable(std::string(name));
  for (Role role : kRoles) {
    answers.push_back(
        {role, "see", policy.EvaluateVariable(SubjectOf(policy, role), {name, value})});
  }
}

void ExplainHost(const Policy& policy, const HostPort& host, std::vector<Answer>& answers) {
  IpAddress address;
  const bool is_address = ParseIpAddress(host.host, address);
  // A name's address is learned at run time; this stands for any public one.
  if (!is_address) ParseIpAddress("203.0.113.1", address);
  const std::vector<std::string> names = {host.host};
  for (Role role : kRoles) {
    const Subject subject = SubjectOf(policy, role);
    if (!is_address) {
      answers.push_back({role, "look up", policy.EvaluateName(subject, {host.host})});
    }
    NetworkRequest request;
    request.address = address;
    request.port = host.port == 0 ? 443 : host.port;
    if (!is_address) request.names = names;
    answers.push_back({role, "connect", policy.EvaluateNetwork(subject, request)});
  }
}

Json ToJson(std::string_view kind, std::string_view what, const Answer& answer) {
  return Json{{"kind", kind},
              {"resource", what},
              {"role", RoleName(answer.role)},
              {"operation", answer.operation},
              {"verdict", VerdictName(answer.decision.verdict)},
              {"error", ErrorName(answer.decision.error)},
              {"rule", answer.decision.rule->id},
              {"reason", answer.decision.rule->reason},
              {"violation", answer.decision.is_violation}};
}

std::string ToLine(const Answer& answer) {
  const Decision& decision = answer.decision;
  std::string verdict(VerdictName(decision.verdict));
  if (decision.error != 0) verdict += Cat(" (", ErrorName(decision.error), ")");
  std::string line = Cat("  ", RoleName(answer.role));
  line.resize(std::max<size_t>(line.size() + 1, 11), ' ');
  line += Cat(answer.operation);
  line.resize(std::max<size_t>(line.size() + 1, 20), ' ');
  line += Cat(verdict);
  line.resize(std::max<size_t>(line.size() + 1, 35), ' ');
  line += Cat(decision.rule->id, ": ", decision.rule->reason);
  if (decision.is_violation) line += Cat(" [counts as a violation]");
  return line + "\n";
}

std::string Dump(const Json& json) {
  // Names from the machine may hold bytes that are not UTF-8.
  return json.dump(2, ' ', false, Json::error_handler_t::replace) + "\n";
}

}  // namespace

std::string ExplainResource(const Policy& policy, const HostFacts& facts, std::string_view what,
                            bool as_json) {
  std::string kind;
  std::string resource(what);
  std::vector<Answer> answers;
  if (IsPathText(what)) {
    kind = "path";
    if (what[0] == '~' && (what.size() == 1 || what[1] == '/')) {
      resource = Cat(facts.home, what.substr(1));
    }
    resource = JoinPath(facts.working_directory, resource);
    ExplainPath(policy, resource, answers);
  } else if (IsVariableText(what)) {
    kind = "variable";
    ExplainVariable(policy, facts, what, answers);
  } else {
    kind = "host";
    absl::StatusOr<HostPort> host = ParseHostPort(what, "policy explain");
    if (!host.ok()) {
      const std::string message(host.status().message());
      return as_json ? Dump(Json::array({Json{{"error", message}}})) : message + "\n";
    }
    ExplainHost(policy, *host, answers);
  }
  if (as_json) {
    Json list = Json::array();
    for (const Answer& answer : answers) list.push_back(ToJson(kind, resource, answer));
    return Dump(list);
  }
  std::string text = Cat(kind, " ", resource, "\n");
  for (const Answer& answer : answers) text += ToLine(answer);
  return text;
}

std::string ShowPolicy(const Policy& policy, const HostFacts& facts, bool as_json) {
  const std::vector<PolicyItem> items = policy.Items();
  if (as_json) {
    Json list = Json::array();
    for (const PolicyItem& item : items) {
      list.push_back(Json{{"kind", item.kind},
                          {"resource", item.what},
                          {"effect", item.effect},
                          {"roles", item.roles},
                          {"rule", item.rule->id},
                          {"reason", item.rule->reason}});
    }
    return Dump(Json{{"digest", policy.Digest()},
                     {"subject", policy.InitialSubject().Describe()},
                     {"home", facts.home},
                     {"working_directory", facts.working_directory},
                     {"project", facts.Project()},
                     {"items", std::move(list)}});
  }
  std::string text =
      Cat("policy of ", policy.InitialSubject().Describe(), "\nhome ", facts.home,
          "\nworking directory ", facts.working_directory, "\nproject ", facts.Project(), "\ndigest ", policy.Digest(), "\n");
  std::string section;
  for (const PolicyItem& item : items) {
    if (item.kind != section) {
      section = item.kind;
      text += Cat("\n", section, "s\n");
    }
    text += Cat("  ", item.what, "  ", item.effect, " (", item.roles, ")  ", item.rule->id, ": ",
                item.rule->reason, "\n");
  }
  if (policy.allowed_hosts().empty()) text += Cat("\nhosts\n  none may be reached\n");
  return text;
}

}  // namespace safe_trace
