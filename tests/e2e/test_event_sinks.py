"""Events on their way to collectors: complete, bounded, never in the run's way, out of the command's
reach."""

import json
import os
import socket
import subprocess
import time
import unittest

import environment
from collectors import LineSocket, OtlpCollector
from trace_file import newest_trace
from world import World

# What the command does: violations and ordinary events.
READ_SECRETS = 'for i in 1 2 3; do cat "$HOME/.ssh/id_rsa"; ls /etc >/dev/null; done; true'


class EventSinks(unittest.TestCase):
    def setUp(self):
        self.world = World()
        self.addCleanup(self.world.close)

    def run_with(self, sinks, command=READ_SECRETS, options=(), config=""):
        if config:
            place = os.path.join(self.world.home, ".config", "safe-trace")
            os.makedirs(place, exist_ok=True)
            with open(os.path.join(place, "config.toml"), "w", encoding="utf-8") as file:
                file.write(config)
        words = [word for sink in sinks for word in ("--sink", sink)]
        started = time.monotonic()
        done = subprocess.run(
            [environment.safe_trace(), *words, *options, "run", "--", "sh", "-c", command],
            env=self.world.env(), cwd=self.world.project, timeout=60, stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.seconds = time.monotonic() - started
        self.said = done.stderr.decode()
        return done

    def collector(self, **how):
        collector = OtlpCollector(**how)
        self.addCleanup(collector.close)
        return collector

    def line_socket(self, **how):
        sink = LineSocket(os.path.join(self.world.runtime, "collector.sock"), **how)
        self.addCleanup(sink.close)
        return sink

    def sink_text(self):
        """What the trace's last line says of the one sink, as numbers."""
        text, = newest_trace(self.world.state).summary["safe_trace.summary.sinks"]
        return text, dict((part.split("=") + [""])[:2] for part in text.split(" ")[1:])

    def test_otlp_collector_gets_every_event_of_the_trace_as_a_strict_log_record(self):
        collector = self.collector()
        self.assertEqual(0, self.run_with([collector.address]).returncode)
        self.assertEqual([], collector.problems)
        trace = newest_trace(self.world.state)
        expected = [{key: value for key, value in event.items() if key != "@timestamp"}
                    for event in trace.events]
        self.assertEqual(expected, collector.events())
        about, first = collector.records[0]
        self.assertEqual("safe-trace", about["service.name"])
        self.assertEqual(socket.gethostname(), about["host.name"])
        self.assertEqual(trace.events[0]["safe_trace.run_id"], about["safe_trace.run_id"])
        self.assertEqual(9, first["severityNumber"])
        for (_, record), event in zip(collector.records, trace.events):
            seconds = time.strptime(event["@timestamp"][:19], "%Y-%m-%dT%H:%M:%S")
            import calendar
            nanoseconds = calendar.timegm(seconds) * 10**9 + int(event["@timestamp"][20:29])
            self.assertEqual(str(nanoseconds), record["timeUnixNano"])
            if event["event.kind"] == "alert":
                self.assertEqual(17, record["severityNumber"])
                self.assertIn(".ssh/id_rsa", record["body"]["stringValue"])
        self.assertTrue(any(event["event.kind"] == "alert" for event in trace.events))
        self.assertIn("sink        %s delivered=%d dropped=0 rejected=0"
                      % (collector.address, len(trace.events)), self.said)

    def test_unix_socket_gets_the_very_lines_of_the_trace(self):
        sink = self.line_socket()
        self.assertEqual(0, self.run_with([], config='[trace]\nsinks = ["unix:%s"]\n' % sink.path)
                         .returncode)
        with open(newest_trace(self.world.state).path, "rb") as file:
            self.assertEqual(file.read(), sink.received)

    def test_several_sinks_get_the_same(self):
        sink, collector = self.line_socket(), self.collector()
        self.run_with(["unix:" + sink.path, collector.address])
        self.assertEqual(len(sink.events()), len(collector.events()))

    def test_unavailable_collector_is_asked_again_until_it_takes_the_events(self):
        collector = self.collector(answers=(503, 429, 502))
        self.run_with([collector.address], command=READ_SECRETS + "; sleep 1.5")
        self.assertEqual(len(newest_trace(self.world.state).events), len(collector.events()))
        self.assertGreaterEqual(collector.requests, 4)

    def test_rejected_events_are_counted_and_not_sent_again(self):
        collector = self.collector(answers=(400,))
        self.run_with([collector.address], command="true; sleep 1")
        _, counts = self.sink_text()
        self.assertGreaterEqual(int(counts["rejected"]), 1)
        came = [event["event.sequence"] for event in collector.events()]
        self.assertEqual(sorted(set(came)), came, "none twice")
        self.assertNotIn(1, came, "what was rejected is not sent again")
        partial = self.collector(rejected=1)
        self.run_with([partial.address], command="sleep 0.5")
        self.assertEqual("1", self.sink_text()[1]["rejected"])

    def test_dead_collector_costs_the_run_nothing_but_a_wait_at_its_end(self):
        with socket.socket() as free:
            free.bind(("127.0.0.1", 0))
            port = free.getsockname()[1]  # bound, and nobody listens
            done = self.run_with(["otlp+http://127.0.0.1:%d" % port])
        self.assertEqual(0, done.returncode, self.said)
        self.assertLess(self.seconds, 12)
        text, counts = self.sink_text()
        self.assertEqual("0", counts["delivered"], text)
        events = len(newest_trace(self.world.state).events)
        self.assertIn("dropped=%d" % events, self.said)
        self.assertIn("violations_dropped=3", self.said)
        self.assertIn("error=", self.said)

    def test_collector_that_never_answers_does_not_hold_the_run(self):
        collector = self.collector(delay=30)
        started = time.monotonic()
        self.assertEqual(0, self.run_with([collector.address]).returncode)
        self.assertLess(time.monotonic() - started, 12)
        self.assertIn("delivered=0", self.said)

    def test_socket_that_stops_reading_does_not_hold_the_run(self):
        sink = self.line_socket(reads=1000)
        done = self.run_with(["unix:" + sink.path], options=("--log-level", "full"),
                             command="i=0; while [ $i -lt 300 ]; do cat /etc/passwd >/dev/null;"
                                     " i=$((i+1)); done")
        self.assertEqual(0, done.returncode)
        self.assertLess(self.seconds, 30)
        self.assertRegex(self.said, r"dropped=[1-9]")

    def test_socket_that_disappears_and_comes_back_misses_no_line(self):
        sink = self.line_socket(hangs_up_after=(300, 2500))
        self.run_with(["unix:" + sink.path], command=READ_SECRETS + "; sleep 1.5")
        self.assertGreaterEqual(sink.connections, 3)
        expected = {event["event.sequence"] for event in newest_trace(self.world.state).events}
        came = {event["event.sequence"] for event in sink.events() if isinstance(event, dict)}
        # What lay in the kernel's buffers when it hung up is lost, as with any stream socket.
        self.assertLessEqual(came, expected)
        self.assertIn(max(expected), came)

    def test_command_can_neither_reach_nor_find_a_sink(self):
        sink, collector = self.line_socket(), self.collector()
        attempt = (
            "import json, socket, sys\n"
            "unix = socket.socket(socket.AF_UNIX)\n"
            "inet = socket.socket()\n"
            "for name, it, where in (('unix', unix, %r), ('inet', inet, ('127.0.0.1', %d))):\n"
            "    try:\n"
            "        it.connect(where)\n"
            "        it.sendall(b'POST /v1/logs HTTP/1.0\\r\\n\\r\\n{\"forged\": 1}\\n')\n"
            "        print(name, 'REACHED')\n"
            "    except OSError as error:\n"
            "        print(name, error.errno)\n"
            "if len(sys.argv) > 1:\n"
            "    import os\n"
            "    for call in (os.unlink, lambda path: os.rename(path, path + '.mine')):\n"
            "        try:\n"
            "            call(%r)\n"
            "            print('REPLACED')\n"
            "        except OSError:\n"
            "            pass\n" % (sink.path, collector.port, sink.path))
        path = os.path.join(self.world.project, "attempt.py")
        with open(path, "w", encoding="utf-8") as file:
            file.write(attempt)
        bare = subprocess.run(["python3", path], stdout=subprocess.PIPE).stdout
        self.assertEqual(2, bare.count(b"REACHED"), bare)
        sink.received = b""
        collector.problems.clear()
        done = self.run_with(["unix:" + sink.path, collector.address], command="python3 attempt.py replace")
        self.assertNotIn(b"REACHED", done.stdout)
        self.assertNotIn(b"REPLACED", done.stdout)
        self.assertTrue(os.path.exists(sink.path))
        self.assertEqual(2, len(done.stdout.splitlines()))
        self.assertNotIn(b'{"forged": 1}\n', sink.received)
        self.assertEqual([], collector.problems)

    def test_program_of_the_sinks_is_not_the_commands_to_end(self):
        sink = self.line_socket()
        kill = ("import os, signal\n"
                "for name in os.listdir('/proc'):\n"
                "    try:\n"
                "        if name.isdigit() and b'safe-trace-sink' in open('/proc/%s/cmdline' % name,"
                " 'rb').read():\n"
                "            os.kill(int(name), signal.SIGKILL)\n"
                "            print('KILLED')\n"
                "    except OSError:\n"
                "        pass\n")
        with open(os.path.join(self.world.project, "kill.py"), "w", encoding="utf-8") as file:
            file.write(kill)
        done = self.run_with(["unix:" + sink.path], command="python3 kill.py")
        self.assertNotIn(b"KILLED", done.stdout)
        self.assertEqual(len(newest_trace(self.world.state).events), len(sink.events()))

    def test_violation_of_a_run_that_is_killed_has_left_already(self):
        sink = self.line_socket()
        run = subprocess.Popen(
            [environment.safe_trace(), "--sink", "unix:" + sink.path, "run", "--", "sh", "-c",
             READ_SECRETS + "; echo read; sleep 60"], env=self.world.env(), cwd=self.world.project,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL)
        try:
            self.assertEqual(b"read\n", run.stdout.readline())
            run.kill()  # at once: what is written to the trace is on its way
            run.wait(20)
        finally:
            run.stdout.close()
        deadline = time.monotonic() + 10
        while sink.received.count(b'"alert"') < 3 and time.monotonic() < deadline:
            time.sleep(0.05)
        with open(newest_trace(self.world.state).path, "rb") as file:
            self.assertEqual(file.read(), sink.received)
        self.assertEqual(3, sink.received.count(b'"alert"'))

    def test_what_is_no_sink_is_refused_before_anything_runs(self):
        for sink, why in (("otlp+https://collector.example/v1/logs", "collector on this machine"),
                          ("unix:relative", "absolute"), ("tcp:1", "not a sink"),
                          ("otlp+http://user@host", "user"), ("otlp+http://h:99999", "port")):
            done = self.run_with([sink], command="touch ran")
            self.assertEqual(125, done.returncode)
            self.assertIn(why, self.said)
        self.assertFalse(os.path.exists(os.path.join(self.world.project, "ran")))

    def test_sinks_of_a_projects_file_count_only_when_it_is_trusted(self):
        sink = self.line_socket()
        with open(os.path.join(self.world.project, "safe-trace.toml"), "w",
                  encoding="utf-8") as file:
            file.write('[trace]\nsinks = ["unix:%s"]\nsign_key = "k"\n' % sink.path)
        self.assertEqual(0, self.run_with([]).returncode)
        self.assertIn("[trace] sinks", self.said)
        self.assertIn("[trace] sign_key", self.said)
        self.assertEqual(0, sink.connections)


if __name__ == "__main__":
    environment.main()
