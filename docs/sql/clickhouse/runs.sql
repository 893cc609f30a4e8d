-- The runs, newest first, with how they ended.
SELECT
  s.run_id AS run_id,
  s.time AS started,
  arrayStringConcat(s.args, ' ') AS command,
  e.exit_status AS exit_status,
  e.summary_violations AS violations
FROM (SELECT run_id, time, args FROM safe_trace.events FINAL WHERE action = 'run-start') AS s
LEFT JOIN (
  SELECT run_id, exit_status, summary_violations FROM safe_trace.events FINAL
  WHERE action = 'run-end'
) AS e ON e.run_id = s.run_id
ORDER BY started DESC;
