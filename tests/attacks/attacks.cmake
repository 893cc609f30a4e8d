# The list of attacks. Folder names begin with the row of the list of threats that they cover.
foreach(common reader plant forbidden victim)
  safe_trace_test_program(common.${common} common/${common}.c)
  safe_trace_test_program(common.${common}-static common/${common}.c STATIC)
endforeach()

attack(A1-credential-files PROGRAMS read_files STATIC read_files BASES /tmp /var/tmp persistent)
attack(A2-own-environment PROGRAMS environ STATIC environ)
attack(A3-other-processes STATIC ancestors)
attack(A6-dns-labels STATIC dns_exfil)
attack(A7-cloud-metadata PROGRAMS fetch STATIC fetch)
target_compile_definitions(A7-cloud-metadata.fetch PRIVATE LOOK_UP)  # no name service when static
attack(A8-own-host PROGRAMS exfiltrate STATIC exfiltrate)
attack(A8-public-host)
attack(A10-shell-startup PROGRAMS append STATIC append BASES /tmp /var/tmp persistent)
attack(A11-autostart BASES /tmp persistent)
attack(A12-assistant-and-editor BASES /tmp persistent)
attack(A14-other-packages BASES persistent)
attack(A16-daemon PROGRAMS daemon STATIC daemon)
attack(A18-wipe STATIC wipe BASES persistent)
attack(A19-self-deleting PROGRAMS dropper payload)
attack(B1-path-flip PROGRAMS flip STATIC flip BASES /tmp persistent TIMEOUT 240)
attack(B3-exec-flip STATIC exec_flip)
attack(B5-io-uring STATIC uring)
attack(B6-other-entries STATIC entries)
attack(B7-untraced-clone STATIC untraced)
attack(B9-signals STATIC signals)
attack(B12-static-and-raw PROGRAMS raw STATIC raw)
attack(B13-indirect-exec PROGRAMS indirect)
attack(B14-setuid-helper PROGRAMS run_helper STATIC run_helper ROOT_ONLY)
attack(B15-unix-sockets PROGRAMS sockets STATIC sockets)
attack(B18-fast-open STATIC fast_open)
attack(B19-socket-families STATIC families)
attack(B21-address-disguises STATIC disguise)
attack(B22-other-terminals STATIC terminals)
attack(B22-terminal-injection STATIC inject)
attack(B23-inode-flags STATIC flags BASES persistent)
attack(B23-other-names STATIC names BASES /tmp /var/tmp persistent)
attack(B24-inherited-descriptors PROGRAMS inherited STATIC inherited)
attack(B24-passed-descriptors STATIC receive)
attack(B26-outside-limits STATIC limits)
attack(B26-outside-processes STATIC reach)
attack(B27-own-namespaces STATIC namespaces)
attack(B29-floods STATIC flood TIMEOUT 400)
attack(B31-thread-exec PROGRAMS thread_exec STATIC thread_exec)
attack(B32-existence)

# From setup.py. What needs a namespace of its own for the network is in a package of its own.
pip_batch(A1-A2-A3-A10-B12-B23 300 FOLDERS A1-credential-files A2-own-environment
          A3-other-processes A10-shell-startup B12-static-and-raw B23-other-names)
pip_batch(A11-A12-A14-A18 300 FOLDERS A11-autostart A12-assistant-and-editor A14-other-packages
          A18-wipe)
pip_batch(A6-A7 300 FOLDERS A6-dns-labels A7-cloud-metadata)
pip_batch(A8-A16-A19-B21 300 FOLDERS A8-own-host A16-daemon A19-self-deleting
          B21-address-disguises)
pip_batch(B1 300 FOLDERS B1-path-flip)
pip_batch(B3-B5-B6 300 FOLDERS B3-exec-flip B5-io-uring B6-other-entries)
pip_batch(B7-B9-B22-B26-B27-B32 300 FOLDERS B7-untraced-clone B9-signals B22-terminal-injection
          B26-outside-processes B27-own-namespaces B32-existence)
pip_batch(B13-B15-B18-B19-B24-B31 300 FOLDERS B13-indirect-exec B15-unix-sockets B18-fast-open
          B19-socket-families B24-passed-descriptors B31-thread-exec)
pip_batch(B22-B23-B26 300 FOLDERS B22-other-terminals B23-inode-flags B26-outside-limits)
pip_batch(B14 300 FOLDERS B14-setuid-helper ROOT_ONLY)
pip_batch(B29 500 FOLDERS B29-floods)
pip_batch(A1-A8-legacy 300 FOLDERS A1-credential-files A8-own-host OPTIONS --legacy)

# From what the other managers run: a postinstall script, the prepare of a git dependency, build.rs, a
# macro, extconf.rb, a build back end, a program of a module. One package each.
manager_batch(A npm git-dependency yarn pnpm build.rs proc-macro gem uv poetry go-run FOLDERS
              A1-credential-files A2-own-environment A3-other-processes A6-dns-labels
              A7-cloud-metadata A8-own-host A8-public-host A10-shell-startup A11-autostart
              A12-assistant-and-editor A14-other-packages A16-daemon A18-wipe A19-self-deleting)
# A shell, a program of the package's own, an interpreter, and what may write in the project.
manager_batch(B npm build.rs gem go-run FOLDERS B3-exec-flip B5-io-uring B6-other-entries
              B7-untraced-clone B9-signals B12-static-and-raw B13-indirect-exec B15-unix-sockets
              B18-fast-open B19-socket-families B21-address-disguises B22-other-terminals
              B22-terminal-injection B23-inode-flags B23-other-names B24-passed-descriptors
              B26-outside-limits B26-outside-processes B27-own-namespaces B31-thread-exec
              B32-existence)
