"""The page of `safe-trace trace report --html` in a real browser: what a reader sees, and that
nothing of a hostile trace comes alive in it."""

import hashlib
import json
import os
import subprocess
import tempfile
import unittest

import environment
from browser import Browser, find_browser

RUN = "20261122T101500Z-0badcafe"
HOSTILE = ("</script><script>window.owned=1</script><img src=x onerror=window.owned=2>"
           "<!--\u202egnp.exe\u2028\x1b[2J")
SMUGGLED = ("(() => { const s = document.createElement('script');"
            "try { s.append('window.owned = 3'); } catch (error) {} document.body.append(s); })()")
MANAGER = {"process.entity_id": "10-1", "process.pid": 10, "safe_trace.role": "manager",
           "safe_trace.ecosystem": "pip"}


def package(name, entity="11-2"):
    return {"process.entity_id": entity, "process.pid": int(entity.split("-")[0]),
            "process.parent.entity_id": "10-1", "safe_trace.role": "package",
            "safe_trace.ecosystem": "pip", "package.name": name, "package.version": "1.0"}


def stack(number, frames):
    source, location, function, owner = (list(column) for column in zip(*frames))
    return {"safe_trace.stack.id": number, "safe_trace.stack.source": source,
            "safe_trace.stack.location": location, "safe_trace.stack.function": function,
            "safe_trace.stack.package": owner}


def refused(decision, rule):
    return {"event.kind": "alert", "safe_trace.decision": decision, "rule.id": rule,
            "safe_trace.reason": "a reason"}


def write_trace(path, events):
    """A trace as the run would write it, without a summary."""
    start = ("run-start", "configuration", {"safe_trace.schema_version": 1,
             "process.args": ["pip", "install", "evil"], "process.working_directory": "/home/a/p"})
    before = hashlib.sha256(RUN.encode()).hexdigest()
    with open(path, "wb") as file:
        for number, (action, category, fields) in enumerate([start] + events, 1):
            record = {"@timestamp": "2026-11-22T10:15:%02d.000000001Z" % (number % 60),
                      "event.sequence": number, "event.kind": "event", "event.category": category,
                      "event.type": "access", "event.action": action, "event.outcome": "success",
                      "safe_trace.run_id": RUN, **fields, "safe_trace.prev_hash": before}
            line = json.dumps(record, separators=(",", ":")).encode()
            before = hashlib.sha256(line).hexdigest()
            file.write(line + b"\n")


def hostile_run():
    evil = package(HOSTILE, "12-3")
    events = [("process-exec", "process", {"process.args": ["pip", "install", "evil"],
                                           "process.executable": "/usr/bin/pip", **MANAGER}),
              ("process-exec", "process", {"process.args": ["python3", "setup.py"],
                                           "process.executable": "/usr/bin/python3",
                                           "process.hash.sha256": "ab" * 32, **package("evil")}),
              ("file-open", "file", {"file.path": "/home/a/.ssh/id_rsa", **package("evil"),
                                     "safe_trace.stack.id": 1,
                                     **refused("hide", "credential.ssh")}),
              ("network-connect", "network", {"destination.ip": "203.0.113.9",
                                              "destination.port": 443, **package("evil"),
                                              **refused("deny", "network.package")}),
              ("network-connect", "network", {"destination.ip": "192.0.2.1",
                                              "destination.port": 443,
                                              "destination.domain": ["pypi.org"], **MANAGER}),
              ("file-create", "file", {"file.path": "/home/a/p/built.txt",
                                       "event.type": "creation", **package("evil")}),
              ("stack", "process", {**stack(1, [
                  ("python", "/src/evil/setup.py:7", "steal", "evil 1.0"),
                  ("native", "/usr/lib/libc.so.6+0x10", "open64+0x5", ""),
                  (HOSTILE, HOSTILE, HOSTILE, HOSTILE)]), **package("evil")}),
              ("file-changed", "file", {"file.path": "/home/a/.local/bin/evil",
                                        "safe_trace.change": "created", "file.size": 120,
                                        "file.hash.sha256": "cd" * 32, "event.type": "change",
                                        "safe_trace.notable": ["executable", "on-search-path"],
                                        **package("evil")}),
              ("files-changed", "file", {"file.directory": "/home/a/p/lib",
                                         "event.type": "change", "safe_trace.files.count": 77,
                                         "safe_trace.files.bytes": 123456, **package("evil")})]
    for action, category in (("file-open", "file"), (HOSTILE, "file"), (HOSTILE, HOSTILE),
                             ("network-connect", "network"), ("process-exec", "process")):
        events.append((action, category, {
            **evil, **refused(HOSTILE, HOSTILE), "file.path": "/home/a/" + HOSTILE,
            "destination.ip": HOSTILE, "process.args": [HOSTILE], "process.executable": HOSTILE,
            "process.hash.sha256": HOSTILE, HOSTILE: HOSTILE, "safe_trace.removed": [HOSTILE]}))
    events += [("file-open", "file", {"file.path": "/usr/lib/x%d.so" % i, **MANAGER})
               for i in range(400)]
    return events


@unittest.skipIf(find_browser() is None, "no browser")
@unittest.skipIf(environment.safe_trace() is None, "SAFE_TRACE is not set")
class ReportPage(unittest.TestCase):
    @classmethod
    def setUpClass(cls):
        cls.folder = tempfile.TemporaryDirectory()
        cls.addClassCleanup(cls.folder.cleanup)
        trace = os.path.join(cls.folder.name, "t.jsonl")
        cls.page = os.path.join(cls.folder.name, "page.html")
        write_trace(trace, hostile_run())
        done = subprocess.run([environment.safe_trace(), "trace", "report", "--html", cls.page,
                               trace], timeout=60, stdout=subprocess.DEVNULL,
                              stderr=subprocess.PIPE)
        if done.returncode != 1 or b"no summary" not in done.stderr:  # the trace has none
            raise AssertionError((done.returncode, done.stderr))
        cls.browser = Browser(find_browser())
        cls.addClassCleanup(cls.browser.close)

    def setUp(self):
        self.browser.events.clear()
        self.browser.width(1200)
        self.browser.media("light")
        self.browser.open(self.page)
        self.assertEqual(self.value("document.documentElement.dataset.ready"), "yes",
                         self.browser.problems())

    def value(self, script):
        return self.browser.run(script)

    def text(self, element):
        return self.value("document.getElementById(%s).innerText" % json.dumps(element))

    def set_filter(self, name, value):
        self.value("(() => { const f = document.getElementById('filter-%s'); f.value = %s;"
                   "f.dispatchEvent(new Event('input')); })()" % (name, json.dumps(value)))

    def rows(self):
        return self.value("[...document.querySelectorAll('#event-rows tr')].map(r => r.innerText)")

    def test_page_tells_who_tried_what_without_a_complaint_of_the_browser(self):
        self.assertIn("violations", self.text("summary"))
        violations = self.text("violations")
        for words in ("evil@1.0", "open /home/a/.ssh/id_rsa", "hidden (credential.ssh",
                      "connect to 203.0.113.9:443", "denied (network.package"):
            self.assertIn(words, violations)
        for words in ("steal /src/evil/setup.py:7", "evil 1.0"):
            self.assertIn(words, violations, "the calls of an interpreter are open")
        self.assertNotIn("open64+0x5", violations, "the native ones are one step away")
        self.value("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        self.assertIn("open64+0x5", self.text("violations"))
        changes = self.text("changes")
        for words in ("create /home/a/p/built.txt", "create /home/a/.local/bin/evil",
                      "executable, on-search-path, 120 bytes, sha256 cdcdcdcdcdcd",
                      "create 77 files in /home/a/p/lib (123 kB)"):
            self.assertIn(words, changes)
        self.assertIn("python3 setup.py", self.text("processes"))
        self.assertIn("pypi.org:443", self.text("hosts"))
        self.assertIn("credentials", self.text("places"))
        self.assertIn("ab" * 32, self.text("programs"))
        self.assertEqual(self.browser.problems(), [])

    def test_names_and_scripts_would_come_alive_in_a_page_without_care(self):
        bare = os.path.join(self.folder.name, "bare.html")
        with open(bare, "w", encoding="utf-8") as file:
            file.write("<!doctype html><script type='application/json'>" + HOSTILE)
        self.browser.open(bare)
        self.assertIn(self.value("window.owned"), (1, 2))
        self.value(SMUGGLED)
        self.assertEqual(self.value("window.owned"), 3)

    def test_nothing_of_a_hostile_trace_comes_alive(self):
        self.assertIn("window.owned=1", self.text("violations"), "the names are on the page")
        self.value("document.querySelectorAll('details').forEach(d => { d.open = true; })")
        self.assertIsNone(self.value("window.owned ?? null"))
        self.assertEqual(
            self.value("document.querySelectorAll('img,iframe,object,link').length"), 0)
        self.assertEqual(self.value("document.scripts.length"), 2)
        self.assertNotIn("\u202e", self.value("document.body.innerText"))
        self.assertEqual(self.browser.problems(), [])

    def test_policy_of_the_page_stops_a_script_that_got_in(self):
        self.value(SMUGGLED)
        self.value("(() => { const i = document.createElement('img');"
                   "i.src = 'http://127.0.0.1:9/x'; document.body.append(i); })()")
        self.assertIsNone(self.value("window.owned ?? null"))
        self.assertTrue(self.browser.problems(), "the browser says what it refused")

    def test_filters_and_search_find_events(self):
        self.set_filter("text", "ID_RSA hidden")
        self.assertEqual(len(self.rows()), 1)
        self.assertIn("/home/a/.ssh/id_rsa", self.rows()[0])
        self.set_filter("text", "")
        self.set_filter("kind", "2")
        self.assertEqual(len(self.rows()), 7)
        self.set_filter("kind", "")
        self.assertEqual(len(self.rows()), 200, "a page of them")
        self.value("document.getElementById('event-more').click()")
        self.assertEqual(len(self.rows()), 400)
        self.set_filter("text", "x399.so")
        self.assertEqual(len(self.rows()), 1)
        self.assertIn("1 event of", self.text("event-count"))
        self.assertEqual(self.browser.problems(), [])

    def test_cell_of_a_matrix_leads_to_its_events(self):
        self.value("[...document.querySelectorAll('#hosts tr')].find("
                   "r => r.innerText.includes('203.0.113.9')).querySelector('button').click()")
        self.assertEqual(len(self.rows()), 1)
        self.assertIn("203.0.113.9", self.rows()[0])

    def test_block_of_a_path_can_be_looked_into_and_left(self):
        self.value("[...document.querySelectorAll('.icicle button')].find("
                   "b => b.title.startsWith('/usr/lib:')).click()")
        self.assertEqual(self.value("document.querySelectorAll('.crumbs button').length"), 2)
        self.value("document.querySelector('.crumbs button').click()")
        self.assertEqual(self.value("document.querySelectorAll('.crumbs button').length"), 1)

    def test_keyboard_goes_through_the_page_in_order_with_a_visible_focus(self):
        self.browser.press("Tab")
        self.assertEqual(self.value("document.activeElement.className"), "skip")
        seen = []
        for _ in range(12):
            self.browser.press("Tab")
            seen.append(self.value("document.activeElement.getAttribute('href')"))
            self.assertEqual(self.value("getComputedStyle(document.activeElement).outlineStyle"),
                             "solid")
            if seen[-1] == "#events":
                break
        self.assertEqual(seen[0], "#summary")
        self.assertEqual(seen[-1], "#events")
        unnamed = self.value(
            "[...document.querySelectorAll('button,input,select')].filter(e => !e.innerText &&"
            " !e.getAttribute('aria-label') && !(e.labels && e.labels.length)).length")
        self.assertEqual(unnamed, 0, "controls without a name")

    def test_page_fits_a_phone_and_has_both_colour_schemes(self):
        self.browser.width(390)
        self.assertLessEqual(self.value("document.documentElement.scrollWidth"), 390)
        colour = "getComputedStyle(document.body).backgroundColor"
        light = self.value(colour)
        self.browser.media("dark")
        self.assertNotEqual(self.value(colour), light)
        self.browser.media("dark", "print")
        self.assertEqual(self.value(colour), "rgb(255, 255, 255)")
        self.assertEqual(self.value("getComputedStyle(document.querySelector('nav')).display"),
                         "none")


if __name__ == "__main__":
    environment.main()
