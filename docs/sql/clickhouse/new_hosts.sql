-- Hosts that a package reached for in the newest run that has it, and in none before.
WITH starts AS (
  SELECT run_id, min(time) AS started FROM safe_trace.events FINAL
  WHERE action = 'run-start' GROUP BY run_id
), reached AS (
  SELECT
    e.ecosystem AS ecosystem,
    e.package_name AS package_name,
    s.started AS started,
    multiIf(notEmpty(e.destination_domain), e.destination_domain[1],
            e.destination_ip != '', e.destination_ip, e.dns_name) AS host,
    e.category AS category
  FROM (SELECT * FROM safe_trace.events FINAL WHERE package_name != '') AS e
  JOIN starts AS s ON s.run_id = e.run_id
), newest AS (
  SELECT ecosystem, package_name, max(started) AS newest_start
  FROM reached GROUP BY ecosystem, package_name HAVING uniqExact(started) > 1
)
SELECT r.ecosystem AS ecosystem, r.package_name AS package_name, r.host AS host
FROM reached AS r
JOIN newest AS n ON n.ecosystem = r.ecosystem AND n.package_name = r.package_name
WHERE r.category = 'network' AND r.host != ''
GROUP BY ecosystem, package_name, host, n.newest_start
HAVING min(r.started) = n.newest_start
ORDER BY package_name, host;
