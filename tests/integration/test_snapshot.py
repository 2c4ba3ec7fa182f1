"""A bill is never torn between two moments, whatever the till does meanwhile."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

import psycopg

from adapter.app import App
from adapter.config import Config, shipped_mappings
from adapter.domain import requests as ask
from adapter.domain.values import Bill
from adapter.mapping.load import load_mapping

READS = 300
MOVE = """
UPDATE ticket_item SET ticket_id = %(to)s WHERE id = (SELECT MIN(id) FROM ticket_item WHERE ticket_id = %(of)s);
UPDATE ticket k SET total_price = COALESCE((SELECT SUM(item_price) FROM ticket_item i WHERE i.ticket_id = k.id), 0)
WHERE k.id IN (9001, 9002);
"""
FILL = """
INSERT INTO ticket (id, create_date, settled, voided, paid, total_price, paid_amount, total_tax, service_charge)
SELECT 9000 + n, TIMESTAMP '2026-11-20 20:00', FALSE, FALSE, FALSE, 10, 0, 0, 0 FROM generate_series(1, 2) n;
INSERT INTO ticket_item (id, item_id, item_count, item_name, item_price, treat_as_seat, fractional_unit, ticket_id)
SELECT 90000 + n, n, 1, 'Dish ' || n, 1, FALSE, FALSE, 9001 + n % 2 FROM generate_series(1, 20) n;
"""


@contextmanager
def a_till_that_moves_lines(url: str) -> Iterator[list[int]]:
    """Moves lines between two checks, each move and both totals in one transaction, until it is told to stop."""
    stop = threading.Event()
    moves: list[int] = []

    def run() -> None:
        with psycopg.connect(url) as connection:
            while not stop.is_set():
                there, back = (9001, 9002) if len(moves) % 16 < 8 else (9002, 9001)
                for statement in MOVE.split(";\n"):
                    if statement.strip():
                        connection.execute(statement, {"of": there, "to": back})
                connection.commit()
                moves.append(1)

    thread = threading.Thread(target=run)
    thread.start()
    try:
        yield moves
    finally:
        stop.set()
        thread.join()


def test_every_bill_adds_up_while_a_till_moves_lines_between_bills(own_restaurant: Callable[[str], str]):
    url = own_restaurant("floreant")
    with psycopg.connect(url, autocommit=True) as connection:
        connection.execute(FILL)
    mapping = load_mapping(next(path for path in shipped_mappings() if path.stem == "floreant"))
    config = Config.model_validate({"mapping": "floreant", "database": {"url": url}})

    async def read() -> list[list[Bill]]:
        app = App(config, mapping, lambda _event: None)
        requestor = ask.Requestor(is_card_machine=False)
        bound = await app.store.bind()
        ids = tuple(bound.fields.packing.pack((number,)) for number in (9001, 9002))
        question = ask.ListBills(requestor=requestor, session_ids=ids)
        try:
            return [list(await app.service.answer(question)) for _ in range(READS)]  # type: ignore[arg-type]
        finally:
            await app.store.close()

    with a_till_that_moves_lines(url) as moves:
        answers = asyncio.run(read())
    assert len(moves) > 10
    assert len({len(bills[0].items) for bills in answers}) > 1
    for bills in answers:
        assert [sum(item.amount for item in bill.items) for bill in bills] == [bill.total for bill in bills]
        assert sum(bill.total for bill in bills) == 2000
