SELECT
  k.id AS key_0
FROM ticket AS k
WHERE
  k.voided = FALSE AND k.settled = FALSE AND k.paid = FALSE
ORDER BY
  COALESCE(k.id, k.id) ASC
LIMIT :page_size

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
  b0.tax AS c13,
  b0.service_charge AS c14,
  b0.reference AS c15,
  b0.kind AS c16,
  b0.collect_at AS c17,
  b0.discount_1_name AS c18,
  b0.discount_1_amount AS c19,
  b0.discount_1_ordered_at AS c20,
  b0.discount_1_there AS c21,
  b0.charge_0_amount AS c22,
  b0.charge_0_there AS c23,
  b0.charge_1_amount AS c24,
  b0.charge_1_there AS c25,
  b1.name AS c26,
  b1.id_0 AS c27,
  b1.order_0 AS c28,
  b2.id AS c29,
  b2.name AS c30,
  b2.quantity AS c31,
  b2.amount_per_item AS c32,
  b2.order_0 AS c33,
  b2.discount_0_id AS c34,
  b2.discount_0_name AS c35,
  b2.discount_0_amount AS c36,
  b2.discount_0_there AS c37,
  b3.id AS c38,
  b3.name AS c39,
  b3.quantity AS c40,
  b3.amount AS c41,
  b3.order_0 AS c42,
  b3.order_1 AS c43,
  b3.order_2 AS c44,
  b4.id AS c45,
  b4.amount AS c46,
  b4.tip AS c47,
  b4.method AS c48,
  b4.paid_at AS c49,
  b4.order_0 AS c50
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
    k.paid_amount AS paid,
    k.total_tax AS tax,
    k.service_charge AS service_charge,
    COALESCE(k.daily_folio, k.id) AS reference,
    (
      SELECT
        CASE
          WHEN COALESCE(o.show_table_selection, TRUE) OR COALESCE(o.bar_tab, FALSE)
          THEN 'dine_in'
          ELSE 'collection'
        END
      FROM order_type AS o
      WHERE
        o.name = k.ticket_type
    ) AS kind,
    k.deliveery_date AS collect_at,
    CASE
      WHEN COALESCE(k.total_discount, 0) <> 0
      THEN COALESCE(
        (
          SELECT
            STRING_AGG(d.name, ', '
            ORDER BY
              d.id)
          FROM ticket_discount AS d
          WHERE
            d.ticket_id = k.id
        ),
        'Discount'
      )
    END AS discount_1_name,
    CASE
      WHEN COALESCE(k.total_discount, 0) <> 0
      THEN k.total_discount - COALESCE((
        SELECT
          SUM(i.discount)
        FROM ticket_item AS i
        WHERE
          i.ticket_id = k.id
      ), 0)
    END AS discount_1_amount,
    COALESCE(k.active_date, k.create_date) AS discount_1_ordered_at,
    COALESCE(k.total_discount, 0) <> 0 AS discount_1_there,
    k.delivery_charge AS charge_0_amount,
    COALESCE(k.delivery_charge, 0) <> 0 AS charge_0_there,
    k.adjustment_amount AS charge_1_amount,
    COALESCE(k.adjustment_amount, 0) <> 0 AS charge_1_there
  FROM ticket AS k
  LEFT JOIN users AS u
    ON u.auto_id = k.owner_id
) AS b0
CROSS JOIN (
  SELECT
    COALESCE(NULLIF(TRIM(t.name), ''), CONCAT('Table ', t.id)) AS name,
    t.id AS id_0,
    n.table_id AS order_0
  FROM ticket AS k
  JOIN ticket_table_num AS n
    ON n.ticket_id = k.id
  JOIN shop_table AS t
    ON t.id = n.table_id
) AS b1
CROSS JOIN (
  SELECT
    i.item_id AS id,
    i.item_name AS name,
    CASE WHEN i.fractional_unit = TRUE THEN i.item_quantity ELSE i.item_count END AS quantity,
    i.item_price AS amount_per_item,
    i.id AS order_0,
    CASE WHEN COALESCE(i.discount, 0) <> 0 THEN CONCAT('discount-', i.id) END AS discount_0_id,
    CASE
      WHEN COALESCE(i.discount, 0) <> 0
      THEN COALESCE(
        (
          SELECT
            STRING_AGG(d.name, ', '
            ORDER BY
              d.id)
          FROM ticket_item_discount AS d
          WHERE
            d.ticket_itemid = i.id
        ),
        'Discount'
      )
    END AS discount_0_name,
    i.discount AS discount_0_amount,
    COALESCE(i.discount, 0) <> 0 AS discount_0_there
  FROM ticket AS k
  JOIN ticket_item AS i
    ON i.ticket_id = k.id
) AS b2
CROSS JOIN (
  SELECT
    m.item_id AS id,
    m.modifier_name AS name,
    CASE WHEN m.id = i.size_modifier_id THEN i.item_count ELSE m.item_count END AS quantity,
    CASE
      WHEN m.id = i.size_modifier_id
      THEN 0
      WHEN m.section_wise_pricing = TRUE
      OR NOT EXISTS(
        SELECT
          1
        FROM ticket_item_modifier AS e
        WHERE
          e.ticket_item_id = m.ticket_item_id AND e.item_id = m.item_id AND e.id < m.id
      )
      THEN m.modifier_price
      ELSE 0
    END AS amount,
    CASE WHEN a.modifier_id IS NULL THEN 0 ELSE 1 END AS order_0,
    CASE WHEN m.id = i.size_modifier_id THEN -1 ELSE COALESCE(r.list_order, a.list_order) END AS order_1,
    m.id AS order_2
  FROM ticket AS k
  JOIN ticket_item AS i
    ON i.ticket_id = k.id
  JOIN ticket_item_modifier AS m
    ON m.ticket_item_id = i.id
  LEFT JOIN ticket_item_modifier_relation AS r
    ON r.ticket_item_id = i.id AND r.modifier_id = m.id
  LEFT JOIN ticket_item_addon_relation AS a
    ON a.ticket_item_id = i.id AND a.modifier_id = m.id
) AS b3
CROSS JOIN (
  SELECT
    CASE WHEN x.card_merchant_gateway = 'DOJO' THEN x.card_transaction_id END AS id,
    CASE WHEN x.transaction_type = 'DEBIT' THEN -x.amount ELSE x.amount END AS amount,
    x.tips_amount AS tip,
    x.payment_sub_type AS method,
    x.transaction_time AS paid_at,
    x.id AS order_0
  FROM ticket AS k
  JOIN transactions AS x
    ON x.ticket_id = k.id
) AS b4
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
  k.total_tax AS session_tax,
  k.service_charge AS session_service_charge,
  COALESCE(k.daily_folio, k.id) AS session_reference,
  (
    SELECT
      CASE
        WHEN COALESCE(o.show_table_selection, TRUE) OR COALESCE(o.bar_tab, FALSE)
        THEN 'dine_in'
        ELSE 'collection'
      END
    FROM order_type AS o
    WHERE
      o.name = k.ticket_type
  ) AS session_kind,
  k.deliveery_date AS session_collect_at,
  CASE
    WHEN COALESCE(k.total_discount, 0) <> 0
    THEN COALESCE(
      (
        SELECT
          STRING_AGG(d.name, ', '
          ORDER BY
            d.id)
        FROM ticket_discount AS d
        WHERE
          d.ticket_id = k.id
      ),
      'Discount'
    )
  END AS session_discount_1_name,
  CASE
    WHEN COALESCE(k.total_discount, 0) <> 0
    THEN k.total_discount - COALESCE((
      SELECT
        SUM(i.discount)
      FROM ticket_item AS i
      WHERE
        i.ticket_id = k.id
    ), 0)
  END AS session_discount_1_amount,
  COALESCE(k.active_date, k.create_date) AS session_discount_1_ordered_at,
  COALESCE(k.total_discount, 0) <> 0 AS session_discount_1_there,
  k.delivery_charge AS session_charge_0_amount,
  COALESCE(k.delivery_charge, 0) <> 0 AS session_charge_0_there,
  k.adjustment_amount AS session_charge_1_amount,
  COALESCE(k.adjustment_amount, 0) <> 0 AS session_charge_1_there,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM ticket AS k
LEFT JOIN users AS u
  ON u.auto_id = k.owner_id
WHERE
  k.voided = FALSE AND k.id = ANY(
    :keys_0
  )
UNION ALL
SELECT
  1 AS branch,
  k.id AS session_0,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  COALESCE(NULLIF(TRIM(t.name), ''), CONCAT('Table ', t.id)) AS link_name,
  t.id AS link_id_0,
  n.table_id AS link_order_0,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM ticket AS k
JOIN ticket_table_num AS n
  ON n.ticket_id = k.id
JOIN shop_table AS t
  ON t.id = n.table_id
WHERE
  k.voided = FALSE AND k.id = ANY(
    :keys_0
  )
UNION ALL
SELECT
  2 AS branch,
  k.id AS session_0,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  i.item_id AS item_id,
  i.item_name AS item_name,
  CASE WHEN i.fractional_unit = TRUE THEN i.item_quantity ELSE i.item_count END AS item_quantity,
  i.item_price AS item_amount_per_item,
  i.id AS item_order_0,
  CASE WHEN COALESCE(i.discount, 0) <> 0 THEN CONCAT('discount-', i.id) END AS item_discount_0_id,
  CASE
    WHEN COALESCE(i.discount, 0) <> 0
    THEN COALESCE(
      (
        SELECT
          STRING_AGG(d.name, ', '
          ORDER BY
            d.id)
        FROM ticket_item_discount AS d
        WHERE
          d.ticket_itemid = i.id
      ),
      'Discount'
    )
  END AS item_discount_0_name,
  i.discount AS item_discount_0_amount,
  COALESCE(i.discount, 0) <> 0 AS item_discount_0_there,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM ticket AS k
JOIN ticket_item AS i
  ON i.ticket_id = k.id
WHERE
  k.voided = FALSE AND k.id = ANY(
    :keys_0
  ) AND i.treat_as_seat = FALSE
UNION ALL
SELECT
  3 AS branch,
  k.id AS session_0,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  i.id AS item_0,
  NULL, NULL, NULL, NULL,
  m.item_id AS modifier_id,
  m.modifier_name AS modifier_name,
  CASE WHEN m.id = i.size_modifier_id THEN i.item_count ELSE m.item_count END AS modifier_quantity,
  CASE
    WHEN m.id = i.size_modifier_id
    THEN 0
    WHEN m.section_wise_pricing = TRUE
    OR NOT EXISTS(
      SELECT
        1
      FROM ticket_item_modifier AS e
      WHERE
        e.ticket_item_id = m.ticket_item_id AND e.item_id = m.item_id AND e.id < m.id
    )
    THEN m.modifier_price
    ELSE 0
  END AS modifier_amount,
  CASE WHEN a.modifier_id IS NULL THEN 0 ELSE 1 END AS modifier_order_0,
  CASE WHEN m.id = i.size_modifier_id THEN -1 ELSE COALESCE(r.list_order, a.list_order) END AS modifier_order_1,
  m.id AS modifier_order_2,
  NULL, NULL, NULL, NULL, NULL, NULL
FROM ticket AS k
JOIN ticket_item AS i
  ON i.ticket_id = k.id
JOIN ticket_item_modifier AS m
  ON m.ticket_item_id = i.id
LEFT JOIN ticket_item_modifier_relation AS r
  ON r.ticket_item_id = i.id AND r.modifier_id = m.id
LEFT JOIN ticket_item_addon_relation AS a
  ON a.ticket_item_id = i.id AND a.modifier_id = m.id
WHERE
  k.voided = FALSE
  AND k.id = ANY(
    :keys_0
  )
  AND i.treat_as_seat = FALSE
  AND (
    m.info_only = FALSE OR m.id = i.size_modifier_id
  )
UNION ALL
SELECT
  4 AS branch,
  k.id AS session_0,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  CASE WHEN x.card_merchant_gateway = 'DOJO' THEN x.card_transaction_id END AS payment_id,
  CASE WHEN x.transaction_type = 'DEBIT' THEN -x.amount ELSE x.amount END AS payment_amount,
  x.tips_amount AS payment_tip,
  x.payment_sub_type AS payment_method,
  x.transaction_time AS payment_paid_at,
  x.id AS payment_order_0
FROM ticket AS k
JOIN transactions AS x
  ON x.ticket_id = k.id
WHERE
  k.voided = FALSE AND k.id = ANY(
    :keys_0
  ) AND x.voided = FALSE
