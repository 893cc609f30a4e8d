// Which package an exec runs code of, from what the supervisor itself read about it. Pure.
#ifndef SAFE_TRACE_POLICY_PACKAGE_IDENTITY_H_
#define SAFE_TRACE_POLICY_PACKAGE_IDENTITY_H_

#include <string>
#include <string_view>

#include "policy/path_template.h"
#include "policy/profile.h"

namespace safe_trace {

struct PackageIdentity {
  // At most 128 bytes, printable; "" where unknown. From code: normalised as PEP 503; from data: as
  // the ecosystem writes it ("@scope/name", "github.com/a/b").
  std::string name;
  std::string version;  // at most 64 bytes, printable; "" where unknown
  // True where the manager chose the name (the directory it unpacked a requirement into); false
  // where only the package's own files claim it.
  bool name_is_trusted = false;
  bool operator==(const PackageIdentity&) const = default;
};

// `name_from` is an ExecRule's key: "pip-build-directory". An unknown key identifies nothing.
PackageIdentity IdentifyPackage(std::string_view name_from, const ExecFacts& facts);
// The first of `sources` that gives a name; a version that it lacks may come from a later one.
PackageIdentity IdentifyPackage(const std::vector<IdentitySource>& sources,
                                const TemplateFacts& facts);

// "Foo.Bar__baz" to "foo-bar-baz"; other bytes than letters, digits, '.', '-', '_' become '-'.
std::string NormalizePackageName(std::string_view name);

}  // namespace safe_trace

#endif  // SAFE_TRACE_POLICY_PACKAGE_IDENTITY_H_
