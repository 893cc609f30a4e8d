// A directory that plays a machine: homes, interpreters, configuration files.
#ifndef SAFE_TRACE_TESTS_UNIT_LAUNCHER_HOSTFACTS_TEMPORARY_HOST_H_
#define SAFE_TRACE_TESTS_UNIT_LAUNCHER_HOSTFACTS_TEMPORARY_HOST_H_

#include <string>
#include <vector>

#include "launcher/host_facts_reader.h"
#include "policy/host_facts.h"
#include "policy/profile.h"

namespace safe_trace {

class TemporaryHost {
 public:
  TemporaryHost();
  ~TemporaryHost();
  TemporaryHost(const TemporaryHost&) = delete;
  TemporaryHost& operator=(const TemporaryHost&) = delete;

  const std::string& root() const { return root_; }
  std::string Path(const std::string& name) const { return root_ + "/" + name; }
  // All relative to the root; parents are made. Each returns the absolute path.
  std::string MakeDirectory(const std::string& name);
  std::string Write(const std::string& name, const std::string& text);
  std::string WriteProgram(const std::string& name, const std::string& text);
  // A program that is no script: what an interpreter looks like from outside.
  std::string WriteBinary(const std::string& name);
  std::string Link(const std::string& target, const std::string& name);

  // `prefix`/bin/{VERSION,python3,python} with its library directory. "python3.11".
  void MakePython(const std::string& prefix, const std::string& library);
  // `prefix`/bin/pip started by `interpreter` (absolute).
  void MakePip(const std::string& prefix, const std::string& interpreter);
  void MakeVirtualEnvironment(const std::string& prefix, const std::string& base_prefix,
                              const std::string& library);
  // `root`/shims/pip and the versions' interpreters with pip.
  void MakePyenv(const std::string& pyenv_root, const std::vector<std::string>& versions);

  // HOME is "home", the working directory "work", PATH the given directories.
  HostSources Sources(const std::vector<std::string>& path) const;
  // Facts with home, working directory and PATH, nothing derived.
  HostFacts Facts(const std::vector<std::string>& arguments,
                  const std::vector<std::string>& path) const;

 private:
  std::string root_;
};

Profile PipProfile();
Profile GenericProfile();

}  // namespace safe_trace

#endif  // SAFE_TRACE_TESTS_UNIT_LAUNCHER_HOSTFACTS_TEMPORARY_HOST_H_
