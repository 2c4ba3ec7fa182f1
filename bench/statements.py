"""The floor's SQL, written by hand for this one schema: the same bills in two forms, of which the faster is measured.

`ROWS` gives plain rows, pence rounded by the database, for a program to put together; `DOCUMENT` lets the database write
the JSON of each bill. Both hold everything that an answer holds, and read it in one statement.
"""

from __future__ import annotations

from string import Template

WHERE = {
    "one": "k.id = %(id)s",
    "ids": "k.id = ANY(%(ids)s)",
    "recent": "(k.settled = false OR k.settled IS NULL OR k.closing_date >= %(since)s)",
}
"""The conditions of GetBillItems, and of ListBillItems with ids and without."""


def _pence(expression: str) -> str:
    return f"round(({expression})::numeric * 100)::int"


def _names(table: str, condition: str) -> str:
    return f"(SELECT string_agg(d.name, ', ' ORDER BY d.id) FROM {table} d WHERE {condition})"


_TOTAL = "k.total_price - COALESCE((SELECT g.amount FROM gratuity g WHERE g.id = k.gratuity_id), 0)"
_AT = """to_char(COALESCE(k.active_date, k.create_date) AT TIME ZONE 'Europe/London' AT TIME ZONE 'UTC',
           'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""
_EXTRA = """CASE WHEN m.section_wise_pricing IS NOT FALSE OR NOT EXISTS (
                  SELECT 1 FROM ticket_item_modifier e
                  WHERE e.ticket_item_id = m.ticket_item_id AND e.item_id = m.item_id AND e.id < m.id)
                THEN m.modifier_price ELSE 0 END"""
_MODIFIERS = """ticket_item_modifier m
         LEFT JOIN ticket_item_modifier_relation r ON r.ticket_item_id = m.ticket_item_id AND r.modifier_id = m.id
         LEFT JOIN ticket_item_addon_relation a ON a.ticket_item_id = m.ticket_item_id AND a.modifier_id = m.id"""
_LATER = "CASE WHEN a.modifier_id IS NULL THEN 0 ELSE 1 END"

_ROWS = Template(f"""
SELECT k.id, 0, {_pence(_TOTAL)}, {_pence("k.paid_amount")}, {_pence("k.total_tax")},
       {_pence("COALESCE(k.service_charge, 0)")}, {_pence("COALESCE(k.delivery_charge, 0)")},
       {_pence("COALESCE(k.adjustment_amount, 0)")}, {_pence("COALESCE(k.total_discount, 0)")}, k.create_date, {_AT},
       CASE WHEN k.total_discount <> 0 THEN {_names("ticket_discount", "d.ticket_id = k.id")} END, NULL, NULL
FROM ticket k WHERE k.voided IS NOT TRUE AND $where
UNION ALL
SELECT i.ticket_id, i.id, {_pence("i.item_price")}, {_pence("COALESCE(i.discount, 0)")}, i.item_id, i.item_count,
       NULL, NULL, NULL, NULL, trim(i.item_name), trim(i.category_name), trim(i.group_name),
       CASE WHEN i.discount <> 0 THEN {_names("ticket_item_discount", "d.ticket_itemid = i.id")} END
FROM ticket k JOIN ticket_item i ON i.ticket_id = k.id
WHERE k.voided IS NOT TRUE AND i.treat_as_seat IS NOT TRUE AND $where
UNION ALL
SELECT i.ticket_id, -i.id, {_pence(_EXTRA)}, NULL, m.item_id, m.item_count, {_LATER},
       COALESCE(r.list_order, a.list_order), m.id, NULL, trim(m.modifier_name), NULL, NULL, NULL
FROM ticket k JOIN ticket_item i ON i.ticket_id = k.id JOIN {_MODIFIERS} ON m.ticket_item_id = i.id
WHERE k.voided IS NOT TRUE AND i.treat_as_seat IS NOT TRUE AND m.info_only IS NOT TRUE AND $where
""")


def _entry(identity: str, name: str, amount: str) -> str:
    return f"""json_build_object('id', {identity}, 'name', {name}, 'category', json_build_array(), 'quantity', 1,
                                 'amountPerItem', {amount}, 'lastOrderedAt', b.at)"""


_ITEM = f"""'id', i.item_id::text, 'name', trim(i.item_name),
            'category', json_build_array(trim(i.category_name), trim(i.group_name)), 'quantity', i.item_count,
            'amountPerItem', {_pence("i.item_price")} + COALESCE(x.each, 0), 'lastOrderedAt', b.at"""

_DOCUMENT = Template(f"""
SELECT json_build_object(
    'sessionId', '00000000-0000-8000-8000-' || lpad(to_hex(b.id), 12, '0'), 'totalAmount', b.total,
    'paidAmount', b.paid, 'taxAmount', b.tax, 'serviceCharge', b.service, 'currency', 'GBP', 'items', (
      SELECT json_agg(l.line ORDER BY l.place, l.id) FROM (
        SELECT 0 AS place, i.id, CASE WHEN x.list IS NULL THEN json_build_object({_ITEM})
                                      ELSE json_build_object({_ITEM}, 'modifiers', x.list) END AS line
        FROM ticket_item i LEFT JOIN LATERAL (
          SELECT json_agg(json_build_object('id', m.item_id::text, 'name', trim(m.modifier_name),
                                            'amountPerModifier', {_pence(_EXTRA)}, 'quantity', m.item_count / i.item_count)
                          ORDER BY {_LATER}, COALESCE(r.list_order, a.list_order), m.id) AS list,
                 sum({_pence(_EXTRA)} * (m.item_count / i.item_count)) AS each
          FROM {_MODIFIERS} WHERE m.ticket_item_id = i.id AND m.info_only IS NOT TRUE) x ON true
        WHERE i.ticket_id = b.id AND i.treat_as_seat IS NOT TRUE
        UNION ALL
        SELECT 1, i.id, {_entry("'discount-' || i.id", f"COALESCE({_names('ticket_item_discount', 'd.ticket_itemid = i.id')}, 'Discount')", f"-{_pence('i.discount')}")}
        FROM ticket_item i WHERE i.ticket_id = b.id AND i.treat_as_seat IS NOT TRUE AND i.discount <> 0
        UNION ALL
        SELECT 2, 0, {_entry("'discount'", f"COALESCE({_names('ticket_discount', 'd.ticket_id = b.id')}, 'Discount')", "o.pence - b.discount")}
        FROM (SELECT COALESCE(sum({_pence("i.discount")}), 0) AS pence FROM ticket_item i WHERE i.ticket_id = b.id) o
        WHERE b.discount <> o.pence
        UNION ALL SELECT 3, 0, {_entry("'delivery'", "'Delivery charge'", "b.delivery")} WHERE b.delivery <> 0
        UNION ALL SELECT 4, 0, {_entry("'adjustment'", "'Adjustment'", "b.adjustment")} WHERE b.adjustment <> 0
      ) l))::text
FROM (SELECT k.id, k.create_date, {_AT} AS at, {_pence(_TOTAL)} AS total, {_pence("k.paid_amount")} AS paid,
             {_pence("k.total_tax")} AS tax, {_pence("COALESCE(k.service_charge, 0)")} AS service,
             {_pence("COALESCE(k.delivery_charge, 0)")} AS delivery,
             {_pence("COALESCE(k.adjustment_amount, 0)")} AS adjustment,
             {_pence("COALESCE(k.total_discount, 0)")} AS discount
      FROM ticket k WHERE k.voided IS NOT TRUE AND $where) b
ORDER BY b.create_date, b.id
""")

ROWS = {name: _ROWS.substitute(where=where) for name, where in WHERE.items()}
DOCUMENT = {name: _DOCUMENT.substitute(where=where) for name, where in WHERE.items()}

_CREATED = """to_char(k.create_date AT TIME ZONE 'Europe/London' AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.MS"Z"')"""
_OPEN = "k.voided = false AND k.settled = false AND k.paid = false"
PAGE = f"SELECT k.id FROM ticket k WHERE {_OPEN} AND k.id > %(after)s ORDER BY k.id LIMIT %(size)s"
"""The checks of one page of SearchOrdersV1."""

_ORDERS = Template(f"""
SELECT k.id, 0, {_pence(_TOTAL)}, {_pence("k.paid_amount")}, {_pence("k.total_tax")},
       {_pence("COALESCE(k.service_charge, 0)")}, {_pence("COALESCE(k.delivery_charge, 0)")},
       {_pence("COALESCE(k.adjustment_amount, 0)")}, {_pence("COALESCE(k.total_discount, 0)")}, {_AT}, {_CREATED},
       CASE WHEN k.total_discount <> 0 THEN {_names("ticket_discount", "d.ticket_id = k.id")} END, u.user_id::text
FROM ticket k LEFT JOIN users u ON u.auto_id = k.owner_id WHERE k.voided IS NOT TRUE AND k.id $asked
UNION ALL
SELECT i.ticket_id, 1, i.id, {_pence("i.item_price")}, {_pence("COALESCE(i.discount, 0)")}, i.item_id, i.item_count,
       NULL, NULL, trim(i.item_name),
       CASE WHEN i.discount <> 0 THEN {_names("ticket_item_discount", "d.ticket_itemid = i.id")} END, NULL, NULL
FROM ticket_item i WHERE i.treat_as_seat IS NOT TRUE AND i.ticket_id $asked
UNION ALL
SELECT i.ticket_id, 2, i.id, {_pence(_EXTRA)}, m.item_id, m.item_count, {_LATER},
       COALESCE(r.list_order, a.list_order), m.id, trim(m.modifier_name), NULL, NULL, NULL
FROM ticket_item i JOIN {_MODIFIERS} ON m.ticket_item_id = i.id
WHERE i.treat_as_seat IS NOT TRUE AND m.info_only IS NOT TRUE AND i.ticket_id $asked
UNION ALL
SELECT n.ticket_id, 3, t.id, NULL, NULL, NULL, NULL, NULL, NULL, COALESCE(NULLIF(trim(t.name), ''), 'Table ' || t.id),
       NULL, NULL, NULL
FROM ticket_table_num n JOIN shop_table t ON t.id = n.table_id WHERE n.ticket_id $asked
UNION ALL
SELECT x.ticket_id, 4, x.id, {_pence("x.amount")}, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL, NULL
FROM transactions x WHERE x.voided IS NOT TRUE AND x.ticket_id $asked
""")
"""Everything that orders hold; the kind of a row is its second column."""
ORDER = _ORDERS.substitute(asked="= %(id)s")
"""One order. It has a text of its own because the plan differs: each table by its index, where many are read in one go."""
ORDERS = _ORDERS.substitute(asked="= ANY(%(ids)s)")
"""The orders of a page."""
