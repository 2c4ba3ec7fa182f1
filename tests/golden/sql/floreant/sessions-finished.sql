SELECT
  -1 AS branch,
  b0.session_0 AS c1,
  b0.name AS c2,
  b0.created_at AS c3,
  b0.finished AS c4,
  b0.finished_at AS c5,
  b0.payable AS c6,
  b0.covers AS c7,
  b0.waiter_id AS c8,
  b0.waiter_name_0 AS c9,
  b0.waiter_name_1 AS c10,
  b0.total AS c11,
  b0.paid AS c12,
  b1.name AS c13,
  b1.order_0 AS c14
FROM (
  SELECT
    k.id AS session_0,
    CONCAT('Check ', COALESCE(k.daily_folio, k.id)) AS name,
    k.create_date AS created_at,
    k.settled AS finished,
    k.closing_date AS finished_at,
    k.paid = FALSE AS payable,
    k.number_of_guests AS covers,
    u.user_id AS waiter_id,
    u.first_name AS waiter_name_0,
    u.last_name AS waiter_name_1,
    k.total_price - COALESCE((
      SELECT
        g.amount
      FROM gratuity AS g
      WHERE
        g.id = k.gratuity_id
    ), 0) AS total,
    k.paid_amount AS paid
  FROM ticket AS k
  LEFT JOIN users AS u
    ON u.auto_id = k.owner_id
) AS b0
CROSS JOIN (
  SELECT
    COALESCE(NULLIF(TRIM(t.name), ''), CONCAT('Table ', t.id)) AS name,
    n.table_id AS order_0
  FROM ticket AS k
  JOIN ticket_table_num AS n
    ON n.ticket_id = k.id
  JOIN shop_table AS t
    ON t.id = n.table_id
) AS b1
WHERE
  1 = 0
UNION ALL
SELECT
  0 AS branch,
  k.id AS session_0,
  CONCAT('Check ', COALESCE(k.daily_folio, k.id)) AS session_name,
  k.create_date AS session_created_at,
  k.settled AS session_finished,
  k.closing_date AS session_finished_at,
  k.paid = FALSE AS session_payable,
  k.number_of_guests AS session_covers,
  u.user_id AS session_waiter_id,
  u.first_name AS session_waiter_name_0,
  u.last_name AS session_waiter_name_1,
  k.total_price - COALESCE((
    SELECT
      g.amount
    FROM gratuity AS g
    WHERE
      g.id = k.gratuity_id
  ), 0) AS session_total,
  k.paid_amount AS session_paid,
  NULL, NULL
FROM ticket AS k
LEFT JOIN users AS u
  ON u.auto_id = k.owner_id
WHERE
  k.voided = FALSE
  AND k.settled = TRUE
  AND (
    k.closing_date >= :since_finished OR (
      k.closing_date IS NULL AND k.create_date >= :since_created
    )
  )
UNION ALL
SELECT
  1 AS branch,
  k.id AS session_0,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  COALESCE(NULLIF(TRIM(t.name), ''), CONCAT('Table ', t.id)) AS link_name,
  n.table_id AS link_order_0
FROM ticket AS k
JOIN ticket_table_num AS n
  ON n.ticket_id = k.id
JOIN shop_table AS t
  ON t.id = n.table_id
WHERE
  k.voided = FALSE
  AND k.settled = TRUE
  AND (
    k.closing_date >= :since_finished OR (
      k.closing_date IS NULL AND k.create_date >= :since_created
    )
  )
