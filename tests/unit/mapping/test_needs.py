"""What a mapping needs of the database is what its statements use, and no more."""

from __future__ import annotations

from adapter.mapping.bind import Binder
from adapter.mapping.catalogue import Catalogue, ColumnFact, TableFact
from adapter.mapping.engines import POSTGRESQL
from adapter.mapping.load import load_mapping_text
from adapter.mapping.needs import ALL, Needs, needs_of, needs_of_plans
from adapter.mapping.plans import Plan

MAPPING = """
version = 1
epos    = "Small"
sql     = "postgresql"

[site]
timezone = { default = "Europe/London" }
currency = { read = "SELECT o.code FROM options o", default = "GBP" }

[columns.chk]
closed  = { as = "flag", missing = false }
folio   = { optional = true }
version = { as = "version" }

[table]
from       = "place t LEFT JOIN zone z ON z.id = t.zone_id"
id         = "t.id"
name       = "t.label"
max_covers = "t.seats"
status     = { sql = "EXISTS (SELECT 1 FROM hidden)", map = { true = "occupied", false = "available" } }

[session]
from       = "chk k LEFT JOIN staff u ON u.id = k.staff_id"
where      = "NOT k.closed"
id         = "k.id"
name       = "COALESCE(k.folio, k.number)"
created_at = "k.opened"
table      = "k.place_id"

[bill]
total = "(SELECT SUM(l.price) FROM line l WHERE l.chk_id = k.id)"
paid  = "k.paid"

[item]
from            = "JOIN line i ON i.chk_id = k.id"
order           = ["i.seq"]
id              = "i.product"
name            = "i.label"
amount_per_item = "i.price"
"""

RECORD = """
[record.recorded]
from       = "pay p"
payment_id = "p.ref"
amount     = "p.amount"

[record.verify]
find = "SELECT p.id AS id FROM pay p WHERE p.ref = :payment_id"

[[record.step]]
insert = "pay"
returning = { row = "serial" }
set = { chk_id = ":session_id", ref = ":payment_id", amount = ":amount" }

[[record.step]]
update = "chk"
where  = "id = :session_id"
set    = { paid = ":paid_after" }

[[record.step]]
delete = "queue"
where  = "chk_id = :session_id"
"""


def needs(text: str = MAPPING, catalogue: Catalogue | None = None, **options: object) -> Needs:
    mapping = load_mapping_text(text)
    binder = Binder(mapping=mapping, catalogue=catalogue, site={"timezone": "Europe/London", "currency": "GBP"})
    found = needs_of(binder, POSTGRESQL, **options)  # type: ignore[arg-type]
    binder.finish()
    return found


def reads(found: Needs) -> dict[str, set[str]]:
    return {name: set(columns) for (_, name), columns in found.reads.items()}


def test_columns_are_read_wherever_an_expression_names_them():
    found = reads(needs())
    assert found["line"] == {"chk_id", "price", "seq", "product", "label"}
    assert found["chk"] == {"id", "closed", "folio", "number", "opened", "place_id", "paid"}
    assert found["options"] == {"code"}


def test_a_join_that_nothing_uses_needs_nothing():
    found = reads(needs())
    assert "staff" not in found
    assert "staff_id" not in found["chk"]


def test_a_table_of_which_only_the_rows_matter_is_read_without_columns():
    assert reads(needs())["hidden"] == set()


def test_a_function_that_gives_rows_is_no_table():
    told = MAPPING.replace(
        "EXISTS (SELECT 1 FROM hidden)", "EXISTS (SELECT 1 FROM json_each(t.tag) e WHERE e.value = 1)"
    )
    assert told != MAPPING
    assert "json_each" not in reads(needs(told))


def test_a_star_reads_every_column():
    starred = MAPPING.replace("EXISTS (SELECT 1 FROM hidden)", "EXISTS (SELECT * FROM hidden)")
    assert reads(needs(starred))["hidden"] == {ALL}


def test_counting_rows_is_no_star():
    counted = MAPPING.replace("EXISTS (SELECT 1 FROM hidden)", "(SELECT COUNT(*) FROM hidden) > 0")
    assert reads(needs(counted))["hidden"] == set()


def test_a_site_constant_that_the_installation_sets_is_not_read():
    assert "options" not in reads(needs(given=["currency"]))


def test_a_flag_that_the_till_keeps_may_be_either():
    text = MAPPING.replace(
        "[columns.chk]", 'net = { type = "flag", read = "SELECT o.net FROM options o" }\n[columns.chk]'
    )
    text += 'tax = { included = ":site.net", rate = "i.rate" }\n'
    assert "rate" in reads(needs(text))["line"]
    mapping = load_mapping_text(text)
    fixed = Binder(mapping=mapping, catalogue=None, site={"currency": "GBP", "net": True})
    assert "rate" not in reads(needs_of(fixed, POSTGRESQL, given=["net"]))["line"]


def test_writes_are_told_by_kind_and_column():
    found = needs(MAPPING + RECORD)
    assert found.writes[None, "pay"] == {"insert": {"chk_id", "ref", "amount"}}
    assert found.writes[None, "chk"] == {"update": {"paid", "version"}}
    assert found.writes[None, "queue"] == {"delete": set()}
    assert found.held == {(None, "chk")}
    assert found.reads[None, "queue"] == {"chk_id"}
    assert "version" in found.reads[None, "chk"]  # it goes up by one
    assert "serial" in found.reads[None, "pay"]  # it is returned


def test_what_is_needed_only_without_a_ledger_is_told_only_without_one():
    assert needs(MAPPING + RECORD, ledger=True).reads[None, "pay"] == {"serial", "id", "ref"}
    assert needs(MAPPING + RECORD, ledger=False).reads[None, "pay"] == {"serial", "ref", "amount"}


def test_a_till_that_takes_no_payments_needs_no_writing():
    found = needs(MAPPING + RECORD + "\n[capabilities]\nrecord_payment = false\n")
    assert not found.writes
    assert not found.held


def test_only_rows_held_by_one_table_of_several_are_held():
    text = MAPPING + RECORD.replace(
        "[[record.step]]\ninsert",
        '[[record.step]]\nfind = "SELECT q.id AS q FROM queue q JOIN chk c ON c.id = q.chk_id"\nlock = true\n\n'
        "[[record.step]]\ninsert",
        1,
    )
    assert needs(text).held == {(None, "chk"), (None, "queue")}


def test_names_are_folded_as_the_engine_does_unless_they_are_meant_letter_by_letter():
    text = MAPPING
    for written, meant in (
        ('"place t LEFT JOIN zone z ON z.id = t.zone_id"', "'\"Place\" t'"),
        ('"t.seats"', "'t.\"Seats\"'"),
        ('"t.label"', '"t.LABEL"'),
    ):
        assert written in text
        text = text.replace(written, meant)
    assert reads(needs(text))["Place"] == {"id", "Seats", "label"}


def test_names_are_those_of_the_database_where_there_is_one():
    columns = {
        "PLACE": ["ID", "label", "seats", "zone_id"],
        "chk": ["id", "closed", "number", "opened", "place_id", "paid", "staff_id", "version"],
        "line": ["chk_id", "price", "seq", "product", "label"],
        "options": ["code"],
        "hidden": ["x"],
        "zone": ["id"],
        "staff": ["id"],
    }
    tables = {
        name: TableFact(
            name=name,
            columns={each: ColumnFact(name=each, family="integer", nullable=each == "closed") for each in listed},
        )
        for name, listed in columns.items()
    }
    found = reads(needs(catalogue=Catalogue(tables={None: tables})))
    assert found["PLACE"] == {"ID", "label", "seats", "zone_id"}
    assert "folio" not in found["chk"]  # optional, and this database lacks it


def test_finished_text_tells_what_it_needs():
    texts = [
        "INSERT INTO s.a (x, y) VALUES (:x, :y) ON CONFLICT DO NOTHING",
        "UPDATE s.b SET gone = now() WHERE number = :number AND gone IS NULL",
        "DELETE FROM s.a WHERE x = :x",
        "SELECT l.x, (SELECT count(*) FROM s.b p WHERE p.z = l.x) FROM s.a l ORDER BY l.x",
    ]
    plans = [Plan(name="", shown=text, driver=text, branches=()) for text in texts]
    found = needs_of_plans(plans, POSTGRESQL)
    assert found.writes == {
        ("s", "a"): {"insert": {"x", "y"}, "delete": set()},
        ("s", "b"): {"update": {"gone"}},
    }
    assert found.reads == {("s", "a"): {"x"}, ("s", "b"): {"number", "gone", "z"}}


def test_two_needs_together_are_what_either_needs():
    one = Needs(reads={(None, "a"): frozenset("x")}, writes={(None, "a"): {"update": frozenset("x")}})
    other = Needs(reads={(None, "a"): frozenset("y")}, writes={(None, "a"): {"delete": frozenset()}})
    both = one | other
    assert both.reads == {(None, "a"): {"x", "y"}}
    assert both.writes == {(None, "a"): {"update": {"x"}, "delete": set()}}
