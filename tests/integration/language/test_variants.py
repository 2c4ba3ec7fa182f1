"""Versions of one EPOS in one file: which variant is chosen, what it changes, and where its mistakes are told."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from adapter.errors import InvalidFile
from adapter.events import MappingBound, MappingUnfit
from adapter.explain import explain
from adapter.mapping.load import load_mapping_text
from adapter.trials import run_tests

from .conftest import MAPPING

Serve = Callable[..., Any]

CHECK = "INSERT INTO chk (id, name, total, paid) VALUES (1, 'One', 5, 2); INSERT INTO line (id, check_id, price) VALUES (1, 1, 5);"
PAYMENTS = "CREATE TABLE payments (check_id int, amount numeric, void boolean NOT NULL DEFAULT FALSE); INSERT INTO payments VALUES (1, 4);"

NEW = """
[variant.payments]
when = { table = "payments" }
[variant.payments.bill]
paid = "COALESCE((SELECT SUM(p.amount) FROM payments p WHERE p.check_id = k.id AND NOT p.void), 0)"
"""


def _whole(*variants: str) -> str:
    return MAPPING + "".join(variants)


@pytest.mark.parametrize(("schema", "paid", "chosen"), [("", 200, ""), (PAYMENTS, 400, "payments")])
def test_a_table_that_only_one_version_has_chooses_its_variant(serve: Serve, schema: str, paid: int, chosen: str):
    place = serve(CHECK + schema, whole=_whole(NEW))
    assert place.bill("One")["paidAmount"] == paid
    assert [event.variant for event in place.of(MappingBound)] == [chosen]
    place.by_filters()
    place.healthy()


@pytest.mark.parametrize(
    ("schema", "when", "holds"),
    [
        ("", '{ column = "chk.tip" }', False),
        ("ALTER TABLE chk ADD tip numeric;", '{ column = "chk.tip" }', True),
        ("", '{ column = "nowhere.tip" }', False),
        ("", '"SELECT TRUE"', True),
        ("", '"SELECT 0"', False),
        ("", '"SELECT COUNT(*) FROM chk"', True),
        ("", '"SELECT c.done FROM chk c"', False),
        ("UPDATE chk SET done = TRUE;", '"SELECT c.done FROM chk c ORDER BY c.id"', True),
        ("", '"SELECT c.total FROM chk c WHERE FALSE"', False),
        ("CREATE TABLE ver (v text); INSERT INTO ver VALUES ('no'), ('yes');", '"SELECT v.v FROM ver v"', True),
        ("CREATE TABLE ver (v int); INSERT INTO ver VALUES (6);", '"SELECT v.v >= 7 FROM ver v"', False),
        ("CREATE TABLE ver (v int); INSERT INTO ver VALUES (7);", '"SELECT v.v >= 7 FROM ver v"', True),
        ("", '"SELECT v.v >= 7 FROM ver v"', False),  # a version without the table is not the one
        ("CREATE TABLE ver (w int);", '"SELECT v.v >= 7 FROM ver v"', False),
    ],
)
def test_a_probe_chooses_by_what_the_database_holds(serve: Serve, schema: str, when: str, holds: bool):
    place = serve(CHECK + schema, whole=_whole(f"[variant.x]\nwhen = {when}\n[variant.x.session]\nname = \"'New'\"\n"))
    assert place.names() == (["New"] if holds else ["One"])


def test_the_first_variant_that_holds_is_used(serve: Serve):
    variants = [
        f"[variant.{name}]\nwhen = 'SELECT {yes}'\n[variant.{name}.session]\nname = \"'{name}'\"\n"
        for name, yes in (("a", "FALSE"), ("b", "TRUE"), ("c", "TRUE"))
    ]
    assert serve(CHECK, whole=_whole(*variants)).names() == ["b"]


def test_a_variant_replaces_adds_and_leaves_out(serve: Serve):
    place = serve(
        "ALTER TABLE chk DROP closed, DROP paid, ADD fee numeric, ADD off numeric; CREATE TABLE seat (c int, b int);"
        "INSERT INTO board (id, name) VALUES (1, 'T1'), (2, 'T2');"
        "INSERT INTO chk (id, name, total, fee, off) VALUES (1, 'One', 5, 1, 2); INSERT INTO seat VALUES (1, 2);"
        "INSERT INTO line (id, check_id, name, price) VALUES (1, 1, 'X', 6);",
        whole=_whole(
            """
[[charge]]
id     = "'old'"
name   = "'Old'"
amount = "9"
[variant.x]
when    = { column = "chk.fee" }
without = ["session.finished_at", "session.table"]
[variant.x.session.tables]
from  = "JOIN seat s ON s.c = k.id"
table = "s.b"
[variant.x.bill]
paid = "0"
[[variant.x.charge]]
id     = "'fee'"
name   = "'Fee'"
amount = "k.fee"
[[variant.x.discount]]
id     = "'off'"
name   = "'Off'"
amount = "k.off"
[variant.x.columns.chk]
done = { as = "flag", missing = true }
"""
        ),
    )
    assert place.session("One")["tableName"] == "T2"
    # Discounts come before charges, and the file's own charge is not there: a list is replaced as a whole.
    assert place.lines("One") == [(1, "X", 600), (1, "Off", -200), (1, "Fee", 100)]
    place.healthy()


@pytest.mark.parametrize("which", ["file", "variant"])
def test_what_does_not_fit_is_told_in_the_variant_or_in_the_file_where_it_stands(serve: Serve, which: str):
    whole = _whole(NEW).replace("p.amount", "p.amuont") if which == "variant" else _whole(NEW).replace("l.qty", "l.qyt")
    place = serve(PAYMENTS, whole=whole)
    place.ask("ListSessions")
    (event,) = place.of(MappingUnfit)
    needle = "p.amuont" if which == "variant" else "l.qyt"
    line = next(number for number, text in enumerate(whole.splitlines(), 1) if needle in text)
    assert event.problem.startswith(f"test.toml:{line}:")
    assert ("variant.payments.bill.paid" if which == "variant" else ": item.quantity:") in event.problem


def test_every_variant_is_checked_when_the_file_is_loaded():
    whole = _whole(
        NEW.replace("k.id AND", "q.id AND"),
        """
[variant.two]
when = "SELECT x.y, x.z FROM x"
[variant.two.session]
nmae = "k.name"
[variant.two.item]
quantity = "'"
[variant.three]
when = {}
[variant.four]
when    = { table = "four" }
without = ["session.nothing", "version"]
sql     = "mysql"
sesion  = {}
""",
    )
    with pytest.raises(InvalidFile) as caught:
        load_mapping_text(whole)
    lines = whole.splitlines()
    said = {problem.key: lines[problem.line - 1].split("=")[0].strip() for problem in caught.value.problems}
    assert said == {
        "variant.payments.bill.paid": "paid",
        "variant.two.when": "when",
        "variant.two.session.nmae": "nmae",
        "variant.two.item.quantity": "quantity",
        "variant.three.when": "when",
        "variant.four.without[0]": "without",
        "variant.four.without[1]": "without",
        "variant.four.sql": "sql",
        "variant.four.sesion": "sesion",
    }


@pytest.mark.parametrize(
    ("text", "key", "on", "message"),
    [
        ("[variant.x]\nwhen = 'SELECT 1'\nwithout = ['session.nothing']", "without[0]", "without", "says nothing of"),
        ("[variant.x]\nwhen = 'SELECT 1'\nwithout = ['engines']", "without[0]", "without", "says nothing of"),
        ("[variant.x]\nwhen = 'SELECT 1'\nengines = []", "engines", "engines", "not what a variant can change"),
        ("[variant.x]\nwhen = 'SELECT 1'\nidentifiers = 'no'", "identifiers", "identifiers", "must be"),
        (
            "[variant.x]\nwhen = 'SELECT 1'\n[variant.x.capabilities]\ntip = false",
            "capabilities.tip",
            "tip",
            "no such setting",
        ),
        ("[variant.x]\nwhen = 'SELECT 1'\nsesion = {}", "sesion", "sesion", "not what a variant can change"),
        ("[variant.x]\nwhen = {}", "when", "when", "say one of"),
        ("[variant.x]\nwhen = { column = 'total' }", "when", "when", "with its table"),
        ("[variant.x]\nwhen = 'SELECT 1, 2'", "when", "when", "one value"),
        ("[variant.x]\nwhen = 'DELETE FROM chk'", "when", "when", "may only read"),
        ("[variant.x]\nwhen = 'SELECT :site.currency'", "when", "when", "no site constant"),
        ("[variant.x]\nwhen = 'SELECT 1'\nwithout = ['session.name']", "session.name", "[session]", "is missing"),
        (
            "[variant.x]\nwhen = 'SELECT 1'\n[variant.x.session]\nnmae = 'k.name'",
            "session.nmae",
            "nmae",
            "no such setting",
        ),
        (
            "[variant.x]\nwhen = 'SELECT 1'\n[variant.x.item]\nquantity = 'l.'",
            "item.quantity",
            "quantity",
            "not valid SQL",
        ),
        ("[variant.x.item]\nquantity = 'l.qty'", "when", "[variant.x.item]", "is missing"),
    ],
)
def test_a_mistake_in_a_variant_is_told_with_its_line(text: str, key: str, on: str, message: str):
    whole = f"{MAPPING}\n{text}\n"
    with pytest.raises(InvalidFile) as caught:
        load_mapping_text(whole)
    (problem,) = caught.value.problems
    assert problem.key in (f"variant.x.{key}", key)
    assert whole.splitlines()[problem.line - 1].startswith(on)
    assert message in problem.message


@pytest.mark.parametrize(("schema", "note"), [(PAYMENTS, "variant payments"), ("", "no variant")])
def test_explain_says_which_variant_a_database_needs(serve: Serve, tmp_path: Path, schema: str, note: str):
    place = serve(CHECK + schema)
    (tmp_path / "test.toml").write_text(_whole(NEW), encoding="utf-8")
    config = tmp_path / "config.toml"
    lines = [f"mapping = {str(tmp_path / 'test.toml')!r}", "[database]", f"url = {place.url!r}"]
    config.write_text("\n".join(lines), encoding="utf-8")
    found = place.runner.run(
        explain("ListSessions", "{}", config_file=config, mapping_name=None, connect_to_database=True)
    )
    assert found.notes[0].startswith(note)
    assert ("payments" in found.statements[0].sql) is bool(schema)
    found = place.runner.run(
        explain("ListSessions", "{}", config_file=config, mapping_name=None, connect_to_database=False)
    )
    assert found.notes[1] == "without a database no variant is chosen; there are payments"


@pytest.mark.parametrize(("schema", "names"), [(PAYMENTS, ["new"]), ("", ["old"])])
def test_the_tests_of_a_file_and_of_its_variants_run_where_they_are_used(serve: Serve, schema: str, names: list[str]):
    place = serve(CHECK + schema)
    tests = """
[[test]]
name   = "old"
method = "ListSessions"
rows   = { chk = [{ id = 1, name = "A", total = 5, paid = 1 }] }
expect = { sessions = [{ name = "A" }] }
[[variant.payments.test]]
name    = "new"
method  = "GetBillItems"
session = 1
rows    = { chk = [{ id = 1, name = "A", total = 0 }], payments = [{ check_id = 1, amount = 4 }] }
expect  = { billItems = { paidAmount = 400 } }
"""
    found = place.runner.run(run_tests(load_mapping_text(_whole(NEW, tests)), place.url))
    assert [(result.name, result.passed) for result in found] == [(name, True) for name in names], found


def test_a_variant_has_a_name_a_prefix_and_a_schema_of_its_own_and_another_receipt(serve: Serve):
    place = serve(
        f"{CHECK} DROP SCHEMA IF EXISTS new CASCADE; CREATE SCHEMA new;"
        + "".join(
            f"CREATE TABLE new.v2_{name} (LIKE {name} INCLUDING ALL); INSERT INTO new.v2_{name} SELECT * FROM {name};"
            for name in ("chk", "line", "board")
        )
        + "UPDATE new.v2_chk SET name = 'Newer'",
        whole=_whole("""
[receipt]
header = [{ type = "merchant_name", text = "Old" }]
footer = [{ type = "text", text = "Bye" }]
[variant.x]
when   = { table = "line" }
epos   = "Newer EPOS"
schema = "new"
prefix = "v2_"
[variant.x.receipt]
header = [{ type = "merchant_name", text = "New" }]
"""),
    )
    assert place.names() == ["Newer"]
    receipt = str(place.ask("GetFullBill", sessionId=place.session("Newer")["id"]))
    assert [text in receipt for text in ("'New'", "'Bye'", "'Old'")] == [True, True, False]


def test_a_table_is_probed_by_the_name_that_its_variant_gives_it(serve: Serve):
    # The file's own table of this name is there; the variant's is not.
    place = serve(CHECK, whole=_whole('[variant.x]\nwhen = { table = "line" }\nprefix = "v2_"\n'))
    assert place.names() == ["One"]
