from __future__ import annotations

import re
from pathlib import Path

import pytest

from adapter.errors import InvalidFile, Problem
from adapter.mapping.load import load_mapping, load_mapping_text

SHIPPED = sorted((Path(__file__).parent.parent.parent.parent / "mappings").glob("*.toml"))

MAPPING = """\
version = 1
epos    = "A till"
sql     = "postgresql"

[site]
timezone = { default = "Europe/London" }
currency = { default = "GBP" }
seats    = { type = "integer", default = 4 }

[columns.ticket]
voided = { as = "flag", missing = false }

[table]
from = "shop_table t LEFT JOIN shop_floor f ON f.id = t.floor_id"
id = "t.id"
name = "t.name"
max_covers = ":site.seats"
area = { id = "f.id", name = "f.name" }
status = { column = "t.status", map = { 1 = "occupied" }, default = "available" }

[session]
from = "ticket k LEFT JOIN users u ON u.id = k.owner_id"
where = "NOT k.voided"
id = "k.id"
name = "k.name"
created_at = "k.created"
finished = "k.settled"
finished_at = { column = "k.closed", form = "local" }
payable = "NOT k.paid AND bill.total > bill.paid"
waiter = { id = "u.id", name = ["u.first_name", "u.last_name"] }

[session.tables]
from = "JOIN ticket_table n ON n.ticket_id = k.id"
table = "n.table_id"

[bill]
total = '''
  k.total
  - COALESCE((SELECT SUM(g.amount)
              FROM gratuity g
              WHERE g.ticket_id = k.id), 0)'''
paid = "k.paid_amount"

[item]
from = "JOIN ticket_item i ON i.ticket_id = k.id"
key = "i.id"
order = ["i.line", "i.id"]
id = "i.code"
name = "i.name"
quantity = "i.quantity"
amount_per_item = "i.price"
tax = { included = false, rate = "i.rate" }

[modifier]
from = "JOIN extra m ON m.item_id = i.id"
id = "m.code"
name = "m.name"
amount = "m.price"
quantity = { column = "m.count", per = "line" }

[[discount]]
where = "k.discount > 0"
id = "'d'"
name = "'Discount'"
amount = "k.discount"
tax = { included = true }

[receipt]
header = [
  { type = "text", text = "{session.name}" },
]
"""

# Each case: what is replaced; what stands there instead, with ¦ before the character that the problem must point at or
# § somewhere on its line; the key that it must name; a part of its sentence.
MISTAKES = [
    ("version = 1", "version = 2§", "version", "must be 1"),
    ("version = 1", 'version = "1"§', "version", "must be 1"),
    ("version = 1", "version = true§", "version", "must be 1"),
    ("version = 1\n", "§", "version", "is missing"),
    ("epos    =", "§epso =", "epso", "no such setting"),
    ('epos    = "A till"', "epos = 5§", "epos", "must be a text in quotes"),
    ('"postgresql"', '"postgres"§', "sql", "must be 'postgresql'"),
    ('"postgresql"', '"postgresql"\nengines = ["mysql"]§', "engines", "must hold an engine"),
    ('"postgresql"', '"postgresql"\nengines = ["oracle"]§', "engines[0]", "must be"),
    ('"postgresql"', '"postgresql"\nidentifiers = "loose"§', "identifiers", "must be"),
    ('"postgresql"', '"postgresql"\nmoney = { rounding = "bankers" }§', "money.rounding", "must be"),
    ('"postgresql"', '"postgresql"\ntime = { zone = "Europe/Lodnon" }§', "time.zone", "no IANA time zone"),
    ('"postgresql"', '"postgresql"\ntime = { zone = ":site.timezon" }§', "time.zone", "no site constant timezon"),
    ('"postgresql"', '"postgresql"\ntime = { form = "locl" }§', "time.form", "must be"),
    ("timezone = {", "timezon = {", "time.zone", "no site constant timezone"),
    ("currency = { default", "Currency = { default§", "site.Currency", "small letters"),
    ('currency = { default = "GBP" }\n', "", "bill", "currency is missing"),
    ('type = "integer", default', 'type = "intger", default§', "site.seats.type", "must be"),
    ('"integer", default = 4', '"integer", default = "four"§', "site.seats.default", "integer"),
    ('"integer", default = 4', '"integer", default = 4.5§', "site.seats.default", "integer"),
    ('"integer", default = 4', '"integer", read = "SELECT 1, 2"§', "site.seats.read", "one value"),
    ('"integer", default = 4', '"integer", read = "DELETE FROM x"§', "site.seats.read", ""),
    (
        '"integer", default = 4',
        '"integer", read = "SELECT x.n FROM y z"§',
        "site.seats.read",
        "nothing here is called x",
    ),
    ("[columns.ticket]", "[columns.tikcet]§", "columns.tikcet", "no entity reads this table"),
    ("voided = { as", "voided = { sa§", "columns.ticket.voided.sa", "no such setting"),
    ('as = "flag"', 'as = "falg"§', "columns.ticket.voided.as", "must be"),
    ("missing = false", 'missing = "no"§', "columns.ticket.voided", ""),
    ('as = "flag", missing = false', 'as = "time", form = "bogus"§', "columns.ticket.voided", "must be"),
    ('as = "flag", missing = false', 'as = "time", zone = "Europe/Lodnon"§', "columns.ticket.voided", "time zone"),
    ("[table]\n", "[tabel]§\n", "tabel", "no such setting"),
    ('from = "shop_table t LEFT', 'form = "§shop_table t LEFT', "table.form", "no such setting"),
    ('from = "shop_table t LEFT', 'from = "§RIGHT', "table.from", ""),
    ("t LEFT JOIN shop_floor", "t RIGHT JOIN shop_floor§", "table.from", "RIGHT JOIN"),
    ("t LEFT JOIN shop_floor", "t FULL JOIN shop_floor§", "table.from", "FULL JOIN"),
    ("t LEFT JOIN shop_floor f ON f.id = t.floor_id", "t, ¦shop_floor f", "table.from", "needs ON"),
    ("LEFT JOIN shop_floor f ON f.id = t.floor_id", "JOIN ¦shop_floor f", "table.from", "needs ON"),
    ("f ON f.id = t.floor_id", "f USING (floor_id)§", "table.from", "instead of USING"),
    ("LEFT JOIN shop_floor f ON f.id = t.floor_id", "NATURAL JOIN shop_floor f§", "table.from", "NATURAL"),
    ("f.id = t.floor_id", "f.id = ¦x.floor_id", "table.from", "nothing here is called x"),
    ("f.id = t.floor_id", "f.id = ¦floor_id", "table.from", "which table"),
    ("t.floor_id", "t.floor_id WHERE t.id > 0§", "table.from", "only a FROM clause"),
    ("t.floor_id", "t.floor_id ORDER BY t.id§", "table.from", "only a FROM clause"),
    ("t.floor_id", "t.floor_id LIMIT 5§", "table.from", "only a FROM clause"),
    ("t.floor_id", "t.floor_id UNION SELECT 1§", "table.from", "only a FROM clause"),
    ("t.floor_id", "t.floor_id; DROP TABLE x§", "table.from", "one piece of SQL"),
    ("LEFT JOIN shop_floor f", "LEFT JOIN ¦shop_floor t", "table.from", "used twice"),
    ("LEFT JOIN shop_floor f", "LEFT JOIN (SELECT * FROM shop_floor)§", "table.from", "needs a name"),
    (
        "LEFT JOIN shop_floor f",
        "LEFT JOIN (SELECT x.id, SUM(x.n) FROM shop_floor x GROUP BY x.id) f§",
        "table.from",
        "grouped SELECT f",
    ),
    ("LEFT JOIN shop_floor f", "LEFT JOIN (SELECT x.idd FROM shop_floor x) f§", "table.from", "gives no id"),
    ('id = "t.id"', 'id = "¦x.id"', "table.id", "nothing here is called x"),
    ('id = "t.id"', 'id = "¦id"', "table.id", "which table does this column belong to"),
    ('name = "t.name"', 'name = "¦Table"', "table.name", ""),
    ('name = "t.name"', 'name = "t.name AS n§"', "table.name", "without a name of its own"),
    ('name = "t.name"', 'name = "*§"', "table.name", ""),
    ('name = "t.name"', 'name = "t.*§"', "table.name", ""),
    ('name = "t.name"', 'name = "t.name, t.id§"', "table.name", "one SQL expression"),
    ('name = "t.name"', 'name = "t.name FROM x§"', "table.name", "one SQL expression"),
    ('name = "t.name"', 'name = "§"', "table.name", "is empty"),
    ('name = "t.name"', 'name = "  §"', "table.name", "is empty"),
    ('name = "t.name"', "name = []§", "table.name", "a field needs one SQL expression"),
    ('name = "t.name"', "name = 5§", "table.name", ""),
    ('name = "t.name"\nmax', "§max", "table.name", "is missing"),
    ('name = "t.name"', 'name = "CONCAT(\'Table, t.id)§"', "table.name", "quote"),
    ('name = "t.name"', "name = \"CONCAT('Table', t.id§\"", "table.name", "not valid SQL"),
    ('name = "t.name"', "name = \"CONCAT('Table' ¦t.id)\"", "table.name", "not valid SQL"),
    ('name = "t.name"', 'name = "COUNT(t.id)§"', "table.name", "COUNT needs a SELECT"),
    ('name = "t.name"', 'name = "t.name /* why§"', "table.name", ""),
    ('name = "t.name"', 'name = "1; DROP TABLE x§"', "table.name", "one piece of SQL"),
    ('name = "t.name"', 'name = "DROP TABLE x§"', "table.name", ""),
    ('name = "t.name"', 'name = "(DELETE FROM x RETURNING y)§"', "table.name", ""),
    (
        'name = "t.name"',
        'name = "(WITH d AS (DELETE FROM x RETURNING x.y) SELECT d.y FROM d)§"',
        "table.name",
        "only read",
    ),
    ('name = "t.name"', 'name = "(SELECT s.a FROM s FOR UPDATE)§"', "table.name", ""),
    ('name = "t.name"', 'name = """\n  COALESCE(t.name,\n    ¦y.name)"""', "table.name", "nothing here is called y"),
    ('name = "t.name"', "name = ['t.name',\n  '¦y.name']", "table.name[1]", "nothing here is called y"),
    (":site.seats", ":site.seat§", "table.max_covers", "no site constant seat"),
    (":site.seats", ":seats§", "table.max_covers", "unknown parameter :seats"),
    (":site.seats", ":session_id§", "table.max_covers", "unknown parameter"),
    ('max_covers = ":site.seats"', 'max_covers = ["t.a", "t.b"]§', "table.max_covers", "not a list"),
    ('max_covers = ":site.seats"', 'max_covers = { column = "t.a", missing = "two" }§', "table.max_covers.missing", ""),
    ('max_covers = ":site.seats"\n', "§", "table.max_covers", "is missing"),
    (
        'area = { id = "f.id", name = "f.name" }',
        'area = { id = "f.id", name = "¦g.name" }',
        "table.area.name",
        "nothing here",
    ),
    ('area = { id = "f.id"', 'area = { di = "f.id"§', "table.area.di", "no such setting"),
    ('1 = "occupied"', '1 = "ocupied"§', "table.status.map.1", "must be"),
    ('default = "available"', 'default = "free"§', "table.status.default", "must be"),
    ('status = { column = "t.status"', 'status = { colum = "t.status"§', "table.status", ""),
    (
        'status = { column = "t.status"',
        'status = { column = "¦x.status"',
        "table.status.column",
        "nothing here is called x",
    ),
    ('status = { column = "t.status"', 'status = { sql = "¦x.status"', "table.status.sql", "nothing here is called x"),
    ('from = "ticket k LEFT JOIN users u ON u.id = k.owner_id"\n', "", "session", "needs from or select"),
    ('where = "NOT k.voided"', 'where = "NOT ¦voided"', "session.where", "which table"),
    ('where = "NOT k.voided"', 'where = "NOT ¦j.voided"', "session.where", "nothing here is called j"),
    ('where = "NOT k.voided"', 'where = "k.name = ¦\\"open\\""', "session.where", "open"),
    ('where = "NOT k.voided"', 'where = ["NOT k.voided"]§', "session.where", "must be a text in quotes"),
    ('id = "k.id"\n', "", "session.id", "is missing"),
    ('id = "k.id"', 'id = { column = "k.id", form = "int" }§', "session.id.form", "must be"),
    ('id = "k.id"', 'id = { column = "k.id", bits = 0 }§', "session.id.bits", ""),
    ('created_at = "k.created"\n', "", "session.created_at", "is missing"),
    ('created_at = "k.created"', "§creatd_at = 'k.created'", "session.creatd_at", "no such setting"),
    ('form = "local"', 'form = "locale"§', "session.finished_at.form", "must be"),
    ('form = "local"', 'zone = "Europe/Lodnon"§', "session.finished_at.zone", "no IANA time zone"),
    ('form = "local"', 'zone = "../../etc/passwd"§', "session.finished_at.zone", "no IANA time zone"),
    ('form = "local"', 'ambiguous = "both"§', "session.finished_at.ambiguous", "must be"),
    ("bill.total >", "¦bil.total >", "session.payable", "nothing here is called bil"),
    ("bill.total >", "¦bill.totl >", "session.payable", "no field bill.totl"),
    ('waiter = { id = "u.id", ', "waiter = { §", "session.waiter.id", "is missing"),
    (
        '"u.first_name", "u.last_name"',
        '"u.first_name", "¦v.last_name"',
        "session.waiter.name[1]",
        "nothing here is called v",
    ),
    ("waiter = {", 'table = "k.t"\nwaiter = {', "session", "not both"),
    ('from = "JOIN ticket_table n', 'from = "§ticket_table n', "session.tables.from", "begins with JOIN"),
    ('from = "JOIN ticket_table n ON n.ticket_id = k.id"\n', "", "session.tables", "needs from"),
    ("n.ticket_id = k.id", "n.ticket_id = ¦c.id", "session.tables.from", "nothing here is called c"),
    ('table = "n.table_id"\n', "", "session.tables.table", "is missing"),
    ("SUM(g.amount)", "SUM(¦gg.amount)", "bill.total", "nothing here is called gg"),
    ("FROM gratuity g\n", "FROM gratuity h\n", "bill.total", "nothing here is called g"),
    ("WHERE g.ticket_id = k.id", "WHERE ¦gg.ticket_id = k.id", "bill.total", "nothing here is called gg"),
    ("              WHERE g.ticket_id = k.id", "              WHERE g.ticket_id = ¦kk.id", "bill.total", "kk"),
    ("  k.total\n", "  ¦q.total\n", "bill.total", "nothing here is called q"),
    ("k.id), 0)'''", "k.id), 0'''§", "bill.total", "not valid SQL"),
    ('paid = "k.paid_amount"', 'paid = { column = "k.paid_amount", form = "pence" }§', "bill.paid.form", "must be"),
    ('paid = "k.paid_amount"', 'paid = { column = "k.paid_amount", decimal = ";" }§', "bill.paid.decimal", "must be"),
    ('paid = "k.paid_amount"', "rounding_line = { limit = 0 }§", "bill.rounding_line.limit", "greater than"),
    ('from = "JOIN ticket_item i', 'from = "JOIN ¦ticket_item k', "item.from", ""),
    ('from = "JOIN ticket_item i ON i.ticket_id = k.id"', 'from = "JOIN ¦ticket_item i"', "item.from", "needs ON"),
    (
        'paid = "k.paid_amount"',
        'paid = "CAST(k.paid_amount AS decimal(10, 2)"§',
        "bill.paid",
        "brackets are not closed",
    ),
    ('i ON i.ticket_id = k.id"', 'i, ¦extras e ON i.ticket_id = k.id"', "item.from", "commas do not join"),
    ('id = "k.id"', 'id = { parts = ["k.id", "k.day"], bits = [32] }§', "session.id", "say it of each"),
    ('id = "k.id"', 'id = "k.id"\nbits = [32]§', "session.bits", "it is said of a field, as "),
    ('id = "k.id"', 'id = "k.id"\nform = "text"§', "session.form", "it is said of a field, as "),
    ('key = "i.id"\n', "", "item.key", "modifiers find their line by it"),
    ('order = ["i.line", "i.id"]', 'order = ["i.line", "¦o.id"]', "item.order[1]", "nothing here is called o"),
    ('order = ["i.line", "i.id"]', 'order = ["i.line DESC"]§', "item.order[0]", ""),
    (
        'quantity = "i.quantity"',
        'quantity = { column = "i.q", fraction = "flod" }§',
        "item.quantity.fraction",
        "must be",
    ),
    ('amount_per_item = "i.price"\n', "", "item.amount_per_item", "is missing"),
    (', rate = "i.rate"', "§", "item.tax", "need a rate"),
    ('rate = "i.rate"', 'rate = "¦r.rate"', "item.tax.rate", "nothing here is called r"),
    (
        'included = false, rate = "i.rate"',
        'included = false, rate = "i.rate", form = "pct"§',
        "item.tax.form",
        "must be",
    ),
    ('amount = "m.price"\n', "", "modifier.amount", "is missing"),
    ('per = "line"', 'per = "lnie"§', "modifier.quantity.per", "must be"),
    ('amount = "m.price"', 'positional = "i.is_extra"\namount = "m.price"', "modifier.from", "rows of [item]"),
    ("tax = { included = true }\n", "", "discount[0].tax", "write tax = { included = true }"),
    ("id = \"'d'\"", 'id = "¦d"', "discount[0].id", "'d' for a text"),
    ("[[discount]]", "[discount]§", "discount", ""),
    ('amount = "k.discount"\n', "", "discount[0].amount", "is missing"),
    ('"k.discount > 0"', '"¦z.discount > 0"', "discount[0].where", "nothing here is called z"),
    ("{session.name}", "{sesion.name}§", "receipt.header[0]", "no {sesion.name}"),
    ("{session.name}", "{site.nmae}§", "receipt.header[0]", "no {site.nmae}"),
    ("{session.name}", "{}§", "receipt.header[0]", "no {}"),
    (', text = "{session.name}"', "§", "receipt.header[0]", "needs text"),
    ('type = "text"', 'type = "txt"§', "receipt.header[0].type", "must be"),
]


def place(old: str, new: str) -> tuple[str, int | None, int | None]:
    at = MAPPING.index(old)
    text = MAPPING[:at] + new + MAPPING[at + len(old) :]
    for mark in "¦§":
        if mark in text:
            before, after = text.split(mark)
            column = len(before) - before.rfind("\n") if mark == "¦" else None
            return before + after, before.count("\n") + 1, column
    return text, None, None


def problems_of(text: str) -> list[Problem]:
    with pytest.raises(InvalidFile) as caught:
        load_mapping_text(text)
    return caught.value.problems


@pytest.mark.parametrize("file", SHIPPED, ids=lambda file: file.stem)
def test_every_shipped_mapping_is_good(file: Path):
    assert load_mapping(file).file.version == 1


def test_the_mapping_of_these_tests_is_good():
    mapping = load_mapping_text(MAPPING)
    assert mapping.fragment("bill", "total") is not None
    assert mapping.fragment("nothing") is None
    assert len(mapping.fragments["session", "waiter", "name"]) == 2


@pytest.mark.parametrize(("old", "new", "key", "message"), MISTAKES, ids=range(len(MISTAKES)))
def test_a_mistake_is_told_where_it_stands(old: str, new: str, key: str, message: str):
    text, line, column = place(old, new)
    found = problems_of(text)
    fitting = [one for one in found if one.key == key or (not message and one.key.startswith(key))]
    assert fitting, [str(one) for one in found]
    assert message in f"{fitting[0].message} {fitting[0].hint}"
    assert all(one.message.strip() for one in found)
    assert len(found) <= 5, [str(one) for one in found]
    assert line is None or fitting[0].line == line or fitting[0].message == "is missing", str(fitting[0])
    assert column is None or fitting[0].column == column, str(fitting[0])


@pytest.mark.parametrize(
    ("old", "new", "hint"),
    [
        ("max_covers =", "max_cover =", 'did you mean "max_covers"?'),
        ('id = "t.id"', 'id = "tt.id"', 'did you mean "t"?'),
        (":site.seats", ":site.seat", 'did you mean "seats"?'),
        (":site.seats", ":site.covers", "declare it: [site] covers = { ... }"),
        ("bill.total >", "bil.total >", 'did you mean "bill"?'),
        ("[columns.ticket]", "[columns.tikcet]", 'did you mean "ticket"?'),
        ("{session.name}", "{sesion.name}", 'did you mean "session.name"?'),
        ("[modifier]", "[modifer]", 'did you mean "modifier"?'),
        ("created_at", "created", 'did you mean "created_at"?'),
    ],
)
def test_what_was_probably_meant_is_suggested(old: str, new: str, hint: str):
    assert hint in [one.hint for one in problems_of(MAPPING.replace(old, new, 1))]


@pytest.mark.parametrize(
    ("modifier", "bill", "said"),
    [
        ("tax = { included = true }", "", "modifier.tax: positional modifiers are rows of [item], and priced as those"),
        ('rows = { column = "i.x", as = "x" }', "", "modifier.rows: positional modifiers are rows of [item]"),
        ("", 'tax = { sum = "lines" }', "bill.tax: is the sum of what the lines hold, and [item] has no rate of tax"),
    ],
)
def test_what_would_tell_an_amount_without_its_tax_is_refused(modifier: str, bill: str, said: str):
    head, rest = MAPPING.split("[modifier]")
    rest = f'[modifier]\npositional = "i.extra"\n{modifier}\n\n' + rest[rest.index("[[discount]]") :]
    if bill:
        head = head.replace('tax = { included = false, rate = "i.rate" }', "")
    (found,) = problems_of(head.replace('paid = "k.paid_amount"', f'paid = "k.paid_amount"\n{bill}') + rest)
    assert said in str(found)


@pytest.mark.parametrize(
    ("sql", "section", "join", "hint"),
    [
        ("sqlite", "modifier", "JOIN json_each(i.extras) e ON TRUE", 'write rows = { column = "i.extras", as = "e" }'),
        ("postgresql", "modifier", "CROSS JOIN LATERAL jsonb_array_elements(i.x -> 'a') e", "instead of from"),
        (
            "mysql",
            "modifier",
            "JOIN JSON_TABLE(i.x, '$[*]' COLUMNS (n INT PATH '$.n')) e ON TRUE",
            "write rows = { column",
        ),
        (
            "postgresql",
            "session.tables",
            "JOIN unnest(k.boards) AS n (table_id) ON TRUE",
            "JOIN board b ON b.id = ANY(",
        ),
        (
            "sqlite",
            "session.tables",
            "JOIN json_each(k.boards) n ON TRUE",
            "JOIN board b ON EXISTS (SELECT 1 FROM json_each",
        ),
        (
            "postgresql",
            "session",
            "ticket k CROSS JOIN generate_series(1, 2) AS g (n)",
            "(SELECT g.n FROM generate_series(1, 9)",
        ),
    ],
)
def test_a_function_that_gives_rows_is_answered_with_what_to_write_instead(
    sql: str, section: str, join: str, hint: str
):
    head, rest = MAPPING.split(f"[{section}]\n")
    rest = re.sub('from = "[^"]*"', lambda _: f'from = "{join}"', rest, count=1)
    found = problems_of(f"{head}[{section}]\n{rest}".replace('"postgresql"', f'"{sql}"', 1))
    assert "gives rows, and only tables and SELECTs with a name can be joined" in found[0].message
    assert hint in found[0].hint


def test_many_mistakes_are_all_told_in_the_order_of_the_file():
    text = MAPPING
    for old, new in [
        ('name = "t.name"', 'name = "x.name"'),
        (":site.seats", ":site.seat"),
        ('where = "NOT k.voided"', 'where = "NOT voided"'),
        ('created_at = "k.created"', 'created_at = "k.created AS c"'),
        ("  k.total\n", "  q.total\n"),
        ('id = "i.code"', 'id = "COUNT(i.code)"'),
        ('amount = "m.price"\n', ""),
        ("{session.name}", "{sesion.name}"),
    ]:
        text = text.replace(old, new, 1)
    found = problems_of(text)
    assert [one.key for one in found] == [
        "table.name",
        "table.max_covers",
        "session.where",
        "session.created_at",
        "bill.total",
        "item.id",
        "modifier.amount",
        "receipt.header[0]",
    ]
    assert [one.line for one in found] == sorted(one.line for one in found)


def test_mistakes_in_the_settings_and_in_the_sql_are_told_together():
    text = MAPPING.replace('per = "line"', 'per = "lnie"').replace('name = "t.name"', 'name = "x.name"')
    assert {one.key for one in problems_of(text)} == {"modifier.quantity.per", "table.name"}


@pytest.mark.parametrize(("key", "name"), [("from", "from_"), ("as", "as_")])
def test_only_documented_keys_are_keys(key: str, name: str):
    found = problems_of(MAPPING.replace(f"{key} =", f"{name} =", 1))
    assert any(one.key.endswith(name) for one in found)


def test_a_comment_and_a_newline_in_sql_do_not_move_what_is_pointed_at():
    text = MAPPING.replace(
        'name = "t.name"', "name = '''\n-- the name of the table\n  COALESCE(t.name, -- why\n           x.name)'''"
    )
    (found,) = problems_of(text)
    assert (found.line, found.column) == (text[: text.index("x.name")].count("\n") + 1, 12)


def test_windows_line_ends_do_not_move_what_is_pointed_at():
    text = MAPPING.replace("  k.total\n", "  k.total\n  + q.more\n")
    (found,) = problems_of(text.replace("\n", "\r\n"))
    assert (found.key, found.line, found.column) == ("bill.total", text[: text.index("q.more")].count("\n") + 1, 5)


@pytest.mark.parametrize(
    "sql",
    [
        "CASE WHEN t.a THEN 1 ELSE 2 END",
        "'it''s; -- no comment :site.none'",
        "t.a::text",
        "CONCAT(t.name, ' :-) ') -- and (a comment",
        "(SELECT MAX(x.n) FROM y x WHERE x.t = t.id)",
        "(SELECT n FROM y WHERE n > 0)",
        "(WITH c AS (SELECT x.n FROM y x) SELECT MAX(c.n) FROM c)",
        "EXISTS (SELECT 1 FROM y x JOIN z w ON w.id = x.id WHERE w.t = t.id)",
        'T."Name"',
        "COALESCE(t.name, :site.currency) -- and a comment",
        "t.name IN ('a', 'b')",
        "CAST(t.a AS INT)",
        "(SELECT s.n FROM (SELECT x.n FROM y x ORDER BY x.n) s LIMIT 1)",
    ],
)
def test_good_sql_is_taken(sql: str):
    assert load_mapping_text(MAPPING.replace('name = "t.name"', f"name = '''{sql}'''")).fragment("table", "name")
