SELECT
  0 AS branch,
  s.id AS session_0,
  s.content AS session_created_at,
  w.id AS session_waiter_id,
  0 AS session_paid
FROM sharedtickets AS s
LEFT JOIN people AS w
  ON w.name = s.appuser
WHERE
  s.id = :key_0
