-- Traces of safe-trace in ClickHouse: one table, a row for each event.
-- Run this once, and load traces with
--   clickhouse-client --query 'INSERT INTO safe_trace.lines FORMAT LineAsString' < RUN.jsonl
--   zstd -dc RUN.jsonl.zst | clickhouse-client --query 'INSERT INTO safe_trace.lines FORMAT LineAsString'
-- docs/trace-schema.md says what each key means. A trace that was loaded twice counts once where
-- the table is read with FINAL, as the queries do. Texts that a line has not are ''.

CREATE DATABASE IF NOT EXISTS safe_trace;

CREATE TABLE IF NOT EXISTS safe_trace.events (
  run_id String,
  sequence UInt64,
  time DateTime64(9, 'UTC'),
  kind LowCardinality(String),
  category LowCardinality(String),
  action LowCardinality(String),
  outcome LowCardinality(String),
  escaped Bool,
  role LowCardinality(String),
  ecosystem LowCardinality(String),
  package_name LowCardinality(String),
  package_version String,
  process_id String,
  parent_process_id String,
  pid Nullable(Int64),
  executable String,
  args Array(String),
  working_directory String,
  exit_code Nullable(Int64),
  sha256 String,
  signal Nullable(Int64),
  decision LowCardinality(String),
  rule LowCardinality(String),
  reason String,
  syscall LowCardinality(String),
  repeated Nullable(Int64),
  file_path String,
  destination_ip String,
  destination_port Nullable(Int64),
  destination_domain Array(String),
  transport LowCardinality(String),
  bytes_out Nullable(Int64),
  bytes_in Nullable(Int64),
  duration_ns Nullable(Int64),
  dns_name String,
  variable String,
  exit_status Nullable(Int64),
  summary_violations Nullable(Int64)
) ENGINE = ReplacingMergeTree
PARTITION BY toYYYYMM(time)
ORDER BY (run_id, sequence);

-- What is inserted here goes through the view into the table above, and is not kept itself.
CREATE TABLE IF NOT EXISTS safe_trace.lines (line String) ENGINE = Null;

CREATE MATERIALIZED VIEW IF NOT EXISTS safe_trace.read_line TO safe_trace.events AS
SELECT
  JSONExtractString(line, 'safe_trace.run_id') AS run_id,
  JSONExtractUInt(line, 'event.sequence') AS sequence,
  parseDateTime64BestEffortOrZero(JSONExtractString(line, '@timestamp'), 9, 'UTC') AS time,
  JSONExtractString(line, 'event.kind') AS kind,
  JSONExtractString(line, 'event.category') AS category,
  JSONExtractString(line, 'event.action') AS action,
  JSONExtractString(line, 'event.outcome') AS outcome,
  JSONExtractBool(line, 'safe_trace.escaped') AS escaped,
  JSONExtractString(line, 'safe_trace.role') AS role,
  JSONExtractString(line, 'safe_trace.ecosystem') AS ecosystem,
  JSONExtractString(line, 'package.name') AS package_name,
  JSONExtractString(line, 'package.version') AS package_version,
  JSONExtractString(line, 'process.entity_id') AS process_id,
  JSONExtractString(line, 'process.parent.entity_id') AS parent_process_id,
  JSONExtract(line, 'process.pid', 'Nullable(Int64)') AS pid,
  JSONExtractString(line, 'process.executable') AS executable,
  JSONExtract(line, 'process.args', 'Array(String)') AS args,
  JSONExtractString(line, 'process.working_directory') AS working_directory,
  JSONExtract(line, 'process.exit_code', 'Nullable(Int64)') AS exit_code,
  JSONExtractString(line, 'process.hash.sha256') AS sha256,
  JSONExtract(line, 'safe_trace.signal', 'Nullable(Int64)') AS signal,
  JSONExtractString(line, 'safe_trace.decision') AS decision,
  JSONExtractString(line, 'rule.id') AS rule,
  JSONExtractString(line, 'safe_trace.reason') AS reason,
  JSONExtractString(line, 'safe_trace.syscall') AS syscall,
  JSONExtract(line, 'safe_trace.repeated', 'Nullable(Int64)') AS repeated,
  JSONExtractString(line, 'file.path') AS file_path,
  JSONExtractString(line, 'destination.ip') AS destination_ip,
  JSONExtract(line, 'destination.port', 'Nullable(Int64)') AS destination_port,
  JSONExtract(line, 'destination.domain', 'Array(String)') AS destination_domain,
  JSONExtractString(line, 'network.transport') AS transport,
  JSONExtract(line, 'source.bytes', 'Nullable(Int64)') AS bytes_out,
  JSONExtract(line, 'destination.bytes', 'Nullable(Int64)') AS bytes_in,
  JSONExtract(line, 'event.duration', 'Nullable(Int64)') AS duration_ns,
  JSONExtractString(line, 'dns.question.name') AS dns_name,
  JSONExtractString(line, 'safe_trace.variable') AS variable,
  JSONExtract(line, 'safe_trace.exit_status', 'Nullable(Int64)') AS exit_status,
  JSONExtract(line, 'safe_trace.summary.violations', 'Nullable(Int64)') AS summary_violations
FROM safe_trace.lines
WHERE JSONExtractString(line, 'safe_trace.run_id') != '';
