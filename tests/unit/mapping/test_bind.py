from __future__ import annotations

from typing import Any

import pytest

from adapter.errors import InvalidFile, Problem
from adapter.mapping.bind import Binder
from adapter.mapping.catalogue import Catalogue, ColumnFact, TableFact
from adapter.mapping.comparisons import check_comparisons
from adapter.mapping.divisions import check_divisions
from adapter.mapping.engines import ENGINES
from adapter.mapping.keys import UnpackableKey
from adapter.mapping.load import load_mapping_text
from adapter.toml.locate import Path

MAPPING = """\
version = 1
epos    = "A till"
sql     = "postgresql"

[site]
timezone = { default = "Europe/London" }
currency = { default = "GBP" }

[columns.ticket]
voided = { as = "flag", missing = false }
folio  = { optional = true }
hidden = { as = "flag", missing = true, optional = true }

[table]
from = "shop_table t LEFT JOIN shop_status s ON s.id = t.id"
id = "t.id"
name = "t.name"
max_covers = "t.capacity"
status = { column = "s.state", default = "available" }

[session]
from = "ticket k"
where = "NOT k.voided"
id = "k.id"
name = "COALESCE(k.folio, k.name)"
created_at = "k.created"
finished = "k.settled"
payable = "NOT k.paid"

[bill]
total = "k.total"
paid = "0"
[item]
from = "JOIN item i ON i.ticket_id = k.id"
id = "i.code"
name = "i.name"
amount_per_item = "i.price"
"""


def column(name: str, family: Any = "integer", *, nullable: bool = False, **more: Any) -> ColumnFact:
    return ColumnFact(name=name, family=family, nullable=nullable, type_name=family, **more)


def table(name: str, *columns: ColumnFact) -> TableFact:
    return TableFact(name=name, columns={one.name: one for one in columns})


def tables() -> dict[str, TableFact]:
    return {
        "shop_table": table(
            "shop_table", column("id"), column("name", "text", length=20), column("capacity", nullable=True)
        ),
        "shop_status": table("shop_status", column("id"), column("state"), column("sure", "boolean")),
        "ticket": table(
            "ticket",
            column("id", bits=32),
            column("name", "text", nullable=True),
            column("created", "time"),
            column("settled", "boolean"),
            column("paid", "boolean"),
            column("voided", "boolean", nullable=True),
            column("bare", "boolean", nullable=True),
            column("total", "decimal"),
            column("code", "text", length=8),
            column("long", "text", length=36),
            column("endless", "text"),
            column("guid", "uuid"),
            column("made", "time"),
        ),
        "item": table(
            "item",
            column("id"),
            column("ticket_id"),
            column("code", "text"),
            column("name", "text"),
            column("price", "decimal"),
        ),
    }


def binder(text: str = MAPPING, found: dict[str, TableFact] | None = None, schema: str | None = None) -> Binder:
    known = found if found is not None else tables()
    catalogue = Catalogue(
        tables={schema: known},
        known=frozenset(fact.name for fact in known.values()),
    )
    return Binder(load_mapping_text(text), catalogue)


def edited(*edits: tuple[str, str]) -> str:
    text = MAPPING
    for old, new in edits:
        assert old in text
        text = text.replace(old, new, 1)
    return text


def checked(text: str, found: dict[str, TableFact] | None = None) -> list[Problem]:
    with pytest.raises(InvalidFile) as caught:
        binder(text, found).check()
    return caught.value.problems


def sql(bound: Binder, *path: str | int) -> str:
    fragment = bound.mapping.fragment(*path)
    assert fragment is not None
    if path[-1] in ("where", "finished", "payable"):
        return bound.condition(fragment).sql(dialect="postgres")
    return bound.expression(fragment).sql(dialect="postgres")


def position(text: str, part: str) -> tuple[int, int]:
    before = text[: text.index(part)]
    return before.count("\n") + 1, len(before) - before.rfind("\n")


def test_a_mapping_that_fits_has_no_problems():
    bound = binder()
    bound.check()
    assert bound.problems == []
    assert bound.names.tables() == {(None, "shop_table"), (None, "shop_status"), (None, "ticket"), (None, "item")}


def test_without_a_catalogue_everything_exists():
    bound = Binder(load_mapping_text(MAPPING), None)
    bound.check()
    assert sql(bound, "session", "name") == "COALESCE(k.folio, k.name)"
    assert bound.problems == []


@pytest.mark.parametrize(
    ("old", "new", "part", "message", "hint"),
    [
        ('"k.total"', '"k.totl"', "k.totl", "the table ticket has no column totl", 'did you mean "total"?'),
        ('"k.created"', '"COALESCE(k.made, k.zzz)"', "k.zzz", "the table ticket has no column zzz", "it has "),
        ("i.ticket_id = k.id", "i.tickt_id = k.id", "i.tickt_id", "no column tickt_id", 'did you mean "ticket_id"?'),
        (
            '"k.total"',
            '"""\\n  (SELECT j.prise\\n   FROM item j)"""',
            "j.prise",
            "no column prise",
            'did you mean "price"?',
        ),
        ('"NOT k.paid"', '"NOT k.pad"', "k.pad", "no column pad", 'did you mean "paid"?'),
    ],
)
def test_a_column_that_is_not_there_is_told_where_it_stands(old: str, new: str, part: str, message: str, hint: str):
    text = edited((old, new.replace("\\n", "\n")))
    (found,) = checked(text)
    assert (found.line, found.column) == position(text, part)
    assert message in found.message
    assert hint in found.hint


@pytest.mark.parametrize(
    ("old", "new", "part", "key"),
    [
        ("shop_table t LEFT", "shop_tabel t LEFT", "shop_tabel", "table.from"),
        ("JOIN item i", "JOIN itme i", "itme", "item.from"),
        ('"k.total"', '"(SELECT j.price FROM itme j)"', "itme", "bill.total"),
    ],
)
def test_a_table_that_is_not_there_is_told_where_it_stands(old: str, new: str, part: str, key: str):
    text = edited((old, new))
    found = checked(text)[0]
    assert found.key == key
    assert found.line == position(text, part)[0]
    assert "the database has no table" in found.message
    assert found.hint.startswith("did you mean")


def test_everything_that_is_not_there_is_told_at_once():
    text = edited(('"k.total"', '"k.totl"'), ('"i.price"', '"i.prise"'), ('"t.capacity"', '"t.capacty"'))
    assert [one.key for one in checked(text)] == ["table.max_covers", "bill.total", "item.amount_per_item"]


@pytest.mark.parametrize(
    ("key", "sql", "hint"),
    [
        ("bill.total", "k.id / 100", "write / 100.0"),
        ("bill.total", "(SELECT SUM(j.id * 3) / COUNT(*) FROM item j)", "multiply one of them by 1.0"),
        ("item.quantity", "(i.id + 1) / 1000", "write / 1000.0"),
        ("item.amount_per_item", "CASE WHEN i.id = 1 THEN COALESCE(i.id, 0) ELSE 0 END / 7", "write / 7.0"),
        ("item.tax.rate", "(SELECT MAX(j.id) FROM item j) / 10", "write / 10.0"),
        ("bill.total", "k.total / 100", ""),
        ("bill.total", "k.id / 100.0", ""),
        ("item.quantity", "i.id * 1.0 / i.ticket_id", ""),
    ],
)
@pytest.mark.parametrize("dialect", ["postgresql", "sqlite", "mysql"])
def test_whole_numbers_are_not_divided_where_that_drops_a_part(dialect: str, key: str, sql: str, hint: str):
    section, _, name = key.partition(".")
    said = f'tax = {{ included = false, rate = "{sql}" }}' if name == "tax.rate" else f'{name} = "{sql}"'
    text = edited(('"postgresql"', f'"{dialect}"'), ('total = "k.total"\n', ""), ('amount_per_item = "i.price"\n', ""))
    for needed in ('bill.total = "0"', 'item.amount_per_item = "0"'):
        owner, _, line = needed.partition(".")
        if not (owner == section and line.startswith(f"{name} ")):
            text = text.replace(f"[{owner}]\n", f"[{owner}]\n{line}\n")
    bound = binder(text.replace(f"[{section}]\n", f"[{section}]\n{said}\n"))
    check_divisions(bound)
    if key == "bill.total" and sql == "k.total / 100":
        hint = "write / 100.0" if dialect == "sqlite" else ""  # 350 in a column of decimals is a whole number there
    found = [(one.key, one.hint) for one in bound.problems]
    assert found == ([(key, hint)] if hint and dialect != "mysql" else [])


def test_names_are_found_whatever_their_case():
    bound = binder(edited(('"k.total"', '"K.TOTAL"')))
    bound.check()
    assert sql(bound, "bill", "total") == "K.TOTAL"


def test_an_optional_column_that_is_not_there_is_null():
    bound = binder()
    bound.check()
    assert sql(bound, "session", "name") == "COALESCE(NULL, k.name)"


def test_an_optional_column_that_is_there_is_read():
    found = tables()
    found["ticket"] = table("ticket", *found["ticket"].columns.values(), column("folio", nullable=True))
    assert sql(binder(found=found), "session", "name") == "COALESCE(k.folio, k.name)"


@pytest.mark.parametrize(
    ("where", "shows"), [("k.hidden", True), ("NOT k.hidden", False), ("NOT k.voided OR k.hidden", True)]
)
def test_an_optional_flag_that_is_not_there_means_what_missing_says(where: str, shows: bool):
    import sqlite3

    bound = binder(edited(("NOT k.voided", where)))
    connection = sqlite3.connect(":memory:")
    connection.execute("CREATE TABLE ticket (id, voided)")
    connection.execute("INSERT INTO ticket VALUES (1, 1)")
    found = connection.execute(f"SELECT k.id FROM ticket AS k WHERE {sql(bound, 'session', 'where')}").fetchall()
    assert bool(found) is shows


def test_a_nullable_flag_has_its_declared_meaning():
    assert sql(binder(), "session", "where") == "(k.voided = FALSE OR k.voided IS NULL)"


def test_a_flag_that_cannot_be_null_is_plain():
    found = tables()
    columns = {**found["ticket"].columns, "voided": column("voided", "boolean")}
    found["ticket"] = TableFact(name="ticket", columns=columns)
    assert sql(binder(found=found), "session", "where") == "k.voided = FALSE"


@pytest.mark.parametrize(
    ("family", "expected"),
    [("boolean", "(k.voided = FALSE OR k.voided IS NULL)"), ("integer", "(k.voided = 0 OR k.voided IS NULL)")],
)
def test_a_flag_is_compared_as_its_column_holds_it(family: Any, expected: str):
    found = tables()
    columns = {**found["ticket"].columns, "voided": column("voided", family, nullable=True)}
    found["ticket"] = TableFact(name="ticket", columns=columns)
    assert sql(binder(found=found), "session", "where") == expected


@pytest.mark.parametrize("where", ["NOT k.bare", "k.settled OR NOT (k.bare AND k.paid)"])
def test_a_nullable_flag_that_nobody_explained_may_not_be_negated(where: str):
    text = edited(("NOT k.voided", where))
    bound = binder(text)
    sql(bound, "session", "where")
    (found,) = bound.problems
    assert (found.line, found.column) == position(text, "k.bare")
    assert "may be NULL" in found.message
    assert found.hint == 'say what it means: [columns.ticket] bare = { as = "flag", missing = false }'


def test_a_column_that_is_no_flag_is_no_condition():
    bound = binder(edited(("NOT k.voided", "k.total")))
    sql(bound, "session", "where")
    assert ["cannot stand alone as a condition" in one.message for one in bound.problems] == [True]


@pytest.mark.parametrize("engine", list(ENGINES))
def test_a_number_is_no_condition_on_any_engine_be_it_one_that_takes_it_for_a_yes(engine: str):
    text = edited(("NOT k.voided", "NOT k.voided AND k.total & 6"))
    bound = Binder(load_mapping_text(text), binder().catalogue, engine=ENGINES[engine])
    sql(bound, "session", "where")
    (found,) = bound.problems
    assert (found.line, found.column) == position(text, "k.total & 6")
    assert found.message == "k.total & 6 is a number or a text, and no condition"
    assert found.hint == "say when it holds, as in k.total & 6 <> 0"


def test_the_alias_of_another_entity_does_not_make_a_column_nullable():
    text = edited(
        ('from = "ticket k"', 'from = "ticket s"'),
        ('where = "NOT k.voided"', 'where = "NOT s.settled"'),
        ("k.folio, k.name", "s.folio, s.name"),
        ("i.ticket_id = k.id", "i.ticket_id = s.id"),
        *((f'"k.{name}"', f'"s.{name}"') for name in ("id", "created", "settled", "total")),
        ("NOT k.paid", "NOT s.paid"),
    )
    bound = binder(text)
    bound.check()
    assert sql(bound, "session", "where") == "s.settled = FALSE"
    assert bound.problems == []


def test_a_flag_behind_a_left_join_may_be_null():
    bound = binder(edited(("status = {", 'where = "NOT s.sure"\nstatus = {')))
    sql(bound, "table", "where")
    assert ["may be NULL" in one.message for one in bound.problems] == [True]


def test_a_schema_and_a_prefix_stand_before_every_table():
    text = edited(('sql     = "postgresql"', 'sql = "postgresql"\nschema = "shop"\nprefix = "tbl_"'))
    known = {f"tbl_{name}": TableFact(name=f"tbl_{name}", columns=fact.columns) for name, fact in tables().items()}
    bound = binder(text, known, schema="shop")
    bound.check()
    assert bound.names.tables() >= {("shop", "tbl_ticket"), ("shop", "tbl_item")}
    clause = bound.clause(bound.mapping.clauses["session",])
    assert clause.first is not None
    assert clause.first.sql(dialect="postgres") == '"shop".tbl_ticket AS k'
    (join,) = bound.clause(bound.mapping.clauses["item",]).joins
    assert join.sql(dialect="postgres") == 'JOIN "shop".tbl_item AS i ON i.ticket_id = k.id'


def test_exact_identifiers_stand_in_quotes():
    text = edited(
        ('sql     = "postgresql"', 'sql = "postgresql"\nschema = "Shop"\nidentifiers = "exact"'),
        ('"k.total"', '"(SELECT j.price FROM item j) + k.total"'),
    )
    bound = binder(text, schema="Shop")
    clause = bound.clause(bound.mapping.clauses["session",])
    assert clause.first is not None
    assert clause.first.sql(dialect="postgres") == '"Shop"."ticket" AS k'
    assert sql(bound, "bill", "total") == '(SELECT j."price" FROM "Shop"."item" AS j) + k."total"'


def test_names_are_spelt_as_the_catalogue_spells_them():
    found = tables()
    columns = {**found["ticket"].columns, "total": column("Total", "decimal")}
    found["ticket"] = TableFact(name="Ticket", columns=columns)
    bound = binder(found=found)
    clause = bound.clause(bound.mapping.clauses["session",])
    assert clause.first is not None
    assert clause.first.sql(dialect="postgres") == '"Ticket" AS k'
    assert sql(bound, "bill", "total") == 'k."Total"'


def test_a_table_without_an_alias_goes_by_its_own_name():
    text = edited(
        ('sql     = "postgresql"', 'sql = "postgresql"\nprefix = "x_"'),
        ('from = "ticket k"', 'from = "ticket"'),
        ('"NOT k.voided"', '"NOT ticket.voided"'),
        ("k.folio, k.name", "ticket.folio, ticket.name"),
        ("i.ticket_id = k.id", "i.ticket_id = ticket.id"),
        *((f'"k.{name}"', f'"ticket.{name}"') for name in ("id", "created", "settled", "total")),
        ("NOT k.paid", "NOT ticket.paid"),
    )
    bound = binder(
        text, {f"x_{name}": TableFact(name=f"x_{name}", columns=fact.columns) for name, fact in tables().items()}
    )
    bound.check()
    clause = bound.clause(bound.mapping.clauses["session",])
    assert clause.first is not None
    assert clause.first.sql(dialect="postgres") == "x_ticket AS ticket"
    assert sql(bound, "bill", "total") == "ticket.total"


def test_a_field_may_refer_to_another_and_never_to_itself():
    bound = binder(edited(("NOT k.paid", "bill.total > 0")))
    assert "k.total" in sql(bound, "session", "payable")
    bound = binder(edited(("NOT k.paid", "session.payable")))
    sql(bound, "session", "payable")
    assert ["refers to itself" in one.message for one in bound.problems] == [True]


def test_a_field_that_is_not_there_is_told_with_what_was_meant():
    with pytest.raises(InvalidFile) as caught:
        binder(edited(("NOT k.paid", "bill.totl > 0")))
    (found,) = caught.value.problems
    assert (found.message, found.hint) == ("there is no field bill.totl", 'did you mean "total"?')


@pytest.mark.parametrize(
    ("identity", "forms"),
    [
        ('"k.id"', ["integer"]),
        ('"k.total"', ["integer"]),
        ('"k.code"', ["text"]),
        ('"k.guid"', ["uuid"]),
        ('{ column = "k.long", form = "text" }', ["text"]),
        ('["k.id", "k.code"]', ["integer", "text"]),
        ('{ parts = ["k.id", "k.total"], bits = [32, 32] }', ["integer", "integer"]),
    ],
)
def test_a_key_is_packed_as_its_columns_ask(identity: str, forms: list[str]):
    bound = binder(edited(('id = "k.id"\nname = "COALESCE', f'id = {identity}\nname = "COALESCE')))
    found = bound.packing_of(("session", "id"), bound.mapping.file.session.id)
    assert [part.form for part in found.parts] == forms
    assert bound.problems == []


@pytest.mark.parametrize(
    ("identity", "message"),
    [
        ('"k.endless"', "may hold more than 15 characters"),
        ('"k.long"', "may hold more than 15 characters"),
        ('"k.created"', "created is time"),
        ('"k.settled"', "settled is boolean"),
        ('["k.guid", "k.id"]', "leaves no room"),
        ('["k.id", "k.total", "k.id"]', "bits"),
        ('["k.long", "k.id"]', "bits"),
    ],
)
def test_a_key_that_does_not_fit_a_session_id_is_refused(identity: str, message: str):
    bound = binder(edited(('id = "k.id"\nname = "COALESCE', f'id = {identity}\nname = "COALESCE')))
    bound.packing_of(("session", "id"), bound.mapping.file.session.id)
    (found,) = bound.problems
    assert found.key == "session.id"
    assert message in found.message


def test_a_text_part_of_a_key_that_needs_more_bytes_than_letters_is_refused_with_its_row():
    bound = binder(edited(('id = "k.id"\nname = "COALESCE', 'id = ["k.code", "k.id"]\nname = "COALESCE')))
    found = bound.packing_of(("session", "id"), bound.mapping.file.session.id)
    assert found.unpack(found.pack(("e" * 8, 1))) == ("e" * 8, 1)
    with pytest.raises(UnpackableKey):
        found.pack(("é" * 8, 1))


def test_what_a_column_is_declared_as_must_fit_its_field():
    bound = binder(edited(("voided = { as", "total = { as"), ("NOT k.voided", "NOT k.settled")))
    here: Path = ("bill", "total")
    assert bound.reading_of(here, "money") == {}
    (found,) = bound.problems
    assert found.message == "is a money here, but [columns.ticket] total is declared as flag"


def test_a_constant_is_a_literal_or_a_site_constant():
    text = edited(('id = "i.code"', "id = \"'x'\""), ('name = "i.name"', 'name = ":site.currency"'))
    bound = Binder(load_mapping_text(text), None, {"currency": "EUR"})
    fragments = [bound.mapping.fragment("item", name) for name in ("id", "name", "amount_per_item")]
    assert [bound.constant(one.tree) for one in fragments if one is not None] == ["x", "EUR", None]


RECORD = """
[[record.step]]
insert = "pay"
set    = { chk = ":session_id" }

[[record.step]]
update = "ticket"
where  = "WHERE"
set    = { total = ":amount" }
"""


@pytest.mark.parametrize(
    ("engine", "where", "said"),
    [
        ("mariadb", "id = :payment_id", [":payment_id is a text, and id is integer"]),
        ("mariadb", "code = :session_id", []),
        ("sqlite", "(:currency) IN (id)", [":currency is a text, and id is integer"]),
        ("sqlite", "created < :now AND code = :scheme AND total = :amount AND id = :waiter", []),
        ("postgresql", "code = :session_id", [":session_id is a whole number, and code is text"]),
        ("postgresql", "guid = :payment_id AND id = :session_id", []),
        ("postgresql", "guid = :scheme AND id = :tender", [":scheme is a text, and guid is uuid"]),
    ],
)
def test_no_column_is_compared_with_a_value_that_it_cannot_hold(engine: str, where: str, said: list[str]):
    text = MAPPING + '\n[record.tender]\ndefault = "CARD"\n' + RECORD.replace("WHERE", where)
    found = {**tables(), "pay": table("pay", column("chk"))}
    catalogue = Catalogue(tables={None: found}, known=frozenset(found))
    bound = Binder(load_mapping_text(text), catalogue, engine=ENGINES[engine])
    check_comparisons(bound, bound.packing_of(("session", "id"), bound.mapping.file.session.id))
    assert [one.message for one in bound.problems] == said
