-- The programs that packages ran, with the hash of what was run.
SELECT
  ecosystem,
  package_name,
  package_version,
  executable,
  sha256,
  count(*) AS starts,
  min(array_to_string(args, ' ')) AS example
FROM events
WHERE action = 'process-exec' AND package_name IS NOT NULL
  AND coalesce(decision, 'allow') = 'allow'
GROUP BY ALL
ORDER BY package_name, package_version, starts DESC, executable;
