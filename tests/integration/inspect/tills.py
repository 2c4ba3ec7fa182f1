"""Invented tills, as SQL: a German one, one without any foreign key, and one with the names of Open Source POS."""

from __future__ import annotations

DISHES = ((1, "Suppe", 450), (2, "Schnitzel", 1490), (3, "Wein", 620), (4, "Kuchen", 380))
CHECKS, CLOSED = range(100, 124), 118
"""Numbers of the checks, and the first that is still open."""


def lines_of(check: int) -> list[tuple[int, int, int]]:
    """Dish, quantity and discount in pence of each line of a check."""
    return [
        (1 + (check + line) % 4, 1 + (check * line) % 3, 100 if line == 2 and check % 5 == 0 else 0)
        for line in (1, 2, 3)
    ]


def total_of(check: int) -> int:
    """What the lines of a check come to."""
    price = {number: pence for number, _, pence in DISHES}
    return sum(price[dish] * many - off for dish, many, off in lines_of(check))


def _rows(table: str, rows: list[tuple[object, ...]]) -> str:
    def literal(value: object) -> str:
        if value is None:
            return "NULL"
        return "'" + value.replace("'", "''") + "'" if isinstance(value, str) else str(value)

    listed = ",\n  ".join(f"({', '.join(literal(value) for value in row)})" for row in rows)
    return f"INSERT INTO {table} VALUES\n  {listed};\n"


def german() -> str:
    """SQLite: compound nouns, mixed case, texts for times, no foreign key."""
    return (
        """
CREATE TABLE "Bereich" ("BereichNr" INTEGER PRIMARY KEY, "Bezeichnung" TEXT);
CREATE TABLE "Tisch" ("TischNr" INTEGER PRIMARY KEY, "Bezeichnung" TEXT, "Plaetze" INTEGER, "BereichNr" INTEGER);
CREATE TABLE "Kellner" ("KellnerNr" INTEGER PRIMARY KEY, "Vorname" TEXT, "Nachname" TEXT, "Kennwort" TEXT);
CREATE TABLE "Artikel" ("ArtikelNr" INTEGER PRIMARY KEY, "Bezeichnung" TEXT, "Preis" DECIMAL(10,2));
CREATE TABLE "Rechnung" ("RechnungNr" INTEGER PRIMARY KEY, "TischNr" INTEGER, "KellnerNr" INTEGER, "Personen" INTEGER,
  "EroeffnetAm" TEXT, "GeschlossenAm" TEXT, "Storniert" INTEGER, "Gesamtbetrag" DECIMAL(10,2));
CREATE TABLE "Rechnungsposition" ("PosId" INTEGER PRIMARY KEY, "RechnungNr" INTEGER, "Zeile" INTEGER,
  "ArtikelNr" INTEGER, "Menge" INTEGER, "Einzelpreis" DECIMAL(10,2), "Rabatt" DECIMAL(10,2));
CREATE TABLE "Zahlung" ("ZahlungNr" INTEGER PRIMARY KEY, "RechnungNr" INTEGER, "Zahlungsart" TEXT,
  "Betrag" DECIMAL(10,2));
CREATE TABLE "Kunde" ("KundeNr" INTEGER PRIMARY KEY, "Name" TEXT, "Telefon" TEXT);
"""
        + _rows('"Bereich"', [(1, "Saal"), (2, "Garten")])
        + _rows('"Tisch"', [(one, f"Tisch {one}", 4, 1 + one % 2) for one in range(1, 9)])
        + _rows('"Kellner"', [(1, "Jutta", "Maier", "geheim"), (2, "Ole", "Berg", "auch")])
        + _rows('"Artikel"', [(number, name, pence / 100) for number, name, pence in DISHES])
        + _rows('"Kunde"', [(1, "Familie Huber", "0664 1234567")])
        + _rows(
            '"Rechnung"',
            [
                (
                    check,
                    1 + check % 8,
                    1 + check % 2,
                    2,
                    f"2026-11-20 18:{check - 100:02d}:00",
                    f"2026-11-20 20:{check - 100:02d}:00" if check < CLOSED else None,
                    0,
                    total_of(check) / 100,
                )
                for check in CHECKS
            ],
        )
        + _rows(
            '"Rechnungsposition"',
            [
                (
                    check * 10 + place,
                    check,
                    place,
                    dish,
                    many,
                    {n: p for n, _, p in DISHES}[dish] / 100,
                    off / 100,
                )
                for check in CHECKS
                for place, (dish, many, off) in enumerate(lines_of(check), start=1)
            ],
        )
        + _rows(
            '"Zahlung"',
            [(check, check, ("Bar", "Karte")[check % 2], total_of(check) / 100) for check in CHECKS if check < CLOSED],
        )
    )


def keyless() -> str:
    """PostgreSQL: not a key is declared, amounts are in pence, one word says whether a check is open."""
    return (
        """
CREATE TABLE pos_dining_table (table_no int, label text, seats int);
CREATE TABLE pos_order_header (order_no int, table_no int, waiter_no int, guests int, opened_at timestamptz,
  order_status varchar(10), grand_total int);
CREATE TABLE pos_order_detail (order_no int, seq int, plu int, description text, qty int, unit_price int);
CREATE TABLE pos_tender (order_no int, tender_type text, amount int, tendered_at timestamptz);
CREATE TABLE pos_waiter (waiter_no int, waiter_name text, pin text);
CREATE TABLE pos_order_audit (order_no int, happened timestamptz, what text);
"""
        + _rows("pos_dining_table", [(one, f"D{one}", 4) for one in range(1, 9)])
        + _rows("pos_waiter", [(1, "Jutta", "1234"), (2, "Ole", "9876")])
        + _rows(
            "pos_order_header",
            [
                (
                    check,
                    1 + check % 8,
                    1 + check % 2,
                    2,
                    "2026-11-20 18:00:00+00",
                    "OPEN" if check >= CLOSED else "PAID",
                    sum(1000 * many for _, many, _ in lines_of(check)),
                )
                for check in CHECKS
            ],
        )
        + _rows(
            "pos_order_detail",
            [
                (check, place, dish, {n: name for n, name, _ in DISHES}[dish], many, 1000)
                for check in CHECKS
                for place, (dish, many, _) in enumerate(lines_of(check), start=1)
            ],
        )
        + _rows(
            "pos_tender",
            [
                (check, "CASH", sum(1000 * many for _, many, _ in lines_of(check)), "2026-11-20 20:00:00+00")
                for check in CHECKS
                if check < CLOSED
            ],
        )
    )


def ospos() -> str:
    """MariaDB: the names of Open Source POS, every table with a prefix, totals computed, settings as key and value."""
    return (
        """
CREATE TABLE ospos_app_config (`key` varchar(50) PRIMARY KEY, value varchar(500) NOT NULL);
CREATE TABLE ospos_dinner_tables (dinner_table_id int PRIMARY KEY, name varchar(30) NOT NULL,
  status tinyint(1) NOT NULL DEFAULT 0, deleted tinyint(1) NOT NULL DEFAULT 0);
CREATE TABLE ospos_people (person_id int PRIMARY KEY, first_name varchar(255), last_name varchar(255));
CREATE TABLE ospos_employees (person_id int PRIMARY KEY, username varchar(255), password varchar(255),
  FOREIGN KEY (person_id) REFERENCES ospos_people (person_id));
CREATE TABLE ospos_items (item_id int PRIMARY KEY, name varchar(255), item_number varchar(255),
  cost_price decimal(15,2), unit_price decimal(15,2));
CREATE TABLE ospos_sales (sale_id int PRIMARY KEY, sale_time timestamp NOT NULL DEFAULT CURRENT_TIMESTAMP,
  employee_id int NOT NULL, comment text, dinner_table_id int, sale_status tinyint(1) NOT NULL,
  FOREIGN KEY (employee_id) REFERENCES ospos_employees (person_id),
  FOREIGN KEY (dinner_table_id) REFERENCES ospos_dinner_tables (dinner_table_id));
CREATE TABLE ospos_sales_items (sale_id int, item_id int, line int, description varchar(255),
  quantity_purchased decimal(15,3) NOT NULL, item_cost_price decimal(15,2), item_unit_price decimal(15,2) NOT NULL,
  discount decimal(15,2) NOT NULL, PRIMARY KEY (sale_id, item_id, line),
  FOREIGN KEY (sale_id) REFERENCES ospos_sales (sale_id), FOREIGN KEY (item_id) REFERENCES ospos_items (item_id));
CREATE TABLE ospos_sales_items_taxes (sale_id int, item_id int, line int, name varchar(255), percent decimal(15,4));
CREATE TABLE ospos_sales_payments (payment_id int PRIMARY KEY, sale_id int NOT NULL, payment_type varchar(40),
  payment_amount decimal(15,2) NOT NULL, cash_refund decimal(15,2) NOT NULL,
  FOREIGN KEY (sale_id) REFERENCES ospos_sales (sale_id));
"""
        + _rows("ospos_app_config", [("currency_code", "EUR"), ("timezone", "Europe/Vienna"), ("company", "Till")])
        + _rows("ospos_dinner_tables", [(one, f"T{one}", 0, int(one == 8)) for one in range(1, 9)])
        + _rows("ospos_people", [(1, "Jutta", "Maier"), (2, "Ole", "Berg")])
        + _rows("ospos_employees", [(1, "jutta", "x"), (2, "ole", "x")])
        + _rows("ospos_items", [(number, name, f"R{number}", 1, pence / 100) for number, name, pence in DISHES])
        + _rows(
            "ospos_sales",
            [
                (check, "2026-11-20 18:00:00", 1 + check % 2, "by the window", 1 + check % 7, int(check >= CLOSED))
                for check in CHECKS
            ],
        )
        + _rows(
            "ospos_sales_items",
            [
                (check, dish, place, "", many, 1, {n: p for n, _, p in DISHES}[dish] / 100, off / 100)
                for check in CHECKS
                for place, (dish, many, off) in enumerate(lines_of(check), start=1)
            ],
        )
        + _rows(
            "ospos_sales_payments",
            [
                (check, check, ("Cash", "Card")[check % 2], total_of(check) / 100, 0)
                for check in CHECKS
                if check < CLOSED
            ],
        )
    )


def composite(*, declared: bool) -> str:
    """Checks that are counted anew every day, tables by area and number: every key has two columns, or three.

    Each check has the number of one of another day, with other lines.
    """

    def key(columns: str, table: str, targets: str) -> str:
        return f", FOREIGN KEY ({columns}) REFERENCES {table} ({targets})" if declared else ""

    of_check = "business_day, check_no"
    of_line = f"{of_check}, line_no"
    # (day, number, the sum that it is)
    known = [
        (day, check - 99, check)
        for day, first in ((20261124, 100), (20261125, 112))
        for check in range(first, first + 12)
    ]
    known = [(day, number if day == 20261124 else number - 12, check) for day, number, check in known]
    extra = 75
    return (
        f"""
CREATE TABLE areas (id INTEGER PRIMARY KEY, name VARCHAR(20));
CREATE TABLE dining_tables (area_id INTEGER NOT NULL, no INTEGER NOT NULL, name VARCHAR(20), seats INTEGER, PRIMARY KEY (area_id, no));
CREATE TABLE checks (business_day BIGINT NOT NULL, check_no BIGINT NOT NULL, area_id INTEGER, table_no INTEGER, covers INTEGER,
  opened_at VARCHAR(20), closed_at VARCHAR(20), total DECIMAL(10,2), paid DECIMAL(10,2), PRIMARY KEY ({of_check})
  {key("area_id, table_no", "dining_tables", "area_id, no")});
CREATE TABLE check_lines (business_day BIGINT NOT NULL, check_no BIGINT NOT NULL, line_no INTEGER NOT NULL, product VARCHAR(20),
  quantity INTEGER, unit_price DECIMAL(10,2), PRIMARY KEY ({of_line}) {key(of_check, "checks", of_check)});
CREATE TABLE line_modifiers (business_day BIGINT NOT NULL, check_no BIGINT NOT NULL, line_no INTEGER NOT NULL, seq INTEGER NOT NULL,
  name VARCHAR(20), price DECIMAL(10,2), PRIMARY KEY ({of_line}, seq) {key(of_line, "check_lines", of_line)});
CREATE TABLE payments (business_day BIGINT NOT NULL, check_no BIGINT NOT NULL, seq INTEGER NOT NULL, method VARCHAR(9),
  amount DECIMAL(10,2), PRIMARY KEY ({of_check}, seq) {key(of_check, "checks", of_check)});
"""
        + _rows("areas", [(1, "Room"), (2, "Garden")])
        + _rows("dining_tables", [(area, no, f"{'RG'[area - 1]}{no}", 4) for area in (1, 2) for no in (1, 2, 3)])
        + _rows(
            "checks",
            [
                (
                    day,
                    number,
                    1 + number % 2,
                    1 + number % 3,
                    2,
                    f"2026-11-{day % 100} 18:{number:02}:00",
                    f"2026-11-{day % 100} 20:{number:02}:00" if check < CLOSED else None,
                    (_gross(check) + extra) / 100,
                    (_gross(check) + extra) / 100 if check < CLOSED else 0,
                )
                for day, number, check in known
            ],
        )
        + _rows(
            "check_lines",
            [
                (day, number, place, DISHES[dish - 1][1], many, DISHES[dish - 1][2] / 100)
                for day, number, check in known
                for place, (dish, many, _) in enumerate(lines_of(check), start=1)
            ],
        )
        + _rows("line_modifiers", [(day, number, 1, 1, "Sauce", extra / 100) for day, number, _ in known])
        + _rows(
            "payments",
            [(day, number, 1, "Card", (_gross(check) + extra) / 100) for day, number, check in known if check < CLOSED],
        )
    )


def _gross(check: int) -> int:
    price = {number: pence for number, _, pence in DISHES}
    return sum(price[dish] * many for dish, many, _ in lines_of(check))
