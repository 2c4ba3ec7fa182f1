SELECT
  1
FROM sharedtickets AS s
WHERE
  s.id = :key_0

SELECT
  0 AS branch,
  s.id AS session_0,
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
  STRFTIME('%Y-%m-%d %H:%M:%f', 'now') AS session_now
FROM sharedtickets AS s
WHERE
  s.id = :key_0

SELECT l.token, l.locked_at, l.terminal, l.waiter, o.lock_id, o.expires_at, o.total, o.deleted
FROM epos_adapter_session_lock l LEFT JOIN epos_adapter_order_lock o ON o.session_id = l.session_id AND o.token = l.token
WHERE l.session_id = :session_id

DELETE FROM epos_adapter_session_lock WHERE session_id = :session_id
