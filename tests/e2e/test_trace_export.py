"""`safe-trace trace export`: each format is what its readers expect, whatever the trace holds."""

import csv
import io
import json
import os
import resource
import subprocess
import tempfile
import unittest
import urllib.parse

import environment
import fetched
from made_trace import MadeTrace

FORMATS = ("sarif", "ocsf", "falco", "chrome-trace", "csv")
# Names that are markup, formulas, escape sequences, links of a message, or no text at all.
HOSTILE = ("</script><img src=x onerror=alert(1)>", "=cmd|' /C calc'!A0", "+1", "-1+1", "@SUM(A1)",
           " =1", "\uff1d1", "a;=1+1", 'q"u,o\r\nted', "[click](http://evil.invalid/)", "{0} {{x}}",
           "\x1b[2J\x07", "\u202egnp.exe", "\U0001f480", "\udcff\udcfe", "x" * 70_000)


class TraceExport(unittest.TestCase):
    def setUp(self):
        temporary = tempfile.TemporaryDirectory(prefix="export-test-")
        self.addCleanup(temporary.cleanup)
        self.folder = temporary.name

    def path(self, name):
        return os.path.join(self.folder, name)

    def export(self, form, trace, *more, status=0, **options):
        done = subprocess.run([environment.safe_trace(), "trace", "export", "--format", form, trace,
                               *more], stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=120,
                              **options)
        self.assertEqual(status, done.returncode, done.stderr.decode("utf-8", "replace"))
        self.said = done.stderr.decode("utf-8")
        return done.stdout

    def text(self, form, trace, **options):
        return self.export(form, trace, **options).decode("utf-8")  # strict: always valid

    def lines(self, form, trace, **options):
        return [json.loads(line) for line in self.text(form, trace, **options).splitlines()]

    def small(self, **options):
        path = self.path("small.jsonl")
        with MadeTrace(path, **options) as trace:
            trace.by("process-exec", package=None, role="manager", process="100-1", time=1_000,
                     category="process", **{"process.args": ["pip", "install", "evil"],
                                            "process.executable": "/usr/bin/python3"})
            trace.by("process-exec", category="process", time=2_500, **{
                "process.parent.entity_id": "100-1", "process.args": ["python3", "setup.py"],
                "process.executable": "/usr/bin/python3", "process.hash.sha256": "ab" * 32})
            trace.refused("file-open", "credential.ssh", **{
                "file.path": "/home/u/.ssh/id rsa#1%", "safe_trace.reason": "SSH keys",
                "safe_trace.decision": "hide", "process.executable": "/usr/bin/python3"})
            trace.refused("file-create", "package.write",
                          **{"file.path": "/home/u/project/src/a b.py"})
            trace.refused("network-connect", "network.package", category="network", **{
                "destination.ip": "203.0.113.9", "destination.port": 443,
                "network.transport": "tcp", "process.executable": "/usr/bin/curl"})
            trace.by("network-flow", package=None, role="manager", process="100-1",
                     category="network", time=9_000_000, **{
                         "destination.ip": "192.0.2.1", "destination.port": 443,
                         "destination.domain": ["files.example.org"], "source.bytes": 10,
                         "destination.bytes": 20, "event.duration": 1_000_000})
            trace.by("dns-question", package=None, role="manager", process="100-1",
                     category="network", **{"dns.question.name": "files.example.org",
                                            "dns.question.type": "A"})
            trace.by("startup-file", **{"file.path": "/home/u/venv/x.pth"})
            trace.by("process-exit", category="process", time=5_000, **{"process.exit_code": 3})
        return path

    def hostile(self):
        """Every hostile name in every place, and lines that are none of a trace."""
        path = self.path("hostile.jsonl")
        with MadeTrace(path, command=HOSTILE[:-1], directory="/p/" + HOSTILE[2]) as trace:
            for name in HOSTILE:
                for action in ("file-create", "process-exec", "network-connect", "dns-question",
                               name[:100]):
                    trace.refused(action, name[:200] or "r", package=name, version=name, **{
                        "file.path": "/home/" + name if action != "network-connect" else name,
                        "process.executable": name, "process.args": [name, name],
                        "destination.domain": [name], "destination.ip": name,
                        "destination.port": 10**12, "dns.question.name": name, name[:100]: name,
                        "process.entity_id": name[:50], "process.parent.entity_id": name[:50],
                        "safe_trace.reason": name, "tags": [name], "time": 1000})
            trace.refused("file-open", "credential.ssh", **{
                "safe_trace.escaped": True, "file.path": "/home/\\xff\\x1b[2J\\x00=1"})
            trace.add("file-open", **{"@timestamp": "never", "event.sequence": -5})
            trace.raw(b"\xff\xfe{" + b"x" * 100)
            trace.raw(b'{"a":' * 100_000)
            trace.raw(b'{"file.path":"' + b"y" * (17 << 20) + b'"}')
            trace.raw(b"{}")
        return path

    def test_sarif_tells_what_was_violated_by_whom_and_where(self):
        log = json.loads(self.text("sarif", self.small()))
        self.assertEqual("2.1.0", log["version"])
        run, = log["runs"]
        results = {result["ruleId"]: result for result in run["results"]}
        self.assertEqual({"credential.ssh", "package.write", "network.package", "startup-file"},
                         set(results))
        key = results["credential.ssh"]
        self.assertEqual("error", key["level"])
        self.assertEqual("warning", results["startup-file"]["level"])
        place = key["locations"][0]
        self.assertEqual("file:///home/u/.ssh/id%20rsa%231%25",
                         place["physicalLocation"]["artifactLocation"]["uri"])
        logical = {where["kind"]: where["fullyQualifiedName"]
                   for where in place["logicalLocations"]}
        self.assertEqual({"package": "pip:evil@1.0", "process": "101-2"}, logical)
        own = results["package.write"]["locations"][0]["physicalLocation"]["artifactLocation"]
        self.assertEqual({"uri": "src/a%20b.py", "uriBaseId": "%SRCROOT%"}, own)
        self.assertEqual("file:///home/u/project/", run["originalUriBaseIds"]["%SRCROOT%"]["uri"])
        rules = run["tool"]["driver"]["rules"]
        for result in run["results"]:
            self.assertEqual(result["ruleId"], rules[result["ruleIndex"]]["id"])
        self.assertTrue(run["invocations"][0]["executionSuccessful"])

    def test_sarif_has_the_stack_of_a_violation_whenever_it_came(self):
        path = self.path("stacks.jsonl")
        with MadeTrace(path) as trace:
            for number in (1, 2, 3):
                trace.refused("file-open", "rule.%d" % number, **{
                    "file.path": "/x", "safe_trace.stack.id": number})
            trace.refused("file-open", "rule.4", **{"file.path": "/x"})
            for number in (2, 1):
                trace.by("stack", category="process", **{
                    "safe_trace.stack.id": number,
                    "safe_trace.stack.source": ["python", "native", "native"],
                    "safe_trace.stack.location": ["/a b/steal.py:12", "/lib/libc.so.6+0x1f",
                                                  "0x7f00"],
                    "safe_trace.stack.function": ["steal", "open+0x3", ""]})
        run, = json.loads(self.text("sarif", path))["runs"]
        results = {result["ruleId"]: result for result in run["results"]}
        self.assertEqual({"rule.1", "rule.2", "rule.3", "rule.4"}, set(results))
        self.assertNotIn("stacks", results["rule.3"])
        for rule in ("rule.1", "rule.2"):
            frames = results[rule]["stacks"][0]["frames"]
            place = frames[0]["location"]["physicalLocation"]
            self.assertEqual("file:///a%20b/steal.py", place["artifactLocation"]["uri"])
            self.assertEqual(12, place["region"]["startLine"])
            self.assertEqual("/lib/libc.so.6", frames[1]["module"])
            self.assertEqual("steal", frames[0]["location"]["logicalLocations"][0][
                "fullyQualifiedName"])
            self.assertEqual(3, len(frames))

    def test_sarif_fingerprints_outlive_the_run_and_the_version(self):
        def fingerprints(name, version, path):
            with MadeTrace(self.path(name), directory=path) as trace:
                trace.refused("file-create", "package.write", version=version,
                              process="%s-1" % len(path), **{"file.path": path + "/src/x"})
                trace.refused("file-open", "credential.ssh", version=version,
                              **{"file.path": "/home/u/.ssh/id"})
            run, = json.loads(self.text("sarif", self.path(name)))["runs"]
            return [result["partialFingerprints"] for result in run["results"]]
        first = fingerprints("a.jsonl", "1.0", "/home/u/one")
        self.assertEqual(first, fingerprints("b.jsonl", "1.1", "/home/u/another"))
        self.assertNotEqual(first[0], first[1])

    def test_sarif_fingerprints_tell_hosts_named_on_one_connection_apart(self):
        path = self.path("claims.jsonl")
        with MadeTrace(path) as trace:
            for name in ("a.test", "b.test", "a.test"):
                trace.refused("network-claim", "network.name", category="network", **{
                    "destination.ip": "192.0.2.7", "destination.port": 443,
                    "safe_trace.claim": "tls-server-name", "tls.client.server_name": name})
        run, = json.loads(self.text("sarif", path))["runs"]
        first, other, again = (json.dumps(result["partialFingerprints"])
                               for result in run["results"])
        self.assertEqual(first, again)
        self.assertNotEqual(first, other)

    def test_sarif_is_as_its_published_schema_says(self):
        import jsonschema
        package = fetched.npm_package(self.folder, "@microsoft/jest-sarif@1.0.0-beta.0")
        with open(os.path.join(package, "lib/schemas/sarif-2.1.0-rtm.5.json"),
                  encoding="utf-8") as file:
            schema = json.load(file)
        validator = jsonschema.Draft4Validator(schema)
        stacks = self.path("stacks.jsonl")
        with MadeTrace(stacks) as trace:
            trace.refused("file-open", "rule", **{"file.path": "/x", "safe_trace.stack.id": 1})
            trace.by("stack", **{"safe_trace.stack.id": 1, "safe_trace.stack.source": list(HOSTILE[:3]),
                                 "safe_trace.stack.location": [
                                     *HOSTILE[:10], "/x:1", ":5", "/y+0x", "+0x", "/x:99999999999"],
                                 "safe_trace.stack.function": list(HOSTILE[:10])})
        for trace, status in ((self.small(), 0), (self.hostile(), 1), (stacks, 0)):
            validator.validate(json.loads(self.text("sarif", trace, status=status)))
        with self.assertRaises(jsonschema.ValidationError):
            validator.validate({"version": "2.1.0", "runs": [{"results": [{"ruleId": "x"}]}]})

    def test_ocsf_events_have_the_class_of_what_happened(self):
        events = self.lines("ocsf", self.small())
        kinds = [(event["class_uid"], event["activity_id"]) for event in events]
        for kind in ((6002, 3), (1007, 1), (1007, 2), (1001, 14), (1001, 1), (4001, 5), (4001, 6),
                     (4003, 1), (2004, 1), (6002, 4)):
            self.assertIn(kind, kinds)
        findings = [event for event in events if event["class_uid"] == 2004]
        self.assertEqual(4, len(findings))
        for event in events:
            for key in ("class_uid", "category_uid", "activity_id", "type_uid", "severity_id",
                        "time", "metadata"):
                self.assertIn(key, event)
            self.assertEqual(event["class_uid"] * 100 + event["activity_id"], event["type_uid"])
            self.assertIn("name", event["metadata"]["product"])
        uids = [event["metadata"]["uid"] for event in events]
        self.assertEqual(len(uids), len(set(uids)))
        for finding in findings:
            self.assertIn(finding["finding_info"]["related_events"][0]["uid"], uids)
        self.assertEqual("Blocked", findings[0]["disposition"])
        self.assertEqual(1795342500000, events[0]["time"])

    def test_ocsf_is_as_its_published_schema_says(self):
        python = fetched.python_with(self.path("venv"), "ocsf-json-schema==1.2.0", "jsonschema")
        small, hostile = self.path("small.ocsf"), self.path("hostile.ocsf")
        self.export("ocsf", self.small(), "-o", small)
        self.export("ocsf", self.hostile(), "-o", hostile, status=1)
        done = subprocess.run([python, "-c", VALIDATE_OCSF, small, hostile], timeout=300,
                              stdout=subprocess.PIPE, stderr=subprocess.STDOUT)
        self.assertEqual(0, done.returncode, done.stdout.decode()[-3000:])
        self.assertIn(b"refuses", done.stdout)

    def test_falco_alerts_have_what_its_pipelines_read(self):
        alerts = self.lines("falco", self.small())
        self.assertEqual(["credential.ssh", "package.write", "network.package", "startup-file"],
                         [alert["rule"] for alert in alerts])
        for alert in alerts:
            self.assertEqual({"hostname", "output", "output_fields", "priority", "rule", "source",
                              "tags", "time"}, set(alert))
            self.assertIn(alert["priority"], alert["output"])
            self.assertTrue(all(isinstance(value, (str, int))
                                for value in alert["output_fields"].values()))
        self.assertEqual(["Error"] * 3 + ["Warning"], [alert["priority"] for alert in alerts])
        self.assertEqual("203.0.113.9:443", alerts[2]["output_fields"]["fd.name"])
        self.assertEqual("/home/u/.ssh/id rsa#1%", alerts[0]["output_fields"]["fd.name"])

    def test_chrome_trace_has_a_slice_for_each_program_and_marks_violations(self):
        events = json.loads(self.text("chrome-trace", self.small()))["traceEvents"]
        slices = {event["name"]: event for event in events if event["ph"] == "X"}
        self.assertEqual({"pip install evil", "python3 setup.py"}, set(slices))
        setup = slices["python3 setup.py"]
        self.assertEqual((2.5, {"exit_code": 3}), (setup["dur"], setup["args"]))
        self.assertEqual({"ended": False}, slices["pip install evil"]["args"])
        names = {event["pid"]: event["args"]["name"] for event in events
                 if event["ph"] == "M" and event["name"] == "process_name"}
        self.assertEqual("package evil@1.0 (pip)", names[setup["pid"]])
        marks = [event for event in events if event["ph"] == "i" and event["cat"] == "violation"]
        self.assertEqual(3, len(marks))
        self.assertTrue(all(mark["pid"] == setup["pid"] for mark in marks))
        pairs = [event["ph"] for event in events if event.get("cat") == "network"
                 and event["name"].startswith("files.example.org:443")]
        self.assertEqual(["b", "e"], pairs)

    def test_chrome_trace_knows_a_program_whose_end_was_written_first(self):
        path = self.path("t.jsonl")
        with MadeTrace(path) as trace:
            trace.by("process-exit", category="process", time=9_000, **{"process.exit_code": 0})
            trace.by("process-exec", category="process", time=4_000,
                     **{"process.args": ["quick"], "process.executable": "/bin/quick"})
        events = json.loads(self.text("chrome-trace", path))["traceEvents"]
        piece, = [event for event in events if event["ph"] == "X"]
        self.assertEqual(5.0, piece["dur"])

    def test_csv_is_a_table_that_a_spreadsheet_does_not_compute(self):
        for trace, status in ((self.small(), 0), (self.hostile(), 1)):
            text = self.text("csv", trace, status=status)
            csv.field_size_limit(1 << 22)
            rows = list(csv.reader(io.StringIO(text, newline=""), strict=True))
            self.assertEqual(1, len(set(map(len, rows))))
            self.assertEqual("timestamp", rows[0][0])
            for row in rows[1:]:
                for cell in row:
                    self.assertNotRegex(cell, "^ *[=+@\uff1d\uff0b\uff0d\uff20]")
                    if not cell.lstrip("-").isdigit():
                        self.assertFalse(cell.startswith("-"), cell)
            self.assertEqual(text.count("\r\n"), len(rows))
        self.assertIn('"\'=cmd|', text)

    def test_hostile_trace_steers_no_terminal_and_breaks_no_format(self):
        trace = self.hostile()
        for form in FORMATS:
            text = self.text(form, trace, status=1)
            self.assertIn("lines could not be read", self.said)
            controls = {char for char in text if ord(char) < 32 or 127 <= ord(char) < 160}
            self.assertLessEqual(controls, set("\n\r"), form)
        json.loads(self.text("chrome-trace", trace, status=1))
        results = json.loads(self.text("sarif", trace, status=1))["runs"][0]["results"]
        for result in results:
            text = result["message"]["text"]
            self.assertNotRegex(text, r"(^|[^\\])\]\(")
            self.assertEqual(0, text.replace("{{", "").count("{"))
            for place in result["locations"]:
                uri = place.get("physicalLocation", {}).get("artifactLocation", {}).get("uri", "")
                self.assertTrue(uri.isascii() and urllib.parse.urlsplit(uri) and " " not in uri)

    def test_memory_does_not_grow_with_the_trace(self):
        def peak(trace, form):
            def limit():
                resource.setrlimit(resource.RLIMIT_AS, (1 << 30, 1 << 30))
            process = subprocess.Popen([environment.safe_trace(), "trace", "export", "--format",
                                        form, trace, "-o", self.path("out")], preexec_fn=limit)
            _, status, usage = os.wait4(process.pid, 0)
            process.returncode = 0
            self.assertEqual(0, status)
            return usage.ru_maxrss
        sizes = {}
        for count in (1_000, 60_000):
            path = self.path("%d.jsonl" % count)
            with MadeTrace(path) as trace:
                for number in range(count):
                    trace.refused("file-open", "credential.ssh",
                                  process="%d-%d" % (number + 1, number),
                                  package="p%d" % (number % 50), **{"file.path": "/x/%d" % number})
            sizes[count] = path
        for form in FORMATS:
            small, large = peak(sizes[1_000], form), peak(sizes[60_000], form)
            self.assertLess(large - small, 8 * 1024, (form, small, large))

    def test_damaged_and_unfinished_traces_are_exported_and_said_to_be(self):
        trace = self.small(finish=False)
        run, = json.loads(self.text("sarif", trace, status=1))["runs"]
        self.assertIn("cut at the end", self.said)
        self.assertFalse(run["invocations"][0]["executionSuccessful"])
        self.assertEqual("warning", run["invocations"][0]["toolExecutionNotifications"][0]["level"])
        with open(self.small(), "r+b") as file:
            content = file.read().replace(b"SSH keys", b"SSH KEYS")
            file.seek(0)
            file.write(content)
        run, = json.loads(self.text("sarif", self.path("small.jsonl"), status=1))["runs"]
        self.assertIn("was changed", self.said)
        self.assertEqual("error", run["invocations"][0]["toolExecutionNotifications"][0]["level"])

    def test_output_is_written_whole_or_not_at_all(self):
        trace, out = self.small(), self.path("out.sarif")
        with open(out, "w", encoding="utf-8") as file:
            file.write("x" * 100_000)
        self.assertEqual(b"", self.export("sarif", trace, "-o", out))
        with open(out, "rb") as file:
            written = file.read()
        self.assertEqual(self.export("sarif", trace), written)
        bad = self.path("bad.jsonl")
        with open(bad, "w", encoding="utf-8") as file:
            file.write('{"no":"trace"}\n')
        self.export("sarif", bad, "-o", out, status=1)
        with open(out, "rb") as file:
            self.assertEqual(written, file.read(), "what was there was lost for nothing")
        os.symlink(out, self.path("link"))
        self.export("csv", trace, "-o", self.path("link"), status=2)
        self.export("csv", trace, "-o", self.path("x.jsonl"), status=2)
        self.export("csv", trace, "-o", trace, status=2)
        self.export("xml", trace, status=2)
        self.assertIn("sarif, ocsf, falco, chrome-trace, csv", self.said)
        with open("/dev/full", "wb") as full:
            done = subprocess.run([environment.safe_trace(), "trace", "export", "--format", "csv",
                                   trace], stdout=full, stderr=subprocess.PIPE, timeout=60)
        self.assertEqual(2, done.returncode)


VALIDATE_OCSF = r'''
import json, sys
import jsonschema
from ocsf_json_schema import get_ocsf_schema, OcsfJsonSchemaEmbedded
schemas = OcsfJsonSchemaEmbedded(get_ocsf_schema(version="1.5.0"))
validators = {}
def validator(event):
    key = event["class_uid"], tuple(event["metadata"]["profiles"])
    if key not in validators:
        name = schemas.lookup_class_name_from_uid(class_uid=key[0])
        schema = schemas.get_class_schema(class_name=name, profiles=list(key[1]))
        validators[key] = jsonschema.Draft202012Validator(schema)
    return validators[key]
count = 0
for path in sys.argv[1:]:
    with open(path, encoding="utf-8") as file:
        for line in file:
            event = json.loads(line)
            for error in validator(event).iter_errors(event):
                sys.exit("%s\n%s\n%s" % (error.message[:500], list(error.absolute_path), line[:2000]))
            count += 1
for wrong in ({"time": "now"}, {"device": {}}, {"no_such_attribute": 1}, {"class_uid": 7}):
    if not list(validator(event).iter_errors(dict(event, **wrong))):
        sys.exit("the schema takes %r" % wrong)
print(count, "events; the schema refuses what is wrong")
'''
