"""Drives a headless Chromium over its debugging pipe: no port, no network, nothing but this page."""
import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import tempfile
import time

NAMES = ("chromium-headless-shell", "chromium", "chromium-browser", "google-chrome")


def find_browser():
    """The path of a Chromium, None where there is none."""
    for name in NAMES:
        path = shutil.which(name, path=os.environ.get("PATH", "") + ":/usr/bin")
        if path:
            return path
    return None


class Browser:
    """One browser with one empty tab."""

    def __init__(self, path, width=1200, height=900):
        self._home = tempfile.TemporaryDirectory(prefix="safe-trace-browser-",
                                                 ignore_cleanup_errors=True)
        to_browser, self._out = os.pipe()
        self._in, from_browser = os.pipe()

        def descriptors():
            # The browser reads commands from 3 and writes answers to 4.
            reader, writer = (fcntl.fcntl(fd, fcntl.F_DUPFD, 20)
                              for fd in (to_browser, from_browser))
            os.dup2(reader, 3)
            os.dup2(writer, 4)

        self._process = subprocess.Popen(
            [path, "--headless", "--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage",
             "--no-first-run", "--remote-debugging-pipe", f"--user-data-dir={self._home.name}",
             f"--window-size={width},{height}", "about:blank"],
            stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
            close_fds=False, preexec_fn=descriptors,
            env={"HOME": self._home.name, "PATH": "/usr/bin:/bin", "LANG": "C.UTF-8"})
        os.close(to_browser)
        os.close(from_browser)
        self._buffer = b""
        self._next = 0
        self.events = []
        targets = self._call("Target.getTargets")["targetInfos"]
        target = next(t["targetId"] for t in targets if t["type"] == "page")
        self._session = None
        self._session = self._call("Target.attachToTarget",
                                   {"targetId": target, "flatten": True})["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self.call(domain + ".enable")

    def close(self):
        try:
            self._call("Browser.close")
            self._process.wait(timeout=10)
        except (OSError, EOFError, TimeoutError, subprocess.TimeoutExpired):
            self._process.kill()
            self._process.wait()
        os.close(self._out)
        os.close(self._in)
        self._home.cleanup()

    def _read(self, deadline):
        while b"\0" not in self._buffer:
            left = deadline - time.monotonic()
            if left <= 0 or not select.select([self._in], [], [], left)[0]:
                raise TimeoutError("the browser does not answer")
            data = os.read(self._in, 1 << 20)
            if not data:
                raise EOFError("the browser ended")
            self._buffer += data
        message, self._buffer = self._buffer.split(b"\0", 1)
        return json.loads(message)

    def _call(self, method, parameters=None, session=None, seconds=60):
        self._next += 1
        message = {"id": self._next, "method": method, "params": parameters or {}}
        if session:
            message["sessionId"] = session
        os.write(self._out, json.dumps(message).encode() + b"\0")
        deadline = time.monotonic() + seconds
        while True:
            answer = self._read(deadline)
            if answer.get("id") == self._next:
                if "error" in answer:
                    raise RuntimeError(f"{method}: {answer['error']}")
                return answer["result"]
            self.events.append(answer)

    def call(self, method, parameters=None):
        return self._call(method, parameters, self._session)

    def open(self, path):
        """Loads a file; returns when its scripts have run."""
        self.call("Page.navigate", {"url": "file://" + path})
        deadline = time.monotonic() + 60
        while self.run("document.readyState") != "complete":
            if time.monotonic() > deadline:
                raise TimeoutError("the page does not load")
            time.sleep(0.05)

    def run(self, script):
        """The value of a JavaScript expression."""
        result = self.call("Runtime.evaluate", {"expression": script, "returnByValue": True})
        if "exceptionDetails" in result:
            raise RuntimeError(json.dumps(result["exceptionDetails"])[:2000])
        return result["result"].get("value")

    def problems(self):
        """What the console, the log and the network say that a sound page does not cause."""
        self.run("0")
        found = []
        for event in self.events:
            method, params = event.get("method"), event.get("params", {})
            if method == "Runtime.exceptionThrown":
                found.append(json.dumps(params)[:1000])
            elif method == "Runtime.consoleAPICalled":
                found.append(json.dumps(params["args"])[:1000])
            elif method == "Log.entryAdded" and params["entry"]["level"] in ("error", "warning"):
                found.append(params["entry"]["text"])
            elif method == "Network.requestWillBeSent":
                url = params["request"]["url"]
                if not url.startswith("file://") or params.get("type") != "Document":
                    found.append("asked for " + url)
        return found

    def media(self, scheme, medium=""):
        self.call("Emulation.setEmulatedMedia", {
            "media": medium, "features": [{"name": "prefers-color-scheme", "value": scheme}]})

    def width(self, pixels, height=900):
        self.call("Emulation.setDeviceMetricsOverride", {
            "width": pixels, "height": height, "deviceScaleFactor": 1, "mobile": False})

    def press(self, key):
        for kind in ("keyDown", "keyUp"):
            self.call("Input.dispatchKeyEvent", {
                "type": kind, "key": key, "code": key,
                "windowsVirtualKeyCode": {"Tab": 9, "Enter": 13}[key]})

    def screenshot(self, path, whole=False):
        result = self.call("Page.captureScreenshot",
                           {"format": "png", "captureBeyondViewport": whole})
        with open(path, "wb") as file:
            file.write(base64.b64decode(result["data"]))
