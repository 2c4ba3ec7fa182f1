SELECT
  0 AS branch,
  p.name AS table_name,
  :site_covers_per_table AS table_max_covers,
  EXISTS(
    SELECT
      1
    FROM sharedtickets AS s
    WHERE
      s.id = p.id
  ) AS table_status,
  f.name AS table_area_name
FROM places AS p
JOIN floors AS f
  ON f.id = p.floor
WHERE
  TRIM(CAST(p.name AS CHAR)) IN :names
