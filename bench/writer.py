"""A till at work: moves lines between two checks, each time with both totals in one transaction, until told to stop.

python -m bench.writer URL        says "ready", and after a line on its input how many transactions it committed
"""

from __future__ import annotations

import random
import select
import sys

import psycopg

PAIR = (1, 3)
"""Two checks without discounts, so that a total is the lines and the service charge."""

_TOTAL = """
UPDATE ticket k SET total_price = ROUND((COALESCE(k.service_charge, 0) + COALESCE((
    SELECT SUM(i.item_price * i.item_count + COALESCE((
             SELECT SUM(m.modifier_price * m.item_count) FROM ticket_item_modifier m WHERE m.ticket_item_id = i.id), 0))
    FROM ticket_item i WHERE i.ticket_id = k.id), 0))::numeric, 2), version_no = version_no + 1
WHERE k.id = %s"""


def main(url: str) -> None:
    """Move lines until a line comes in."""
    some = random.Random(3)  # noqa: S311 -- the same evening every time
    commits = 0
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute("SET synchronous_commit = off")
        found = connection.execute("SELECT id FROM ticket_item WHERE ticket_id = ANY(%s) ORDER BY id", (list(PAIR),))
        lines = [line for (line,) in found.fetchall()]
        sys.stdout.write("ready\n")
        sys.stdout.flush()
        while not select.select([sys.stdin], [], [], 0)[0]:
            with connection.transaction():
                for line in some.sample(lines, 2):
                    connection.execute(
                        "UPDATE ticket_item SET ticket_id = %s - ticket_id WHERE id = %s", (sum(PAIR), line)
                    )
                for check in PAIR:
                    connection.execute(_TOTAL, (check,))
            commits += 1
    sys.stdout.write(f"{commits}\n")


if __name__ == "__main__":
    main(sys.argv[1])
