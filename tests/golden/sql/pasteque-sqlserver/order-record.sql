SELECT
  1
FROM sharedtickets AS s   WITH (UPDLOCK, ROWLOCK, HOLDLOCK)
WHERE
  s.id = :key_0

SELECT session_id, currency, base, tips, cashback, successful, attempted_at, token, over_payment, conflict
FROM epos_adapter.recorded_payment WHERE payment_id = :payment_id

SELECT refused FROM epos_adapter.payment_intent WHERE payment_id = :payment_id AND refused IS NOT NULL

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
  SYSUTCDATETIME() AS session_now
FROM sharedtickets AS s
WHERE
  s.id = :key_0

SELECT l.token, l.locked_at, l.terminal, l.waiter, o.lock_id, o.expires_at, o.total, o.deleted
FROM epos_adapter.session_lock l LEFT JOIN epos_adapter.order_lock o ON o.session_id = l.session_id AND o.token = l.token
WHERE l.session_id = :session_id

SELECT
  -1 AS branch,
  b0.session_0 AS c1,
  b0.name AS c2,
  b0.created_at AS c3,
  b0.covers AS c4,
  b0.total AS c5,
  b0.paid AS c6,
  b0.tax AS c7,
  b0.discount_1_amount AS c8,
  b0.discount_1_rate AS c9,
  b0.discount_1_there AS c10,
  b1.name AS c11,
  b1.id_0 AS c12,
  b2.id AS c13,
  b2.name AS c14,
  b2.quantity AS c15,
  b2.amount_per_item AS c16,
  b2.tax_rate AS c17,
  b2.order_0 AS c18,
  b2.item_0 AS c19,
  b2.positional AS c20,
  b2.tax_line_0_id AS c21,
  b2.tax_line_0_name AS c22,
  b2.tax_line_0_amount AS c23,
  b3.id AS c24,
  b3.name_1 AS c25,
  b3.amount AS c26,
  b3.rate AS c27
FROM (
  SELECT
    s.id AS session_0,
    s.name AS name,
    (
      SELECT
        MIN(c.datestart)
      FROM closedcash AS c
      WHERE
        c.dateend IS NULL
    ) AS created_at,
    s.custcount AS covers,
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
    s.discountrate AS discount_1_rate,
    CASE WHEN COALESCE(s.discountrate, 0) <> 0 THEN 1 WHEN NOT (
      COALESCE(s.discountrate, 0) <> 0
    ) THEN 0 END AS discount_1_there
  FROM sharedtickets AS s
) AS b0
CROSS JOIN (
  SELECT
    p.name AS name,
    p.id AS id_0
  FROM sharedtickets AS s
  JOIN places AS p
    ON p.id = s.id
  JOIN floors AS f
    ON f.id = p.floor
) AS b1
CROSS JOIN (
  SELECT
    COALESCE(NULLIF(r.code, ''), r.reference, l.id) AS id,
    r.name AS name,
    l.quantity AS quantity,
    l.price AS amount_per_item,
    x.rate AS tax_rate,
    l.line AS order_0,
    l.id AS item_0,
    COALESCE(r.iscom, 0) AS positional,
    x.id AS tax_line_0_id,
    x.name AS tax_line_0_name,
    l.quantity * l.price * (
      1 - COALESCE(l.discountrate, 0)
    ) * x.rate * (
      1 - COALESCE(s.discountrate, 0)
    ) AS tax_line_0_amount
  FROM sharedtickets AS s
  JOIN sharedticketlines AS l
    ON l.sharedticket_id = s.id
  JOIN taxes AS x
    ON x.id = l.tax_id
  LEFT JOIN products AS r
    ON r.id = l.product_id
) AS b2
CROSS JOIN (
  SELECT
    CONCAT('discount-', l.line) AS id,
    'discount' AS name_1,
    l.quantity * l.price * l.discountrate AS amount,
    l.discountrate AS rate
  FROM sharedtickets AS s
  JOIN sharedticketlines AS l
    ON l.sharedticket_id = s.id
  JOIN taxes AS x
    ON x.id = l.tax_id
  LEFT JOIN products AS r
    ON r.id = l.product_id
) AS b3
WHERE
  1 = 0
UNION ALL
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
  CASE WHEN COALESCE(s.discountrate, 0) <> 0 THEN 1 WHEN NOT (
    COALESCE(s.discountrate, 0) <> 0
  ) THEN 0 END AS session_discount_1_there,
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
  COALESCE(r.iscom, 0) AS item_positional,
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
  CONCAT('discount-', l.line) AS discount_id,
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

INSERT INTO epos_adapter.payment_intent (payment_id, intent)
VALUES (:payment_id, :intent)

INSERT INTO epos_adapter.recorded_payment (
  payment_id, token, session_id, currency, base, tips, cashback, successful, attempted_at, over_payment, conflict,
  terminal, waiter, method, status, scheme, auth_code, acquirer_transaction_id)
VALUES (
  :payment_id, :token, :session_id, :currency, :base, :tips, :cashback, :successful, :attempted_at, :over_payment, :conflict,
  :terminal, :waiter, :method, :status, :scheme, :auth_code, :acquirer_transaction_id)

SELECT
  c.money AS cash
FROM closedcash AS c
WHERE
  c.dateend IS NULL AND c.cashregister_id = :site_cashregister

UPDATE cashregisters SET nextticketid = nextticketid + 1
OUTPUT inserted.nextticketid AS following
WHERE
  id = :site_cashregister

INSERT INTO receipts (
  id,
  money,
  datenew
)
VALUES
  (:receipt, :cash, :now)

INSERT INTO tickets (
  id,
  tickettype,
  ticketid,
  person,
  customer,
  custcount,
  tariffarea,
  discountrate,
  discountprofile_id
)
SELECT
  :receipt,
  0,
  :following - 1,
  :site_person,
  s.customer_id,
  s.custcount,
  s.tariffarea_id,
  COALESCE(s.discountrate, 0),
  s.discountprofile_id
FROM sharedtickets AS s
WHERE
  s.id = :session_id

INSERT INTO ticketlines (
  ticket,
  line,
  product,
  units,
  price,
  taxid,
  discountrate,
  attributes
)
SELECT
  :receipt,
  l.line,
  l.product_id,
  l.quantity,
  COALESCE(l.price, 0),
  l.tax_id,
  COALESCE(l.discountrate, 0),
  l.attributes
FROM sharedticketlines AS l
WHERE
  l.sharedticket_id = :session_id

SELECT
  c.id AS main_currency,
  c.rate AS rate
FROM currencies AS c
WHERE
  c.main = 1

INSERT INTO payments (
  id,
  receipt,
  payment,
  total,
  currency,
  totalcurrency,
  transid,
  note
)
VALUES
  (
    :payment,
    :receipt,
    'magcard',
    :amount,
    :main_currency,
    (
      :amount
    ) * 1.0 / CAST(:rate AS NUMERIC(20, 10)),
    :payment_id,
    CASE WHEN :has_tip = 1 THEN CONCAT('Tip ', CAST(:tip AS NVARCHAR(20))) END
  )

INSERT INTO taxlines (
  id,
  receipt,
  taxid,
  base,
  amount
)
SELECT
  LOWER(
    CONVERT(VARCHAR(32), HASHBYTES('MD5', CAST(CONCAT(CAST(:receipt AS NVARCHAR(36)), l.tax_id) AS VARCHAR(8000))), 2)
  ) AS id,
  :receipt AS receipt,
  l.tax_id AS taxid,
  ROUND(
    CAST(SUM(l.quantity * l.price * (
      1 - COALESCE(l.discountrate, 0)
    )) * (
      1 - MAX(COALESCE(s.discountrate, 0))
    ) AS NUMERIC(20, 6)),
    2
  ) AS base,
  ROUND(
    CAST(SUM(l.quantity * l.price * (
      1 - COALESCE(l.discountrate, 0)
    ) * t.rate) * (
      1 - MAX(COALESCE(s.discountrate, 0))
    ) AS NUMERIC(20, 6)),
    2
  ) AS amount
FROM sharedticketlines AS l
JOIN taxes AS t
  ON t.id = l.tax_id
JOIN sharedtickets AS s
  ON s.id = l.sharedticket_id
WHERE
  s.id = :session_id
GROUP BY
  l.tax_id

DELETE FROM sharedticketlines
WHERE
  sharedticket_id = :session_id

DELETE FROM sharedtickets
WHERE
  id = :session_id

SELECT
  -1 AS branch,
  b0.session_0 AS c1,
  b0.name AS c2,
  b0.created_at AS c3,
  b0.covers AS c4,
  b0.total AS c5,
  b0.paid AS c6,
  b0.tax AS c7,
  b0.discount_1_amount AS c8,
  b0.discount_1_rate AS c9,
  b0.discount_1_there AS c10,
  b1.name AS c11,
  b1.id_0 AS c12,
  b2.id AS c13,
  b2.name AS c14,
  b2.quantity AS c15,
  b2.amount_per_item AS c16,
  b2.tax_rate AS c17,
  b2.order_0 AS c18,
  b2.item_0 AS c19,
  b2.positional AS c20,
  b2.tax_line_0_id AS c21,
  b2.tax_line_0_name AS c22,
  b2.tax_line_0_amount AS c23,
  b3.id AS c24,
  b3.name_1 AS c25,
  b3.amount AS c26,
  b3.rate AS c27
FROM (
  SELECT
    s.id AS session_0,
    s.name AS name,
    (
      SELECT
        MIN(c.datestart)
      FROM closedcash AS c
      WHERE
        c.dateend IS NULL
    ) AS created_at,
    s.custcount AS covers,
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
    s.discountrate AS discount_1_rate,
    CASE WHEN COALESCE(s.discountrate, 0) <> 0 THEN 1 WHEN NOT (
      COALESCE(s.discountrate, 0) <> 0
    ) THEN 0 END AS discount_1_there
  FROM sharedtickets AS s
) AS b0
CROSS JOIN (
  SELECT
    p.name AS name,
    p.id AS id_0
  FROM sharedtickets AS s
  JOIN places AS p
    ON p.id = s.id
  JOIN floors AS f
    ON f.id = p.floor
) AS b1
CROSS JOIN (
  SELECT
    COALESCE(NULLIF(r.code, ''), r.reference, l.id) AS id,
    r.name AS name,
    l.quantity AS quantity,
    l.price AS amount_per_item,
    x.rate AS tax_rate,
    l.line AS order_0,
    l.id AS item_0,
    COALESCE(r.iscom, 0) AS positional,
    x.id AS tax_line_0_id,
    x.name AS tax_line_0_name,
    l.quantity * l.price * (
      1 - COALESCE(l.discountrate, 0)
    ) * x.rate * (
      1 - COALESCE(s.discountrate, 0)
    ) AS tax_line_0_amount
  FROM sharedtickets AS s
  JOIN sharedticketlines AS l
    ON l.sharedticket_id = s.id
  JOIN taxes AS x
    ON x.id = l.tax_id
  LEFT JOIN products AS r
    ON r.id = l.product_id
) AS b2
CROSS JOIN (
  SELECT
    CONCAT('discount-', l.line) AS id,
    'discount' AS name_1,
    l.quantity * l.price * l.discountrate AS amount,
    l.discountrate AS rate
  FROM sharedtickets AS s
  JOIN sharedticketlines AS l
    ON l.sharedticket_id = s.id
  JOIN taxes AS x
    ON x.id = l.tax_id
  LEFT JOIN products AS r
    ON r.id = l.product_id
) AS b3
WHERE
  1 = 0
UNION ALL
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
  CASE WHEN COALESCE(s.discountrate, 0) <> 0 THEN 1 WHEN NOT (
    COALESCE(s.discountrate, 0) <> 0
  ) THEN 0 END AS session_discount_1_there,
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
  COALESCE(r.iscom, 0) AS item_positional,
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
  CONCAT('discount-', l.line) AS discount_id,
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
