// The rules that do not come from data: their ids and reasons, in one table.
#include "policy/policy_impl.h"

namespace safe_trace {

void AddCommonRules(Policy::Impl& impl) {
  struct Text {
    const Rule* CommonRules::*rule;
    const char* id;
    const char* reason;
  };
  static constexpr Text kTexts[] = {
      {&CommonRules::state, "state.safe-trace", "safe-trace's own configuration and traces"},
      {&CommonRules::command_read, "command.read",
       "reading is free outside the credential catalogue"},
      {&CommonRules::command_write, "command.write",
       "outside the places that this command may write"},
      {&CommonRules::working_directory, "write.working-directory", "the working directory"},
      {&CommonRules::temporary, "write.temporary", "a temporary directory"},
      {&CommonRules::profile_write, "write.profile", "a cache or install place of the manager"},
      {&CommonRules::option_write, "write.option", "named by an option of the command line"},
      {&CommonRules::cache_write, "write.cache", "the user's cache directory"},
      {&CommonRules::home_write, "home.write", "a home outside the places that may be written"},
      {&CommonRules::system_write, "system.write", "a directory that the system owns"},
      {&CommonRules::package_read, "package.read", "outside what package code may read"},
      {&CommonRules::package_write, "package.write", "outside what package code may write"},
      {&CommonRules::package_own, "package.own",
       "the package's own source, output or scratch space"},
      {&CommonRules::package_home, "package.home", "package code has no business in a home"},
      {&CommonRules::package_foreign, "package.foreign-files",
       "project or temporary files that are not the package's own"},
      {&CommonRules::package_library_write, "package.installed-code",
       "package code may not change installed code or caches"},
      {&CommonRules::package_program, "package.denied-program",
       "a program that package code may not start"},
      {&CommonRules::quiet, "package.user-configuration",
       "the user's tool configuration is not shown to package code"},
      {&CommonRules::device, "device.common", "a device that every program uses"},
      {&CommonRules::other_device, "device.other", "a device that reaches hardware or raw storage"},
      {&CommonRules::kernel_write, "kernel.write", "a kernel setting"},
      {&CommonRules::moves_guarded, "guarded.moved",
       "holds a guarded place, which would move along"},
      {&CommonRules::toolchain, "package.toolchain", "an interpreter or compiler"},
      {&CommonRules::system, "package.system", "programs and libraries of the system"},
      {&CommonRules::kernel_files, "kernel.files", "the kernel checks who may see which entry"},
      {&CommonRules::install_target, "package.dependencies", "installed packages, to read only"},
      {&CommonRules::metadata, "network.metadata",
       "cloud instance metadata and link-local addresses"},
      {&CommonRules::own_listener, "network.own-listener", "a listener of this run"},
      {&CommonRules::allowed_host, "network.allowed-host", "a host that configuration allows"},
      {&CommonRules::granted_host, "network.grant", "granted to this package by --grant"},
      {&CommonRules::answered_host, "network.answer", "the user was asked, and allowed it"},
      {&CommonRules::refused_host, "network.host", "a host that nothing allows"},
      {&CommonRules::package_network, "network.package", "package code has no network"},
      {&CommonRules::bind_allowed, "network.bind", "listening on loopback or on any free address"},
      {&CommonRules::bind_refused, "network.bind-address", "listening where others can reach it"},
      {&CommonRules::server_name, "network.server-name",
       "the TLS greeting names another host than the one that was looked up"},
      {&CommonRules::request_host, "network.request-host",
       "the HTTP request names another host than the one that was looked up"},
      {&CommonRules::proxy_target, "network.proxy-target",
       "a host that nothing allows, asked of a proxy"},
      {&CommonRules::nameless, "network.no-server-name",
       "a TLS greeting that does not show which host it is for"},
      {&CommonRules::unknown_protocol, "network.protocol",
       "a protocol that does not show which host it is for"},
      {&CommonRules::datagram, "network.datagram",
       "datagrams do not show which host they are for, and this address is shared by name"},
      {&CommonRules::refused_name, "network.name", "a name that nothing allows to look up"},
      {&CommonRules::socket_own, "socket.own", "a socket of this run"},
      {&CommonRules::socket_quiet, "socket.system-service",
       "a system service that would look up names or log outside"},
      {&CommonRules::socket_refused, "socket.outside", "a socket of a process outside this run"},
      {&CommonRules::socket_user, "user.allow-read", "a socket that --allow-read names"},
      {&CommonRules::variable_kept, "user.keep-env", "kept by --keep-env"},
      {&CommonRules::variable_plain, "variable.plain", "not a secret by name or by shape"},
      {&CommonRules::variable_own, "variable.own", "the manager's own setting"},
      {&CommonRules::variable_hidden, "user.hide-env", "hidden by --hide-env"},
      {&CommonRules::variable_shape, "variable.shape", "its value has the shape of a secret"},
  };
  for (const Text& text : kTexts) impl.common.*text.rule = impl.AddRule(text.id, text.reason);
}

}  // namespace safe_trace
