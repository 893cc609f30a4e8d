// What a guarded program may, and what is taken away from a package while it is imported.
#include <algorithm>

#include "policy/lexical_path.h"
#include "policy/path_template.h"
#include "policy/policy_impl.h"

namespace safe_trace {

bool Policy::Impl::IsOpen(const Subject& subject) const {
  return subject.role == Role::kProgram && !subject.importing && !offline;
}

bool Policy::Impl::IsUserHost(const NetworkRequest& request, const IpAddress& address) const {
  return std::any_of(user_hosts.begin(), user_hosts.end(),
                     [&](const HostPort& host) { return Reaches(host, request, address); });
}

void AddImportPlaces(Policy::Impl& impl, const Config& config) {
  const Rule* rule = impl.common.guard_import_program;
  for (const Entry& name : config.guard_import_programs) {
    impl.import_programs.Add({name.value, rule, false, {}});
  }
  for (const std::string& name : impl.profile.import_programs) {
    impl.import_programs.Add({name, rule, false, {}});
  }
  const TemplateFacts templates = TemplatesOfHost(impl.facts);
  for (const std::string& text : impl.profile.import_writes) {
    for (std::string& path : ExpandTemplate(text, templates)) {
      impl.import_writes.push_back(std::move(path));
    }
  }
}

namespace {

Decision RefuseProgram(const Rule* rule) {
  Decision decision = Deny(rule, true);
  decision.never_allowed = true;  // by an option; configuration has [guard] import_programs
  return decision;
}

}  // namespace

Decision Policy::Impl::AtImport(const Subject& subject, const Places& places,
                                const FileRequest& request, const Decision& decision) const {
  if (!subject.importing) return decision;
  if (Any(request.access & Access::kExecute)) {
    const bool is_harmless =
        IsSystemPath(request.path) && import_programs.Find(BaseName(request.path)) != nullptr;
    return is_harmless ? decision : RefuseProgram(common.guard_import_program);
  }
  if (!Any(request.access & Access::kWrite)) return decision;
  const Mark& temporary = places[Layer::kTemporary];
  const bool is_temporary = temporary && temporary.depth >= places[Layer::kWorking].depth &&
                            temporary.depth >= places[Layer::kHome].depth;
  const bool is_scratch = is_temporary || HasComponent(request.path, "__pycache__") ||
                          places[Layer::kDevice] || places[Layer::kKernelFiles];
  // What the user named for writing counts for imports too.
  if (places[Layer::kUserWrite] && decision.rule == places[Layer::kUserWrite].rule) return decision;
  const bool is_own =
      std::any_of(import_writes.begin(), import_writes.end(), [&](const std::string& place) {
        return IsWithin(request.path, place) ||
               (request.empty_directory && IsWithin(place, request.path));
      });
  return is_scratch || is_own ? decision : Deny(common.guard_import_write, true);
}

}  // namespace safe_trace
