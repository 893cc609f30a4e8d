-- Which hosts each package and manager reached or tried to, and how many bytes passed.
SELECT
  coalesce(package_name, role) AS who,
  coalesce(destination_domain[1], destination_ip) AS host,
  destination_port AS port,
  count(*) FILTER (action = 'network-connect' AND decision IS DISTINCT FROM 'allow'
                   AND decision IS NOT NULL) AS refused,
  count(*) FILTER (action = 'network-connect'
                   AND coalesce(decision, 'allow') = 'allow') AS connections,
  coalesce(sum(bytes_out), 0) AS bytes_out,
  coalesce(sum(bytes_in), 0) AS bytes_in
FROM events
WHERE category = 'network' AND (destination_ip IS NOT NULL OR destination_domain IS NOT NULL)
GROUP BY ALL
ORDER BY bytes_out DESC, refused DESC, who, host;
