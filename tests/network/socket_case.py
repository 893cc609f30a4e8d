"""Base of the tests of Python's sockets."""

import os
import socket
import threading
import time

import doors
from network_case import BenignCase
from small_internet import answer_again, make_silent

COMMON = """
import asyncio, ctypes, errno, hashlib, os, select, selectors, signal, socket, sys, threading, time
HOST = "doors.test"
ECHO, COUNT, BYE, BANNER, RESET, TRICKLE, FLOOD, _, UPGRADE = %s
ADDRESS = socket.getaddrinfo(HOST, ECHO, socket.AF_INET, socket.SOCK_STREAM)[0][4][0]
def say(*what): print(*what, flush=True)
def echoed(s, text=b"hello\\n"):
    s.sendall(text); say(s.recv(100))
""" % (list(range(doors.ECHO, doors.UPGRADE + 1)),)


class SocketCase(BenignCase):
    listening = None
    allowed = ("doors.test", "silent.test", "half-dead.test", "unreachable.test", "no-route.test")

    def python(self, script, **how):
        return super().python(COMMON + script, **how)

    def silent(self, address, port=doors.ECHO, answer=None):
        """In each world a listener that does not answer; `answer` seconds after the client has
        made the file "go", it does."""
        def prepare(world):
            self.end_silence()
            self.listening = listening = make_silent(address, port)
            self.addCleanup(self.end_silence)
            self.stop = threading.Event()
            if answer is not None:
                threading.Thread(target=self._answer, daemon=True,
                                 args=(listening, world.project, answer)).start()
        return prepare

    def end_silence(self):
        if self.listening is not None:
            self.stop.set()
            self.listening.shutdown(socket.SHUT_RDWR)  # wakes who waits in accept
            self.listening.close()
            self.listening = None

    def _answer(self, listening, folder, seconds):
        while not os.path.exists(os.path.join(folder, "go")):
            if self.stop.wait(0.02):
                return
        time.sleep(seconds)
        try:
            answer_again(listening)
            connection, _ = listening.accept()
            with connection:
                while data := connection.recv(65536):
                    connection.sendall(data)
        except OSError:
            pass
