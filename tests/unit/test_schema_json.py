"""The JSON Schema for editors: what is right passes, what is wrong does not, and every key is explained."""

from __future__ import annotations

import json
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner
from jsonschema import Draft202012Validator
from pydantic import ValidationError

from adapter.cli import main
from adapter.config import Config
from adapter.errors import InvalidFile
from adapter.mapping.load import load_mapping, load_mapping_text
from adapter.schema_json import DRAFT, config_schema, mapping_schema

ROOT = Path(__file__).parents[2]
SHIPPED = sorted((ROOT / "mappings").glob("*.toml"))
EXAMPLE = (ROOT / "config.example.toml").read_text(encoding="utf-8")

MAPPING = Draft202012Validator(mapping_schema())
CONFIG = Draft202012Validator(config_schema())

WHOLE = """
version = 1
epos    = "Everything"
sql     = "postgresql"
engines = ["postgresql"]
schema  = "till"

[site]
timezone = { default = "Europe/London" }
currency = { default = "GBP", help = "ISO 4217" }
covers   = { type = "integer", default = 4 }
net      = { type = "flag", read = "SELECT o.net FROM options o", default = true }

[columns.chk]
closed = { as = "flag", true = "Y", false = ["N", "X"], missing = false }
opened = { as = "time", form = "epoch" }
extra  = { optional = true }

[money]
rounding = "half-even"

[time]
zone = ":site.timezone"

[table]
from       = "place t"
id         = "t.id"
name       = { column = "t.label", missing = "Table" }
max_covers = ":site.covers"
area       = { name = "t.zone" }
status     = { sql = "t.state", map = { 1 = "occupied", 2 = "hidden" }, default = "available" }

[session]
from       = "chk k"
order      = "k.id"
id         = ["k.day", "k.number"]
name       = { parts = ["k.label", "k.number"] }
created_at = { column = "k.opened", zone = "Europe/Paris" }
finished   = "k.closed"
waiter     = { id = "k.waiter" }

[session.tables]
from  = "JOIN seat n ON n.chk_id = k.id"
table = "n.place_id"

[bill]
total         = { column = "k.total", form = "minor" }
paid          = "0"
rounding_line = { limit = 2 }

[item]
from            = "JOIN chk_line i ON i.chk_id = k.id"
id              = "i.id"
key             = "i.id"
name            = "i.label"
quantity        = { column = "i.quantity", fraction = "round" }
amount_per_item = { column = "i.price", per = "line" }
tax             = { included = false, rate = "i.rate", form = "fraction" }

[modifier]
from   = "JOIN extra m ON m.line_id = i.id"
name   = "m.label"
amount = "m.price"

[[charge]]
rows   = { column = "k.data", path = "fees", as = "fee", only = { kind = "fee" } }
id     = "fee.id"
name   = "fee.name"
amount = "fee.amount"
tax    = { included = true }

[[discount]]
where  = "k.off > 0"
id     = "'off'"
name   = "'Off'"
amount = "k.off"
tax    = { included = true }

[receipt]
header = [{ type = "text", text = "Hello", size = "header_1" }, { type = "horizontal_line" }]

[lock]
free  = "k.locked IS NULL"
ours  = "k.locked = 'X'"
set   = { locked = "'X'" }
clear = { locked = "NULL" }

[variant.old]
when    = { column = "chk.old_total" }
without = ["session.waiter"]
bill    = { total = "k.old_total" }
session = { name = ["k.label", { column = "k.data", path = "name" }] }

[variant.older]
when             = "SELECT o.version < 3 FROM options o"
columns.chk.note = { as = "text", encoding = "cp1252" }

[record.tender]
VISA    = 1
default = "CARD"

[record.make]
row = "uuid"

[[record.step]]
update = "chk"
where  = "id = :session_id_1"
when   = "fully_paid"
rows   = "some"
set    = { paid = ":paid_after" }
"""

WRONG_MAPPINGS = {
    "a key that there is not": ('engines = ["postgresql"]', 'engine = ["postgresql"]'),
    "a version to come": ("version = 1", "version = 2"),
    "no name": ('epos    = "Everything"\n', ""),
    "a dialect that there is not": ('sql     = "postgresql"', 'sql = "oracle"'),
    "an engine that there is not": ('engines = ["postgresql"]', 'engines = ["postgres"]'),
    "a number for SQL": ('from       = "place t"', "from = 7"),
    "a constant without braces": ('timezone = { default = "Europe/London" }', 'timezone = "Europe/London"'),
    "a constant of no type": ('type = "integer", default = 4', 'type = "int", default = 4'),
    "a default of another type": ('type = "integer", default = 4', 'type = "integer", default = "four"'),
    "a constant's name in capitals": ("covers   =", "Covers   ="),
    "a reading that there is not": ('as = "flag", true', 'as = "boolean", true'),
    "a flag with a zone": ('as = "flag", true', 'as = "flag", zone = "Europe/Paris", true'),
    "a time with codes": ('form = "epoch" }', 'form = "epoch", true = 1 }'),
    "options without a reading": ("extra  = { optional = true }", "extra = { optional = true, missing = false }"),
    "a rounding that there is not": ('rounding = "half-even"', 'rounding = "bankers"'),
    "a table without a name": ('name       = { column = "t.label", missing = "Table" }\n', ""),
    "two sources of one field": ('column = "t.label"', 'column = "t.label", sql = "t.label"'),
    "a field without a source": ('{ column = "t.label", missing = "Table" }', '{ missing = "Table" }'),
    "a list where one is meant": ('max_covers = ":site.covers"', 'max_covers = ["t.a", "t.b"]'),
    "a status that there is not": ('1 = "occupied"', '1 = "busy"'),
    "an option of another kind": (
        'name       = { column = "t.label"',
        'name       = { per = "line", column = "t.label"',
    ),
    "from beside select": ('from       = "chk k"', 'from       = "chk k"\nselect = "SELECT 1 AS id"'),
    "neither from nor select": ('from       = "place t"\n', ""),
    "two ways to tables": ('finished   = "k.closed"', 'finished   = "k.closed"\ntable = "k.place_id"'),
    "a waiter without an id": ('waiter     = { id = "k.waiter" }', 'waiter     = { name = "k.waiter" }'),
    "a bill without paid": ('paid          = "0"\n', ""),
    "an amount in no form": ('form = "minor" }', 'form = "cents" }'),
    "a rounding line of nothing": ("limit = 2", "limit = 0"),
    "a fraction that there is not": ('fraction = "round"', 'fraction = "drop"'),
    "prices without tax and without a rate": ('included = false, rate = "i.rate"', "included = false"),
    "a modifier without an amount": ('name   = "m.label"\namount = "m.price"', 'name   = "m.label"'),
    "positional rows with a from": ('from   = "JOIN extra', 'positional = "i.x"\nfrom   = "JOIN extra'),
    "a discount without an id": ("id     = \"'off'\"\n", ""),
    "one discount instead of a list": ("[[discount]]", "[discount]"),
    "a receipt line of no type": ('{ type = "horizontal_line" }', '{ type = "line" }'),
    "a text line without its text": ('{ type = "text", text = "Hello"', '{ type = "text"'),
    "a lock that is never released": ('clear = { locked = "NULL" }\n', ""),
    "an update without a where": ('where  = "id = :session_id_1"\n', ""),
    "a step that is two": ('update = "chk"', 'update = "chk"\ninsert = "chk"'),
    "a key made in no way": ('row = "uuid"', 'row = "serial"'),
    "rows that are neither a number nor a word": ('rows   = "some"', 'rows   = "all"'),
    "tenders without a default": ('default = "CARD"', ""),
    "a variant without a question": ('when    = { column = "chk.old_total" }\n', ""),
    "a variant that asks two": ('{ column = "chk.old_total" }', '{ column = "chk.old_total", table = "chk" }'),
    "a variant that changes what it cannot": (
        "bill    = { total",
        "engines = []\nbill    = { total",
    ),
    "a key of a variant that there is not": ('{ total = "k.old_total" }', '{ totals = "k.old_total" }'),
    "rows that are called nothing": ('path = "fees", as = "fee", only', 'path = "fees", only'),
    "rows beside from": ("rows   = { column", 'from = "JOIN fee f ON f.chk_id = k.id"\nrows   = { column'),
    "a part without a source": ('{ column = "k.data", path = "name" }', '{ path = "name" }'),
    "a flag for a number": ("limit = 2", "limit = true"),
}

WRONG_CONFIGS = {
    "no mapping": ('mapping = "floreant"\n', ""),
    "a section that there is not": ("[rules]", "[rule]"),
    "a key that there is not": ('account           = "<account name>"', 'acount = "x"'),
    "a pool of none": ("# pool_size         = 8 ", "pool_size = 0 "),
    "a time as a text": ("# statement_timeout = 5.0", 'statement_timeout = "5s"'),
    "a check that there is not": ('# waiter_check            = "off"', 'waiter_check = "on"'),
    "a secret in no place": ('url = { env = "EPOS_DATABASE_URL" }', 'url = { vault = "x" }'),
    "a secret in two places": ('url = { env = "EPOS_DATABASE_URL" }', 'url = { env = "A", file = "b" }'),
    "a level that there is not": ('# level  = "info"', 'level = "verbose"'),
    "a schema that needs quotes": ('# schema = "epos_adapter"', 'schema = "Epos Adapter"'),
    "a connection both ways": ('dial              = "wss', 'listen = "127.0.0.1:8790"\ndial              = "wss'),
    "a dial that is no socket": ('"wss://staging', '"https://staging'),
    "a protocol that there is not": ('protocol          = "tables"', 'protocol = "orders"'),
}


OPEN = {"AfterRule"}
"""Parts whose other keys are the names of tables."""


def errors(validator: Draft202012Validator, text: str) -> list[str]:
    return [f"{error.json_path}: {error.message}" for error in validator.iter_errors(tomllib.loads(text))]


def test_the_schemas_are_schemas():
    for made in (mapping_schema(), config_schema()):
        assert made["$schema"] == DRAFT
        Draft202012Validator.check_schema(made)


@pytest.mark.parametrize("path", SHIPPED, ids=lambda path: path.stem)
def test_every_shipped_mapping_is_valid(path: Path):
    assert not errors(MAPPING, path.read_text(encoding="utf-8"))


def test_the_example_configuration_is_valid():
    assert not errors(CONFIG, EXAMPLE)


def test_a_mapping_with_everything_is_valid():
    assert not errors(MAPPING, WHOLE)
    load_mapping_text(WHOLE)


@pytest.mark.parametrize("name", WRONG_MAPPINGS)
def test_a_mistake_in_a_mapping_is_found_by_the_schema_as_by_the_adapter(name: str):
    right, wrong = WRONG_MAPPINGS[name]
    assert WHOLE.count(right) >= 1
    mistaken = WHOLE.replace(right, wrong, 1)
    assert errors(MAPPING, mistaken)
    with pytest.raises(InvalidFile):
        load_mapping_text(mistaken)


@pytest.mark.parametrize("name", WRONG_CONFIGS)
def test_a_mistake_in_a_configuration_is_found_by_the_schema_as_by_the_adapter(
    name: str, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setenv("EPOS_DATABASE_URL", "postgresql://localhost/x")
    monkeypatch.setenv("DOJO_API_KEY", "invented")
    Config.model_validate(tomllib.loads(EXAMPLE))
    right, wrong = WRONG_CONFIGS[name]
    assert EXAMPLE.count(right) >= 1
    mistaken = EXAMPLE.replace(right, wrong, 1)
    assert errors(CONFIG, mistaken)
    with pytest.raises(ValidationError):
        Config.model_validate(tomllib.loads(mistaken))


@pytest.mark.parametrize("made", [mapping_schema(), config_schema()], ids=["mapping", "config"])
def test_every_key_is_explained(made: dict[str, Any]):
    bare = [place for place, key in keys(made) if not key.get("description")]
    assert not bare


def test_every_part_forbids_keys_that_there_are_not():
    for made in (mapping_schema(), config_schema()):
        for name, part in [("", made), *made["$defs"].items()]:
            if "properties" in part and name not in OPEN:
                assert part.get("additionalProperties") is False, name


def test_defaults_and_choices_are_told():
    made = mapping_schema()["$defs"]
    assert made["MoneyRule"]["properties"]["rounding"]["default"] == "half-up"
    assert made["MoneyRule"]["properties"]["rounding"]["enum"] == ["half-up", "half-even", "up", "down"]
    assert config_schema()["$defs"]["DatabaseConfig"]["properties"]["pool_size"]["default"] == 8
    assert ":payment_id" in made["Step"]["properties"]["set"]["description"]


def test_nothing_is_null():
    for made in (mapping_schema(), config_schema()):
        assert '"type": "null"' not in json.dumps(made)


def test_a_mapping_tells_what_its_site_has():
    made = Draft202012Validator(config_schema(load_mapping(ROOT / "mappings" / "floreant.toml")))
    good = 'mapping = "floreant"\n[database]\nurl = "x"\n[site]\nterminal_id = 7\n'
    assert not errors(made, good)
    assert errors(made, good.replace("7", '"7"'))
    assert errors(made, good.replace("terminal_id", "terminal"))
    assert "terminal.id" in made.schema["properties"]["site"]["properties"]["terminal_id"]["description"]


def test_the_command_prints_both():
    for arguments, made in ((["mapping"], mapping_schema()), (["config"], config_schema()), ([], mapping_schema())):
        done = CliRunner().invoke(main, ["schema", *arguments])
        assert done.exit_code == 0
        assert json.loads(done.stdout) == made
    named = CliRunner().invoke(main, ["schema", "config", "--mapping", "pasteque"])
    assert "covers_per_table" in named.stdout
    assert CliRunner().invoke(main, ["schema", "ledger"]).exit_code == 2


def keys(made: dict[str, Any]) -> Iterator[tuple[str, dict[str, Any]]]:
    """Every key that there is, by where it stands."""
    for name, part in [("", made), *made["$defs"].items()]:
        for key, said in part.get("properties", {}).items():
            yield f"{name}.{key}", said
