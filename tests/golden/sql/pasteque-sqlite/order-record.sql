SELECT
  1
FROM sharedtickets AS s
WHERE
  s.id = :key_0

SELECT session_id, currency, base, tips, cashback, successful, attempted_at, token, over_payment, conflict
FROM epos_adapter_recorded_payment WHERE payment_id = :payment_id

SELECT refused FROM epos_adapter_payment_intent WHERE payment_id = :payment_id AND refused IS NOT NULL

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

INSERT INTO epos_adapter_payment_intent (payment_id, intent)
VALUES (:payment_id, :intent)
ON CONFLICT DO NOTHING

INSERT INTO epos_adapter_recorded_payment (
  payment_id, token, session_id, currency, base, tips, cashback, successful, attempted_at, over_payment, conflict,
  terminal, waiter, method, status, scheme, auth_code, acquirer_transaction_id)
VALUES (
  :payment_id, :token, :session_id, :currency, :base, :tips, :cashback, :successful, :attempted_at, :over_payment, :conflict,
  :terminal, :waiter, :method, :status, :scheme, :auth_code, :acquirer_transaction_id)
ON CONFLICT DO NOTHING

SELECT
  c.money AS cash
FROM closedcash AS c
WHERE
  c.dateend IS NULL AND c.cashregister_id = :site_cashregister

UPDATE cashregisters SET nextticketid = nextticketid + 1
WHERE
  id = :site_cashregister
RETURNING nextticketid AS following

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
  c.main = TRUE

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
    CAST(:amount AS REAL) / ROUND((
      :rate
    ) * 1.00000000000001, 10),
    :payment_id,
    CASE WHEN :has_tip THEN (
      COALESCE('Tip ', '') || COALESCE(SUBSTR(:tip_text, 1, 20), '')
    ) END
  )

INSERT INTO taxlines (
  id,
  receipt,
  taxid,
  base,
  amount
)
SELECT
  MD5((
    COALESCE(SUBSTR(CAST(:receipt AS TEXT), 1, 36), '') || COALESCE(l.tax_id, '')
  )) AS id,
  :receipt AS receipt,
  l.tax_id AS taxid,
  ROUND(
    (
      ROUND(
        (
          SUM(l.quantity * l.price * (
            1 - COALESCE(l.discountrate, 0)
          )) * (
            1 - MAX(COALESCE(s.discountrate, 0))
          )
        ) * 1.00000000000001,
        6
      )
    ) * 1.00000000000001,
    2
  ) AS base,
  ROUND(
    (
      ROUND(
        (
          SUM(l.quantity * l.price * (
            1 - COALESCE(l.discountrate, 0)
          ) * t.rate) * (
            1 - MAX(COALESCE(s.discountrate, 0))
          )
        ) * 1.00000000000001,
        6
      )
    ) * 1.00000000000001,
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
