SELECT
  1
FROM sharedtickets AS s
WHERE
  s.id = :key_0

SELECT l.token, l.locked_at, l.terminal, l.waiter, o.lock_id, o.expires_at, o.total, o.deleted
FROM epos_adapter_session_lock l LEFT JOIN epos_adapter_order_lock o ON o.session_id = l.session_id AND o.token = l.token
WHERE l.session_id = :session_id

SELECT
  STRFTIME('%Y-%m-%d %H:%M:%f', 'now')

UPDATE epos_adapter_order_lock SET token = :token, expires_at = :expires_at, total = :total
WHERE session_id = :session_id AND lock_id = :lock_id

UPDATE epos_adapter_session_lock SET token = :token WHERE session_id = :session_id
