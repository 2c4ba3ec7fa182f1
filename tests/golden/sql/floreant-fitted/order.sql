SELECT
  0 AS branch,
  k.id AS session_0,
  u.first_name AS session_waiter_name_0,
  u.last_name AS session_waiter_name_1,
  CONCAT('Check ', COALESCE(NULL, k.id)) AS session_name,
  k.create_date AS session_created_at,
  k.closing_date AS session_finished_at,
  k.settled AS session_finished,
  (
    k.paid = FALSE OR k.paid IS NULL
  ) AS session_payable,
  COALESCE(k.total_discount, 0) <> 0 AS session_discount_1_there,
  u.user_id AS session_waiter_id,
  k.number_of_guests AS session_covers,
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
  CAST(NULL AS integer), CAST(NULL AS integer), CAST(NULL AS integer), CAST(NULL AS integer)
FROM ticket AS k
LEFT JOIN users AS u
  ON u.auto_id = k.owner_id
WHERE
  (
    k.voided = FALSE OR k.voided IS NULL
  ) AND k.id = :key_0
UNION ALL
SELECT
  1 AS branch,
  k.id AS session_0,
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
  NULL,
  k.deliveery_date AS session_collect_at,
  COALESCE(k.active_date, k.create_date) AS session_discount_1_ordered_at,
  COALESCE(k.delivery_charge, 0) <> 0 AS session_charge_0_there,
  COALESCE(k.adjustment_amount, 0) <> 0 AS session_charge_1_there,
  NULL,
  COALESCE(NULL, k.id) AS session_reference,
  NULL,
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
  k.delivery_charge AS session_charge_0_amount,
  k.adjustment_amount AS session_charge_1_amount,
  NULL, NULL, NULL, NULL, NULL
FROM ticket AS k
WHERE
  (
    k.voided = FALSE OR k.voided IS NULL
  ) AND k.id = :key_0
UNION ALL
SELECT
  2 AS branch,
  n.ticket_id AS session_0,
  COALESCE(NULLIF(TRIM(t.name), ''), CONCAT('Table ', t.id)) AS link_name,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  t.id AS link_id_0,
  n.table_id AS link_order_0,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM ticket_table_num AS n
JOIN shop_table AS t
  ON t.id = n.table_id
WHERE
  n.ticket_id = :key_0
UNION ALL
SELECT
  3 AS branch,
  i.ticket_id AS session_0,
  i.item_name AS item_name,
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
  NULL, NULL,
  COALESCE(i.discount, 0) <> 0 AS item_discount_0_there,
  NULL, NULL,
  i.item_id AS item_id,
  i.id AS item_order_0,
  CASE WHEN i.fractional_unit = TRUE THEN i.item_quantity ELSE i.item_count END AS item_quantity,
  i.item_price AS item_amount_per_item,
  i.discount AS item_discount_0_amount,
  NULL, NULL, NULL, NULL, NULL
FROM ticket_item AS i
WHERE
  i.ticket_id = :key_0 AND (
    i.treat_as_seat = FALSE OR i.treat_as_seat IS NULL
  )
UNION ALL
SELECT
  4 AS branch,
  i.ticket_id AS session_0,
  m.modifier_name AS modifier_name,
  NULL, NULL, NULL, NULL, NULL, NULL, NULL,
  m.item_id AS modifier_id,
  i.id AS item_0,
  CASE
    WHEN m.id = i.size_modifier_id
    THEN 0
    WHEN (
      m.section_wise_pricing = TRUE OR m.section_wise_pricing IS NULL
    )
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
  NULL, NULL, NULL,
  CASE WHEN m.id = i.size_modifier_id THEN i.item_count ELSE m.item_count END AS modifier_quantity,
  CASE WHEN a.modifier_id IS NULL THEN 0 ELSE 1 END AS modifier_order_0,
  CASE WHEN m.id = i.size_modifier_id THEN -1 ELSE COALESCE(r.list_order, a.list_order) END AS modifier_order_1,
  m.id AS modifier_order_2
FROM ticket_item AS i
JOIN ticket_item_modifier AS m
  ON m.ticket_item_id = i.id
LEFT JOIN ticket_item_modifier_relation AS r
  ON r.ticket_item_id = i.id AND r.modifier_id = m.id
LEFT JOIN ticket_item_addon_relation AS a
  ON a.ticket_item_id = i.id AND a.modifier_id = m.id
WHERE
  i.ticket_id = :key_0
  AND (
    i.treat_as_seat = FALSE OR i.treat_as_seat IS NULL
  )
  AND (
    (
      m.info_only = FALSE OR m.info_only IS NULL
    ) OR m.id = i.size_modifier_id
  )
UNION ALL
SELECT
  5 AS branch,
  x.ticket_id AS session_0,
  CASE WHEN x.card_merchant_gateway = 'DOJO' THEN x.card_transaction_id END AS payment_id,
  x.payment_sub_type AS payment_method,
  NULL,
  x.transaction_time AS payment_paid_at,
  NULL, NULL, NULL, NULL,
  x.id AS payment_order_0,
  NULL,
  CASE WHEN x.transaction_type = 'DEBIT' THEN -x.amount ELSE x.amount END AS payment_amount,
  x.tips_amount AS payment_tip,
  NULL, NULL, NULL, NULL, NULL, NULL
FROM transactions AS x
WHERE
  x.ticket_id = :key_0 AND (
    x.voided = FALSE OR x.voided IS NULL
  )
