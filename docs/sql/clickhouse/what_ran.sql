-- The programs that packages ran, with the hash of what was run.
SELECT
  ecosystem,
  package_name,
  package_version,
  executable,
  sha256,
  count() AS starts,
  min(arrayStringConcat(args, ' ')) AS example
FROM safe_trace.events FINAL
WHERE action = 'process-exec' AND package_name != '' AND decision IN ('', 'allow')
GROUP BY ecosystem, package_name, package_version, executable, sha256
ORDER BY package_name, package_version, starts DESC, executable;
