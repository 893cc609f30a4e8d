"""Probes for hidden files without opening them: probe.py PATH..."""
import os
import sys

for path in sys.argv[1:]:
    for name, probe in (("stat", os.stat), ("lstat", os.lstat), ("readlink", os.readlink),
                        ("listxattr", os.listxattr), ("listdir", os.listdir),
                        ("access", lambda p: 1 / os.access(p, os.F_OK)),
                        ("read", lambda p: open(p).read())):
        try:
            print(path, name, "FOUND", probe(path))
        except (OSError, ZeroDivisionError) as error:
            print(path, name, "nothing", getattr(error, "errno", 2))
print("ATTACK-DONE")
