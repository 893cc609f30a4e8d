-- Hosts that a package reached for in the newest run that has it, and in none before.
WITH reached AS (
  SELECT DISTINCT
    e.ecosystem,
    e.package_name,
    s.time AS started,
    coalesce(e.destination_domain[1], e.destination_ip, e.dns_name) AS host
  FROM events e
  JOIN events s ON s.run_id = e.run_id AND s.action = 'run-start'
  WHERE e.package_name IS NOT NULL AND e.category = 'network'
), seen AS (
  SELECT DISTINCT e.ecosystem, e.package_name, s.time AS started
  FROM events e
  JOIN events s ON s.run_id = e.run_id AND s.action = 'run-start'
  WHERE e.package_name IS NOT NULL
), newest AS (
  SELECT ecosystem, package_name, max(started) AS started FROM seen
  GROUP BY ALL HAVING count(*) > 1
)
SELECT n.ecosystem, n.package_name, r.host
FROM newest n
JOIN reached r USING (ecosystem, package_name)
WHERE r.host IS NOT NULL
GROUP BY n.ecosystem, n.package_name, r.host, n.started
HAVING min(r.started) = n.started
ORDER BY n.package_name, r.host;
