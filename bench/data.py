"""Fills Floreant databases with invented checks that add up: ten lines each, some with modifiers, some with discounts.

All amounts are whole pence, so that an answer depends on nobody's rounding. Knows nothing of adapters and floors.
"""

from __future__ import annotations

from pathlib import Path
from uuid import UUID

import psycopg

SCHEMA = Path(__file__).parent.parent / "adapter" / "demo" / "restaurants" / "floreant" / "schema.sql"

LINES = 10
FIRST_CLOSED = 1_000_000

_RESTAURANT = """
INSERT INTO restaurant (id, name, address_line1, zip_code, telephone, cname, ticket_footer, price_includes_tax)
  VALUES (1, 'The Copper Kettle', '14 Tallow Lane', 'SE1 0ZZ', '020 7946 0123', 'GBP', 'Thank you', true);
INSERT INTO shop_floor (id, name) VALUES (1, 'Dining room'), (2, 'Terrace');
INSERT INTO shop_table (id, name, capacity, floor_id)
  SELECT g, 'T' || g, 2 + g % 5, 1 + g % 2 FROM generate_series(1, 40) g;
INSERT INTO shop_table_status (id, table_status) SELECT g, 1 + g % 5 FROM generate_series(1, 40) g;
INSERT INTO users (auto_id, user_id, user_pass, first_name, last_name, active)
  SELECT g, 100 + g, 'x', 'Waiter', 'Number ' || g, true FROM generate_series(1, 8) g;
"""

_OPEN = """
INSERT INTO ticket (id, create_date, active_date, paid, voided, settled, number_of_guests, owner_id, paid_amount,
                    service_charge, delivery_charge, adjustment_amount, ticket_type)
  SELECT g, timestamp '2025-11-20 17:00:00' + g * interval '7.125 s', timestamp '2025-11-20 18:00:00' + g * interval '9 s',
         false, false, false, 1 + g % 6, 1 + g % 8, CASE WHEN g % 4 = 0 THEN 5 ELSE 0 END,
         CASE WHEN g % 2 = 0 THEN 4.5 ELSE 0 END, CASE WHEN g % 50 = 0 THEN 2.5 ELSE 0 END,
         CASE WHEN g % 40 = 0 THEN -0.35 ELSE 0 END, 'DINE IN'
  FROM generate_series(1, :bills) g;
INSERT INTO ticket_table_num (ticket_id, table_id) SELECT g, 1 + g % 40 FROM generate_series(1, :bills) g;
INSERT INTO ticket_item (id, ticket_id, item_id, item_count, item_name, category_name, group_name, item_price,
                         item_tax_rate, discount, treat_as_seat, fractional_unit)
  SELECT (k - 1) * 10 + l, k, 500 + l, 1 + (k + l) % 3, 'Dish number ' || l || CASE WHEN l % 4 = 0 THEN ' à la "crème"' ELSE '' END,
         CASE WHEN l % 3 = 0 THEN 'Drinks' ELSE 'Food' END, 'Group ' || l % 5, (250 + (k * 7 + l * 37) % 40 * 25) / 100.0,
         20, CASE WHEN l = 4 AND k % 2 = 0 THEN 0.75 ELSE 0 END, false, false
  FROM generate_series(1, :bills) k, generate_series(1, 10) l;
INSERT INTO ticket_item_modifier (item_id, item_count, modifier_name, modifier_price, modifier_tax_rate, info_only,
                                  section_wise_pricing, ticket_item_id)
  SELECT 600 + m, i.item_count * (1 + m % 2), 'Extra ' || m, (50 + m * 25) / 100.0, 20, false, true, i.id
  FROM ticket_item i, generate_series(1, 2) m WHERE i.id % 10 IN (2, 5) OR (i.id % 10 = 8 AND m = 1) ORDER BY i.id, m;
INSERT INTO ticket_item_modifier_relation (ticket_item_id, modifier_id, list_order)
  SELECT ticket_item_id, id, item_id - 601 FROM ticket_item_modifier;
INSERT INTO ticket_item_discount (name, amount, ticket_itemid)
  SELECT 'Early bird', discount, id FROM ticket_item WHERE discount <> 0;
INSERT INTO ticket_discount (name, value, ticket_id)
  SELECT 'Loyalty', 3, g FROM generate_series(1, :bills) g WHERE g % 5 = 0;
INSERT INTO gratuity (id, amount, ticket_id) SELECT g, 4, g FROM generate_series(1, :bills) g WHERE g % 10 = 0;
UPDATE ticket k SET total_discount = COALESCE((SELECT SUM(discount) FROM ticket_item i WHERE i.ticket_id = k.id), 0)
                      + COALESCE((SELECT SUM(value) FROM ticket_discount d WHERE d.ticket_id = k.id), 0),
                    gratuity_id = (SELECT g.id FROM gratuity g WHERE g.ticket_id = k.id);
UPDATE ticket k SET sub_total = f.lines, total_tax = ROUND((f.lines / 6)::numeric, 2),
       total_price = ROUND((f.lines - k.total_discount + k.service_charge + k.delivery_charge + k.adjustment_amount
                            + COALESCE((SELECT g.amount FROM gratuity g WHERE g.id = k.gratuity_id), 0))::numeric, 2)
  FROM (SELECT i.ticket_id, SUM(i.item_price * i.item_count + COALESCE(
          (SELECT SUM(m.modifier_price * m.item_count) FROM ticket_item_modifier m WHERE m.ticket_item_id = i.id), 0)) AS lines
        FROM ticket_item i GROUP BY i.ticket_id) f
  WHERE f.ticket_id = k.id;
"""

# Closed checks keep their table and their totals; the lines of years ago are of no interest to any question.
_CLOSED = """
INSERT INTO ticket (id, create_date, closing_date, active_date, creation_hour, paid, voided, settled, drawer_resetted,
                    sub_total, total_discount, total_tax, total_price, paid_amount, number_of_guests, owner_id,
                    service_charge, delivery_charge, ticket_type)
  SELECT :first + g, at - interval '2 h', at, at - interval '1 h', EXTRACT(hour FROM at)::int, true, false, true, true,
         40, 0, 6.67, 40, 40, 2, 1 + g % 8, 0, 0, 'DINE IN'
  FROM (SELECT g, LOCALTIMESTAMP - interval '3 days' - g * interval '4 min' AS at FROM generate_series(1, :closed) g) c;
INSERT INTO ticket_table_num (ticket_id, table_id)
  SELECT :first + g, 1 + g % 40 FROM generate_series(1, :closed) g;
"""


def fill(url: str, *, bills: int, closed: int = 0) -> None:
    """Make the schema in an empty database, with so many open bills of ten lines and so many closed checks."""
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        connection.execute("SET work_mem = '64MB'")
        connection.execute(SCHEMA.read_text(encoding="utf-8"))
        connection.execute(_RESTAURANT)
        for part in (_OPEN, _CLOSED):
            text = (
                part.replace(":bills", str(bills)).replace(":closed", str(closed)).replace(":first", str(FIRST_CLOSED))
            )
            for statement in text.split(";\n"):
                if statement.strip():
                    connection.execute(statement)
        connection.execute("VACUUM ANALYZE")


def session_id(ticket: int) -> str:
    """The id on the wire of an open check: version 8 of a UUID, which holds the number as it is."""
    return str(UUID(int=0x8 << 76 | 0b10 << 62 | ticket))
