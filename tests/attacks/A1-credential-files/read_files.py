"""Reads credentials as malicious setup scripts do: by their usual places, swallowing errors."""
import os
import pathlib
import sys

for name in sys.argv[1:]:
    for read in (lambda: open(name).read(), lambda: pathlib.Path(name).read_bytes(),
                 lambda: os.read(os.open(name, os.O_RDONLY), 4096), lambda: os.listdir(name)):
        try:
            print(name, "LEAK", read())
        except OSError as error:
            print(name, "errno", error.errno)
for path in pathlib.Path.home().rglob("*"):
    try:
        if path.is_file() and path.stat().st_size < 65536:  # secrets are short
            print(path, path.read_text(errors="replace"))
    except OSError as error:
        print(path, "errno", error.errno)
print("ATTACK-DONE")
