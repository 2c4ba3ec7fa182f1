SELECT
  0 AS branch,
  s.id AS session_0,
  s.name AS session_name,
  (
    SELECT
      MIN(c.datestart)
    FROM closedcash AS c
    WHERE
      c.dateend IS NULL
  ) AS session_created_at,
  s.custcount AS session_covers,
  COALESCE(
    (
      SELECT
        SUM(l.quantity * l.price * (
          1 - COALESCE(l.discountrate, 0)
        ) * (
          1 + t.rate
        ))
      FROM sharedticketlines AS l
      JOIN taxes AS t
        ON t.id = l.tax_id
      WHERE
        l.sharedticket_id = s.id
    ),
    0
  ) * (
    1 - COALESCE(s.discountrate, 0)
  ) AS session_total,
  0 AS session_paid,
  NULL
FROM sharedtickets AS s
WHERE
  FALSE
UNION ALL
SELECT
  1 AS branch,
  s.id AS session_0,
  NULL, NULL, NULL, NULL, NULL,
  p.name AS link_name
FROM sharedtickets AS s
JOIN places AS p
  ON p.id = s.id
JOIN floors AS f
  ON f.id = p.floor
WHERE
  FALSE
