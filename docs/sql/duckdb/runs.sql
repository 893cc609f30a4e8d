-- The runs, newest first, with how they ended.
SELECT
  s.run_id,
  s.time AS started,
  array_to_string(s.args, ' ') AS command,
  e.exit_status,
  e.summary_violations AS violations
FROM events s
LEFT JOIN events e ON e.run_id = s.run_id AND e.action = 'run-end'
WHERE s.action = 'run-start'
ORDER BY started DESC;
