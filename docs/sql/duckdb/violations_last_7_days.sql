-- Packages with violations in the last seven days.
SELECT
  ecosystem,
  package_name,
  package_version,
  count(*) AS violations,
  count(DISTINCT run_id) AS runs,
  list(DISTINCT rule ORDER BY rule) AS rules,
  max(time) AS last_seen
FROM events
WHERE kind = 'alert'
  AND package_name IS NOT NULL
  AND time >= (now() AT TIME ZONE 'UTC') - INTERVAL 7 DAY
GROUP BY ALL
ORDER BY violations DESC, package_name;
