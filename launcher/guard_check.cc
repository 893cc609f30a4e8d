#include "launcher/guard_check.h"

#include "launcher/concat.h"
#include "launcher/terminal_text.h"

namespace safe_trace {
namespace {

// Its modules by the record of what was installed; "tests" and "__main__" are for other occasions.
constexpr char kScript[] = R"(
import importlib, importlib.metadata, sys, warnings
warnings.simplefilter("ignore")

def modules_of(distribution):
    found = set()
    for file in distribution.files or ():
        parts = list(file.parts)
        if parts[0] == ".." or parts[0].endswith((".dist-info", ".egg-info", ".data")):
            continue
        name = parts[-1]
        if not name.endswith((".py", ".so")):
            continue
        parts[-1] = name.split(".")[0]
        if parts[-1] == "__init__":
            parts.pop()
        words = {"__main__", "tests", "test", "testing", "conftest", "setup"}
        if parts and all(part.isidentifier() for part in parts) and not words & set(parts):
            found.add(".".join(parts))
    return sorted(found)

status = 0
for name in sys.argv[1:]:
    try:
        distribution = importlib.metadata.distribution(name)
    except importlib.metadata.PackageNotFoundError:
        print("%s: not installed in the environment of %s" % (name, sys.executable),
              file=sys.stderr)
        status = 2
        continue
    imported = failed = 0
    for module in modules_of(distribution):
        try:
            importlib.import_module(module)
            imported += 1
        except BaseException as error:
            failed += 1
            print("%s: %s: %s: %s" % (name, module, type(error).__name__, error))
    print("%s %s: %d modules imported, %d not" % (name, distribution.version, imported, failed))
sys.exit(status)
)";

}  // namespace

absl::StatusOr<std::vector<std::string>> CheckCommand(const std::vector<std::string>& packages) {
  if (packages.empty()) {
    return absl::InvalidArgumentError(
        "guard --check: say which packages\n  Usage: safe-trace guard [OPTIONS] --check "
        "PACKAGE...");
  }
  std::vector<std::string> command = {"python3", "-c", kScript};
  for (const std::string& package : packages) {
    if (package.empty() || package.front() == '-') {
      return absl::InvalidArgumentError(Concat("guard --check: '", EscapeAndShorten(package, 60),
                                               "' is no package; options come before --check"));
    }
    command.push_back(package);
  }
  return command;
}

}  // namespace safe_trace
