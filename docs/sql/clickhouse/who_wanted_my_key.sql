-- Who reached for private keys and other credentials, and what came of it.
SELECT
  ecosystem,
  package_name,
  package_version,
  role,
  file_path,
  decision,
  count() AS events,
  uniqExact(run_id) AS runs,
  max(time) AS last_seen
FROM safe_trace.events FINAL
WHERE rule LIKE 'credential.%' AND file_path != ''
GROUP BY ecosystem, package_name, package_version, role, file_path, decision
ORDER BY last_seen DESC, package_name, file_path;
