SELECT
  1
FROM sharedtickets AS s
WHERE
  s.id = :key_0   FOR UPDATE

SELECT
  -1 AS branch,
  b0.session_0 AS c1,
  b0.created_at AS c2,
  b0.total AS c3,
  b0.paid AS c4,
  b0.tax AS c5,
  b0.discount_1_amount AS c6,
  b0.discount_1_there AS c7,
  b1.id AS c8,
  b1.name AS c9,
  b1.category_0 AS c10,
  b1.category_1 AS c11,
  b1.quantity AS c12,
  b1.amount_per_item AS c13,
  b1.tax_rate AS c14,
  b1.order_0 AS c15,
  b1.item_0 AS c16,
  b1.positional AS c17,
  b2.id AS c18,
  b2.name_1 AS c19,
  b2.amount AS c20
FROM (
  SELECT
    s.id AS session_0,
    (
      SELECT
        MIN(c.datestart)
      FROM closedcash AS c
      WHERE
        c.dateend IS NULL
    ) AS created_at,
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
    ) AS total,
    0 AS paid,
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
    ) AS tax,
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
    END AS discount_1_amount,
    COALESCE(s.discountrate, 0) <> 0 AS discount_1_there
  FROM sharedtickets AS s
) AS b0
CROSS JOIN (
  SELECT
    COALESCE(NULLIF(r.code, ''), r.reference, l.id) AS id,
    r.name AS name,
    g.name AS category_0,
    c.name AS category_1,
    l.quantity AS quantity,
    l.price AS amount_per_item,
    x.rate AS tax_rate,
    l.line AS order_0,
    l.id AS item_0,
    COALESCE(r.iscom, FALSE) AS positional
  FROM sharedtickets AS s
  JOIN sharedticketlines AS l
    ON l.sharedticket_id = s.id
  JOIN taxes AS x
    ON x.id = l.tax_id
  LEFT JOIN products AS r
    ON r.id = l.product_id
  LEFT JOIN categories AS c
    ON c.id = r.category
  LEFT JOIN categories AS g
    ON g.id = c.parentid
) AS b1
CROSS JOIN (
  SELECT
    CONCAT('discount-', l.line) AS id,
    'discount' AS name_1,
    l.quantity * l.price * l.discountrate AS amount
  FROM sharedtickets AS s
  JOIN sharedticketlines AS l
    ON l.sharedticket_id = s.id
  JOIN taxes AS x
    ON x.id = l.tax_id
  LEFT JOIN products AS r
    ON r.id = l.product_id
) AS b2
WHERE
  1 = 0
UNION ALL
SELECT
  0 AS branch,
  s.id AS session_0,
  (
    SELECT
      MIN(c.datestart)
    FROM closedcash AS c
    WHERE
      c.dateend IS NULL
  ) AS session_created_at,
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
  COALESCE(s.discountrate, 0) <> 0 AS session_discount_1_there,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM sharedtickets AS s
WHERE
  s.id = :key_0
UNION ALL
SELECT
  1 AS branch,
  s.id AS session_0,
  NULL, NULL, NULL, NULL, NULL, NULL,
  COALESCE(NULLIF(r.code, ''), r.reference, l.id) AS item_id,
  r.name AS item_name,
  g.name AS item_category_0,
  c.name AS item_category_1,
  l.quantity AS item_quantity,
  l.price AS item_amount_per_item,
  x.rate AS item_tax_rate,
  l.line AS item_order_0,
  l.id AS item_0,
  COALESCE(r.iscom, FALSE) AS item_positional,
  NULL, NULL, NULL
FROM sharedtickets AS s
JOIN sharedticketlines AS l
  ON l.sharedticket_id = s.id
JOIN taxes AS x
  ON x.id = l.tax_id
LEFT JOIN products AS r
  ON r.id = l.product_id
LEFT JOIN categories AS c
  ON c.id = r.category
LEFT JOIN categories AS g
  ON g.id = c.parentid
WHERE
  s.id = :key_0
UNION ALL
SELECT
  2 AS branch,
  s.id AS session_0,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  r.name AS discount_name_0,
  NULL, NULL, NULL, NULL,
  x.rate AS discount_tax_rate,
  l.line AS discount_order_0,
  NULL, NULL,
  CONCAT('discount-', l.line) AS discount_id,
  'discount' AS discount_name_1,
  l.quantity * l.price * l.discountrate AS discount_amount
FROM sharedtickets AS s
JOIN sharedticketlines AS l
  ON l.sharedticket_id = s.id
JOIN taxes AS x
  ON x.id = l.tax_id
LEFT JOIN products AS r
  ON r.id = l.product_id
WHERE
  s.id = :key_0 AND COALESCE(l.discountrate, 0) <> 0

SELECT l.token, l.locked_at, l.terminal, l.waiter, o.lock_id, o.expires_at, o.total, o.deleted
FROM epos_adapter.session_lock l LEFT JOIN epos_adapter.order_lock o ON o.session_id = l.session_id AND o.token = l.token
WHERE l.session_id = :session_id

INSERT INTO epos_adapter.session_lock (session_id, token, terminal, waiter)
VALUES (:session_id, :token, :terminal, :waiter)
ON CONFLICT DO NOTHING
