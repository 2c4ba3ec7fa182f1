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

DELETE FROM epos_adapter.session_lock WHERE session_id = :session_id
