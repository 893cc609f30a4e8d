# The list of attacks. Folder names begin with the row of the list of threats that they cover.
attack_program(common.reader common/reader.c)
attack_program(common.reader-static common/reader.c STATIC)

attack(A1-credential-files PROGRAMS read_files STATIC read_files BASES /tmp /var/tmp persistent)
attack(A2-own-environment PROGRAMS environ STATIC environ)
attack(A8-own-host PROGRAMS exfiltrate STATIC exfiltrate)
attack(A10-shell-startup PROGRAMS append STATIC append BASES /tmp /var/tmp persistent)
attack(A16-daemon PROGRAMS daemon STATIC daemon)
attack(B1-path-flip PROGRAMS flip STATIC flip BASES /tmp persistent TIMEOUT 240)
attack(B12-static-and-raw PROGRAMS raw STATIC raw)
attack(B21-address-disguises STATIC disguise)
attack(B23-other-names STATIC names BASES /tmp /var/tmp persistent)

pip_batch(A1-A2-A10-B12-B23 300 FOLDERS A1-credential-files A2-own-environment A10-shell-startup
          B12-static-and-raw B23-other-names)
pip_batch(A8-A16-B21 300 FOLDERS A8-own-host A16-daemon B21-address-disguises)
pip_batch(B1 300 FOLDERS B1-path-flip)
pip_batch(A1-A8-legacy 300 FOLDERS A1-credential-files A8-own-host OPTIONS --legacy)
