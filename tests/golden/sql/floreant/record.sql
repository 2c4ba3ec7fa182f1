SELECT
  1
FROM ticket AS k
WHERE
  k.id = :key_0   FOR UPDATE

SELECT
  0 AS branch,
  k.id AS session_0,
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
  k.owner_id AS session_check_owner,
  COALESCE(:site_terminal_id, k.terminal_id) AS session_check_terminal_id,
  COALESCE((
    SELECT
      o.close_on_paid
    FROM order_type AS o
    WHERE
      o.name = k.ticket_type
  ), FALSE) AS session_check_closes,
  CLOCK_TIMESTAMP() AS session_now
FROM ticket AS k
LEFT JOIN users AS u
  ON u.auto_id = k.owner_id
WHERE
  k.voided = FALSE AND k.id = :key_0

SELECT l.token, l.locked_at, l.terminal, l.waiter, o.lock_id, o.expires_at, o.total, o.deleted
FROM epos_adapter.session_lock l LEFT JOIN epos_adapter.order_lock o ON o.session_id = l.session_id AND o.token = l.token
WHERE l.session_id = :session_id

SELECT session_id, currency, base, tips, cashback, successful, attempted_at, token, over_payment, conflict
FROM epos_adapter.recorded_payment WHERE payment_id = :payment_id

INSERT INTO epos_adapter.recorded_payment (
  payment_id, token, session_id, currency, base, tips, cashback, successful, attempted_at, over_payment, conflict,
  terminal, waiter, method, status, scheme, auth_code, acquirer_transaction_id)
VALUES (
  :payment_id, :token, :session_id, :currency, :base, :tips, :cashback, :successful, :attempted_at, :over_payment, :conflict,
  :terminal, :waiter, :method, :status, :scheme, :auth_code, :acquirer_transaction_id)
ON CONFLICT DO NOTHING

INSERT INTO transactions (
  payment_type,
  payment_sub_type,
  transaction_type,
  global_id,
  transaction_time,
  amount,
  tips_amount,
  tender_amount,
  captured,
  voided,
  authorizable,
  drawer_resetted,
  card_transaction_id,
  card_auth_code,
  card_type,
  card_reader,
  card_merchant_gateway,
  terminal_id,
  ticket_id,
  user_id
)
VALUES
  (
    'CREDIT_CARD',
    :tender,
    'CREDIT',
    LEFT(MD5(:payment_key), 16),
    :now,
    :amount,
    :tip,
    :amount,
    TRUE,
    FALSE,
    FALSE,
    FALSE,
    :payment_id,
    :auth_code,
    :scheme,
    :entry_mode,
    'DOJO',
    :terminal_id,
    :session_id,
    COALESCE((
      SELECT
        MIN(u.auto_id)
      FROM users AS u
      WHERE
        CAST(u.user_id AS VARCHAR) = :waiter
    ), :owner)
  )

UPDATE ticket SET paid_amount = :paid_after, due_amount = :due_after, paid = :fully_paid, settled = CASE WHEN :fully_paid AND :closes THEN TRUE ELSE settled END, closing_date = CASE WHEN :fully_paid AND :closes THEN COALESCE(closing_date, :now) ELSE closing_date END, version_no = COALESCE(version_no, 0) + 1
WHERE
  id = :session_id

-- when fully_paid and closes
DELETE FROM table_ticket_num
WHERE
  ticket_id = :session_id

-- when fully_paid and closes
SELECT
  s.id AS its_table
FROM shop_table_status AS s
WHERE
  s.id IN (
    SELECT
      n.table_id
    FROM ticket_table_num AS n
    WHERE
      n.ticket_id = :session_id
  )
ORDER BY
  s.id   FOR UPDATE

-- when fully_paid and closes
UPDATE shop_table_status SET table_status = 5, version_no = COALESCE(version_no, 0) + 1
WHERE
  table_status = 1
  AND id IN (
    SELECT
      n.table_id
    FROM ticket_table_num AS n
    WHERE
      n.ticket_id = :session_id
  )
  AND NOT EXISTS(
    SELECT
      1
    FROM table_ticket_num AS l
    WHERE
      l.shop_table_status_id = shop_table_status.id
  )
  AND NOT EXISTS(
    SELECT
      1
    FROM ticket_table_num AS n
    JOIN ticket AS o
      ON o.id = n.ticket_id
    WHERE
      n.table_id = shop_table_status.id AND COALESCE(o.settled, FALSE) = FALSE AND COALESCE(o.voided, FALSE) = FALSE
  )
