SELECT
  0 AS branch,
  p.name AS table_name,
  :site_covers_per_table AS table_max_covers,
  CASE WHEN EXISTS(
    SELECT
      1
    FROM sharedtickets AS s
    WHERE
      s.id = p.id
  ) THEN 1 ELSE 0 END AS table_status,
  f.name AS table_area_name
FROM places AS p
JOIN floors AS f
  ON f.id = p.floor
