"""Values in the form of the columns that they are written to: the inverse of how those columns are read."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Any

from sqlglot import exp

from adapter.mapping.bind import Binder, code_literal
from adapter.mapping.catalogue import ColumnFact
from adapter.mapping.fields import Fields
from adapter.mapping.record_schema import AMOUNTS, FLAGS, TEXTS, TIMES
from adapter.mapping.schema import ColumnReading
from adapter.toml.locate import Path

WrittenTimes = Mapping[str, tuple[str, Callable[[datetime], Any]]]
"""Parameters that are moments: which one (`now`, `attempted_at`), and how it is written."""

_UUID_LENGTH = 36

_OTHER_TEXTS = frozenset({"currency", "payment_id", "payment_key"})
_ANYWHERE = frozenset({"boolean", "bytes", "decimal", "float", "integer", "other", "text", "time", "uuid"})
_HOMES: Mapping[str, frozenset[str]] = {
    "bigint": frozenset({"decimal", "float", "integer", "other", "text"}),
    "boolean": frozenset({"boolean", "decimal", "float", "integer", "other", "text"}),
    "numeric": frozenset({"decimal", "float", "other", "text"}),
    "text": frozenset({"other", "text"}),
    "timestamp": frozenset({"other", "text", "time"}),
    "timestamptz": frozenset({"other", "text", "time"}),
    "uuid": frozenset({"uuid"}),
}
"""Families of columns that can hold what is sent as a type."""


class Encoder:
    """Encodes the values of one bound mapping's statements, and gathers the moments that they need."""

    def __init__(self, binder: Binder, fields: Fields) -> None:
        self._binder = binder
        self._fields = fields
        plain = fields.time_writer()
        self.times: dict[str, tuple[str, Callable[[datetime], Any]]] = {name: (name, plain) for name in sorted(TIMES)}
        self._sent = dict.fromkeys(self.times, _sent_as(binder.mapping.file.time.form))
        self._names: dict[tuple[str, str, str | None], str] = {}

    def value(self, path: Path, column: exp.Column, value: exp.Expr) -> exp.Expr:
        """A value as its column holds it: a yes or no in its codes, an amount in its units, a moment in its zone."""
        fact = self._binder.names.fact(column)
        rule = self._binder.names.column_rule(column)
        value = self._timed(value, fact, rule)
        if not isinstance(value, exp.Placeholder):
            self._fits(path, value, fact)
            return value
        if value.name in AMOUNTS and rule is not None and rule.as_ == "money" and rule.form == "minor":
            value = exp.Placeholder(this=f"{value.name}_minor")
        if fact is not None and fact.family not in self._homes(value.name):
            hint = "" if value.name not in AMOUNTS else f"if it holds minor units, write :{value.name}_minor"
            self._binder.report(path, f":{value.name} does not fit {fact.name}, which is {fact.type_name}", hint)
            return value
        if value.name in FLAGS:
            return self._flag(path, value, fact, rule)
        if fact is not None and fact.family == "text" and fact.length is not None:
            return self._cut(path, value, fact.name, fact.length)
        return value

    def type_of(self, name: str) -> str:
        """The SQL type in which a parameter is sent; `unknown` where the server decides."""
        if name in self.times:
            return self._sent[name]
        if name in FLAGS:
            return "boolean"
        if name.startswith(("session_id", "key_")):
            return self._key_type(name)
        is_amount = name in AMOUNTS or name.removesuffix("_minor") in AMOUNTS
        if not is_amount:
            return "unknown"
        is_minor = name.endswith("_minor") or self._binder.mapping.file.money.form == "minor"
        return "bigint" if is_minor else "numeric"

    def _key_type(self, name: str) -> str:
        """A number is sent as one, and would not be compared with a text; of other keys the server decides."""
        last = name.rsplit("_", 1)[-1]
        number = 0 if not last.isdigit() else int(last) - (1 if name.startswith("session_id") else 0)
        parts = self._fields.packing.parts
        if number >= len(parts) or parts[number].form != "integer":
            return "unknown"
        fact = self._binder.fact_of(("session", "id"), number)
        return "integer" if fact is not None and fact.bits is not None and fact.bits <= 32 else "bigint"

    def _homes(self, name: str) -> frozenset[str]:
        """The families of columns that may hold a value as it is; whole pounds are no home for an amount."""
        if name in TEXTS or name in _OTHER_TEXTS:
            return _HOMES["text"] | (_HOMES["uuid"] if name in ("payment_id", "payment_key") else frozenset())
        sent = self.type_of(name)
        return _HOMES.get(sent, _ANYWHERE)

    def now(self, column: exp.Column) -> exp.Expr:
        """The database's clock as a column holds it."""
        names = self._binder.names
        return self._timed(exp.Placeholder(this="now"), names.fact(column), names.column_rule(column))

    def _timed(self, value: exp.Expr, fact: ColumnFact | None, rule: ColumnReading | None) -> exp.Expr:
        """Every moment inside a value, in the form of the column: what is computed of it ends there too."""
        form = rule.form if rule is not None and rule.as_ in ("time", "stamp") else None
        zone = rule.zone if rule is not None else None
        kind = "aware" if fact is not None and fact.aware else form
        if kind is None and zone is None:
            return value

        def timed(node: exp.Expr) -> exp.Expr:
            if not isinstance(node, exp.Placeholder) or node.name not in TIMES:
                return node
            return exp.Placeholder(this=self._named(node.name, kind or self._binder.mapping.file.time.form, zone))

        return value.transform(timed)

    def _named(self, name: str, form: str, zone: str | None) -> str:
        """The parameter for a moment in this form, made when it is first needed."""
        known = self._names.get((name, form, zone))
        if known is not None:
            return known
        found = f"{name}_{'text' if '%' in form else form}"
        while found in self.times:
            found += "_"
        self.times[found] = (name, self._fields.time_writer(form, zone))
        self._sent[found] = _sent_as(form)
        self._names[name, form, zone] = found
        return found

    def _flag(
        self, path: Path, value: exp.Placeholder, fact: ColumnFact | None, rule: ColumnReading | None
    ) -> exp.Expr:
        said = [] if rule is None else [rule.true, rule.false]
        codes = [code[0] if isinstance(code, (list, tuple)) else code for code in said]
        if not codes or None in codes:
            if fact is None or fact.family == "boolean":
                return value
            if fact.family == "text":
                hint = 'say its codes in [columns]: true = "Y", false = "N"'
                self._binder.report(path, f"{fact.name} is a text", hint)
            codes = [1, 0]
        yes, no = (code_literal(code, fact) for code in codes)
        return exp.Case(ifs=[exp.If(this=value, true=yes)], default=no)

    def _cut(self, path: Path, value: exp.Placeholder, column: str, length: int) -> exp.Expr:
        """A text that fits its column: no payment may fail for the length of an authorization code."""
        if value.name in ("payment_id", "payment_key") and length < _UUID_LENGTH:
            message = f"{column} has room for {length} characters, and a payment id has {_UUID_LENGTH}"
            self._binder.report(path, message, f"keep a part of its hash: LEFT(MD5(:{value.name}), {length})")
        if value.name == "tender":
            record = self._binder.mapping.file.record
            for scheme, said in record.tender.items() if record is not None else ():
                self._room_for(("record", "tender", scheme), str(said), column, length)
        return self._binder.engine.cut(value, length) if value.name in TEXTS else value

    def _fits(self, path: Path, value: exp.Expr, fact: ColumnFact | None) -> None:
        """Report a text of the mapping's own that its column cannot hold: the first payment would fail."""
        if fact is None or fact.family != "text" or fact.length is None:
            return
        if isinstance(value, exp.Literal) and value.is_string:
            self._room_for(path, value.name, fact.name, fact.length)

    def _room_for(self, path: Path, word: str, column: str, length: int) -> None:
        """Report a word of the mapping's own that is too long: cut it would be another word, or none."""
        if len(word) > length:
            message = f"{word!r} has {len(word)} characters, and {column} has room for {length}"
            self._binder.report(path, message, "write the word that the till itself writes")


def _sent_as(form: str) -> str:
    """The SQL type in which a moment of this form is sent."""
    if "%" in form:
        return "unknown"
    return {"aware": "timestamptz", "epoch": "bigint", "epoch_ms": "bigint"}.get(form, "timestamp")
