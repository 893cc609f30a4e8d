-- Which hosts each package and manager reached or tried to, and how many bytes passed.
SELECT
  if(package_name = '', toString(role), toString(package_name)) AS who,
  if(empty(destination_domain), destination_ip, destination_domain[1]) AS host,
  destination_port AS port,
  countIf(action = 'network-connect' AND decision NOT IN ('', 'allow')) AS refused,
  countIf(action = 'network-connect' AND decision IN ('', 'allow')) AS connections,
  ifNull(sum(bytes_out), 0) AS total_out,
  ifNull(sum(bytes_in), 0) AS total_in
FROM safe_trace.events FINAL
WHERE category = 'network' AND (destination_ip != '' OR notEmpty(destination_domain))
GROUP BY who, host, port
ORDER BY total_out DESC, refused DESC, who, host;
