"""A till of two checks that has columns for a lock and lists its payments, the same on each engine."""

SCHEMA = """
CREATE TABLE chk (
    id int PRIMARY KEY, name varchar(20), total decimal(10,2), paid decimal(10,2) NOT NULL, holder varchar(20)
);
CREATE TABLE pay (chk_id int, ref varchar(40), amount decimal(10,2), tip decimal(10,2));
"""
ROWS = "DELETE FROM chk; DELETE FROM pay; INSERT INTO chk VALUES (1, 'One', 50, 0, NULL), (2, 'Two', 20, 0, NULL);"

MAPPING = """
version = 1
epos    = "A corner house"
sql     = "postgresql"
engines = ["postgresql", "mariadb", "sqlite"]

[site]
timezone = { default = "Europe/London" }
currency = { default = "GBP" }

[table]
from       = "chk t"
where      = "t.id < 0"
id         = "t.id"
name       = "t.name"
max_covers = "4"
status     = { sql = "t.id > 0", map = { true = "occupied", false = "available" } }

[session]
from       = "chk k"
id         = "k.id"
name       = "k.name"
created_at = { column = "'2026-01-10 12:00'", form = "%Y-%m-%d %H:%M" }
payable    = "k.holder IS NULL"

[bill]
total = "k.total"
paid  = "k.paid"

[item]
from            = "JOIN chk i ON i.id = k.id"
id              = "i.id"
name            = "'Everything'"
amount_per_item = "i.total"

[[payment]]
from   = "JOIN pay p ON p.chk_id = k.id"
id     = "p.ref"
amount = "p.amount"
tip    = "p.tip"

[lock]
free  = "k.holder IS NULL"
ours  = "k.holder = 'DOJO'"
set   = { holder = "'DOJO'" }
clear = { holder = "NULL" }

[[record.step]]
insert = "pay"
set = { chk_id = ":session_id", ref = ":payment_id", amount = ":amount", tip = ":tip" }

[[record.step]]
update = "chk"
where  = "id = :session_id"
set    = { paid = ":paid_after" }
"""
