-- Files that were left to take part in later starts, and who brought them.
SELECT time, run_id, ecosystem, package_name, package_version, file_path
FROM safe_trace.events FINAL
WHERE action = 'startup-file'
ORDER BY time DESC, file_path;
