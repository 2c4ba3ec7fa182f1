SELECT
  -1 AS branch,
  b0.session_0 AS c1,
  b0.name AS c2,
  b0.created_at AS c3,
  b0.payable AS c4,
  b0.waiter_id AS c5,
  b0.waiter_name AS c6,
  b0.paid AS c7,
  b1.name AS c8
FROM (
  SELECT
    s.id AS session_0,
    s.name AS name,
    s.content AS created_at,
    s.locked IS NULL OR s.locked = '' AS payable,
    w.id AS waiter_id,
    w.name AS waiter_name,
    0 AS paid
  FROM sharedtickets AS s
  LEFT JOIN people AS w
    ON w.name = s.appuser
) AS b0
CROSS JOIN (
  SELECT
    p.name AS name
  FROM sharedtickets AS s
  JOIN places AS p
    ON p.id = s.id
  JOIN floors AS f
    ON f.id = p.floor
) AS b1
WHERE
  1 = 0
UNION ALL
SELECT
  0 AS branch,
  s.id AS session_0,
  s.name AS session_name,
  s.content AS session_created_at,
  s.locked IS NULL OR s.locked = '' AS session_payable,
  w.id AS session_waiter_id,
  w.name AS session_waiter_name,
  0 AS session_paid,
  NULL
FROM sharedtickets AS s
LEFT JOIN people AS w
  ON w.name = s.appuser
WHERE
  FALSE
UNION ALL
SELECT
  1 AS branch,
  s.id AS session_0,
  NULL, NULL, NULL, NULL, NULL, NULL,
  p.name AS link_name
FROM sharedtickets AS s
JOIN places AS p
  ON p.id = s.id
JOIN floors AS f
  ON f.id = p.floor
WHERE
  FALSE
