SELECT
  1
FROM sharedtickets AS s
WHERE
  s.id = :key_0

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
  COALESCE(
    (
      SELECT
        SUM(l.quantity * l.price * (
          1 - COALESCE(l.discountrate, 0)
        ) * t.rate)
      FROM sharedticketlines AS l
      JOIN taxes AS t
        ON t.id = l.tax_id
      WHERE
        l.sharedticket_id = s.id
    ),
    0
  ) * (
    1 - COALESCE(s.discountrate, 0)
  ) AS session_tax,
  CASE
    WHEN COALESCE(s.discountrate, 0) <> 0
    THEN s.discountrate * COALESCE(
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
    )
  END AS session_discount_1_amount,
  s.discountrate AS session_discount_1_rate,
  COALESCE(s.discountrate, 0) <> 0 AS session_discount_1_there,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM sharedtickets AS s
WHERE
  s.id = :key_0
UNION ALL
SELECT
  1 AS branch,
  s.id AS session_0,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  p.name AS link_name,
  p.id AS link_id_0,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM sharedtickets AS s
JOIN places AS p
  ON p.id = s.id
JOIN floors AS f
  ON f.id = p.floor
WHERE
  s.id = :key_0
UNION ALL
SELECT
  2 AS branch,
  s.id AS session_0,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  COALESCE(NULLIF(r.code, ''), r.reference, l.id) AS item_id,
  r.name AS item_name,
  l.quantity AS item_quantity,
  l.price AS item_amount_per_item,
  x.rate AS item_tax_rate,
  l.line AS item_order_0,
  l.id AS item_0,
  COALESCE(r.iscom, FALSE) AS item_positional,
  x.id AS item_tax_line_0_id,
  x.name AS item_tax_line_0_name,
  l.quantity * l.price * (
    1 - COALESCE(l.discountrate, 0)
  ) * x.rate * (
    1 - COALESCE(s.discountrate, 0)
  ) AS item_tax_line_0_amount,
  NULL, NULL, NULL, NULL
FROM sharedtickets AS s
JOIN sharedticketlines AS l
  ON l.sharedticket_id = s.id
JOIN taxes AS x
  ON x.id = l.tax_id
LEFT JOIN products AS r
  ON r.id = l.product_id
WHERE
  s.id = :key_0
UNION ALL
SELECT
  3 AS branch,
  s.id AS session_0,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  COALESCE(NULLIF(r.code, ''), r.reference, l.id) AS discount_plu,
  r.name AS discount_name_0,
  NULL, NULL,
  x.rate AS discount_tax_rate,
  l.line AS discount_order_0,
  NULL, NULL, NULL, NULL, NULL,
  (
    COALESCE('discount-', '') || COALESCE(l.line, '')
  ) AS discount_id,
  'discount' AS discount_name_1,
  l.quantity * l.price * l.discountrate AS discount_amount,
  l.discountrate AS discount_rate
FROM sharedtickets AS s
JOIN sharedticketlines AS l
  ON l.sharedticket_id = s.id
JOIN taxes AS x
  ON x.id = l.tax_id
LEFT JOIN products AS r
  ON r.id = l.product_id
WHERE
  s.id = :key_0 AND COALESCE(l.discountrate, 0) <> 0

SELECT
  STRFTIME('%Y-%m-%d %H:%M:%f', 'now')

SELECT lock_id, expires_at, total, deleted FROM epos_adapter_order_lock
WHERE session_id = :session_id AND lock_id = :lock_id

SELECT l.token, l.locked_at, l.terminal, l.waiter, o.lock_id, o.expires_at, o.total, o.deleted
FROM epos_adapter_session_lock l LEFT JOIN epos_adapter_order_lock o ON o.session_id = l.session_id AND o.token = l.token
WHERE l.session_id = :session_id

INSERT INTO epos_adapter_session_lock (session_id, token, terminal, waiter)
VALUES (:session_id, :token, :terminal, :waiter)
ON CONFLICT DO NOTHING

UPDATE epos_adapter_order_lock SET token = :token, expires_at = :expires_at, total = :total
WHERE session_id = :session_id AND lock_id = :lock_id

INSERT INTO epos_adapter_order_lock (session_id, lock_id, token, expires_at, total, deleted)
VALUES (:session_id, :lock_id, :token, :expires_at, :total, :deleted)
