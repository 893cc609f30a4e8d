-- Who reached for private keys and other credentials, and what came of it.
SELECT
  ecosystem,
  package_name,
  package_version,
  role,
  file_path,
  decision,
  count(*) AS events,
  count(DISTINCT run_id) AS runs,
  max(time) AS last_seen
FROM events
WHERE rule LIKE 'credential.%' AND file_path IS NOT NULL
GROUP BY ALL
ORDER BY last_seen DESC, package_name, file_path;
