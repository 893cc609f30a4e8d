-- Packages with violations in the last seven days.
SELECT
  ecosystem,
  package_name,
  package_version,
  count() AS violations,
  uniqExact(run_id) AS runs,
  arraySort(groupUniqArray(toString(rule))) AS rules,
  max(time) AS last_seen
FROM safe_trace.events FINAL
WHERE kind = 'alert' AND package_name != '' AND time >= now('UTC') - INTERVAL 7 DAY
GROUP BY ecosystem, package_name, package_version
ORDER BY violations DESC, package_name;
