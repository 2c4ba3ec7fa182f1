SELECT
  0 AS branch,
  COALESCE(NULLIF(TRIM(t.name), ''), CONCAT('Table ', t.id)) AS table_name,
  t.capacity AS table_max_covers,
  s.table_status AS table_status,
  f.name AS table_area_name
FROM shop_table AS t
LEFT JOIN shop_floor AS f
  ON f.id = t.floor_id
LEFT JOIN shop_table_status AS s
  ON s.id = t.id
WHERE
  TRIM(CAST(COALESCE(NULLIF(TRIM(t.name), ''), CONCAT('Table ', t.id)) AS TEXT)) = ANY(
    :names
  )
