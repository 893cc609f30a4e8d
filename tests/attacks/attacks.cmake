# The list of attacks. Folder names begin with the row of the list of threats that they cover.
foreach(common reader plant forbidden victim)
  attack_program(common.${common} common/${common}.c)
  attack_program(common.${common}-static common/${common}.c STATIC)
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
attack(B12-static-and-raw PROGRAMS raw STATIC raw)
attack(B21-address-disguises STATIC disguise)
attack(B23-other-names STATIC names BASES /tmp /var/tmp persistent)

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
pip_batch(A1-A8-legacy 300 FOLDERS A1-credential-files A8-own-host OPTIONS --legacy)
