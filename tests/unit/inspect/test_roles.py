"""The name of a table speaks for one part of a restaurant, and against others."""

from __future__ import annotations

import pytest

from adapter.inspect.roles import ROLES, Role, by_name


@pytest.mark.parametrize(
    ("role", "right", "wrong"),
    [
        ("table", "shop_table", ["shop_table_type", "table_ticket_num", "table_booking_info", "timetable_log"]),
        ("table", "dinner_tables", ["sales_items", "app_config"]),
        ("session", "ticket", ["kitchen_ticket", "ticket_item", "ticket_discount", "purchase_order"]),
        ("session", "sharedtickets", ["tickets", "ticketlines"]),
        ("session", "sales", ["sales_payments", "sales_items_taxes"]),
        ("item", "ticket_item", ["inventory_item", "menu_item", "kitchen_ticket_item", "ticket_item_modifier"]),
        ("item", "sales_items", ["items", "sales_items_taxes", "receivings_items"]),
        ("item", "Rechnungsposition", ["Rechnung", "Artikel"]),
        ("item", "linea_de_pedido", ["pedido"]),
        ("payment", "transactions", ["inventory_transaction"]),
        ("payment", "Zahlungen", ["Zahlungsart"]),
        ("modifier", "ticket_item_modifier", ["menu_modifier", "modifier_multiplier_price", "ticket_item"]),
        ("staff", "users", ["user_permission", "user_type"]),
    ],
)
def test_the_right_name_speaks_louder_than_those_beside_it(role: Role, right: str, wrong: list[str]):
    for other in wrong:
        assert by_name(role, right) > by_name(role, other), other


def test_a_name_that_says_nothing_speaks_for_nothing():
    assert all(by_name(role, "t0042") == 0 for role in ROLES)


def test_what_every_name_begins_with_is_not_heard():
    assert by_name("session", "pos_stock", frozenset({"pos"})) == 0
