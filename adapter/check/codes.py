"""Compares the codes that a mapping knows with those that the data holds, and counts both ways."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field

from sqlglot import exp

from adapter.check.looking import Look, judged, some
from adapter.mapping import field_schema
from adapter.mapping.readings import Unreadable, flag, plain_text
from adapter.mapping.walk import entities, fields_of
from adapter.toml.locate import Path

_MOST = 100
"""Different values beyond which a column holds no codes."""
_SHOWN = 8
_LONGEST = 30
"""Characters of a value that is shown: a code is short."""


@dataclass(slots=True)
class _Column:
    """One column whose values are compared with codes."""

    column: exp.Column
    flags: list[tuple[Path, field_schema.FlagField]] = field(default_factory=list)
    literals: list[tuple[Path, str, int]] = field(default_factory=list)
    """Where it is compared with a literal, which, and where in the text."""


async def look_at_codes(look: Look) -> None:
    """Find codes without a meaning, and meanings without a code."""
    await _statuses(look)
    for one in _columns(look).values():
        values = await _values(look, one)
        if values is not None:
            await _flags(look, one, values)
            _literals(look, one, values)


async def _statuses(look: Look) -> None:
    bound, rule = look.fit.bound, look.mapping.file.table.status
    path: Path = ("table", "status")
    fragment = look.mapping.fragment(*path)
    if bound is None or rule is None or fragment is None or not look.fit.is_whole("table"):
        return
    tree = look.binder.expression(fragment)
    if isinstance(fragment.tree, exp.Column) is False and {"true", "false"} >= set(rule.map):
        tree = look.binder.condition(fragment)
    names = [look.binder.expression(part) for part in look.mapping.fragments["table", "name"]]
    select = look.select(("table",), exp.alias_(tree, "code"), exp.alias_(names[0], "name"))
    rows = await look.prober.select(path, "the status of every table", select)
    if not rows:
        return
    read = bound.fields.read[path]
    unknown: dict[str, list[str]] = {}
    seen: set[str] = set()
    for code, name in rows:
        seen.add(_spelt(code))
        for there in (True, False):
            try:
                read((code, there))
                break
            except Unreadable:
                continue
        else:
            unknown.setdefault("NULL" if code is None else _spelt(code), []).append(plain_text(name))
    if unknown:
        shown = "; ".join(f"{code} on {len(of)} ({some(of)})" for code, of in sorted(unknown.items()))
        look.findings.add(
            judged(sum(len(of) for of in unknown.values()), len(rows)),
            "code-uncovered",
            (*path, "map"),
            f"codes that map does not hold: {shown} of {len(rows)} tables, which are left out",
            'add them to map, or say default = "..." or missing = "..."',
        )
    unused = [code for code in rule.map if not {code, {"true": "1", "false": "0"}.get(code, code)} & seen]
    if unused and len(unused) < len(rule.map):
        look.findings.add(
            "note", "code-unused", (*path, "map"), f"no table has the status {some(sorted(unused), 8)} at the moment"
        )


def _spelt(code: object) -> str:
    if code is True or code is False:
        return "1" if code else "0"
    return plain_text(code)


def _columns(look: Look) -> dict[tuple[object, ...], _Column]:
    """Every column whose codes the mapping knows."""
    found: dict[tuple[object, ...], _Column] = {}
    for path, rule, _ in entities(look.mapping.file):
        for name, field_ in fields_of(rule):
            fragment = look.mapping.fragment(*path, *name)
            if isinstance(field_, field_schema.FlagField) and fragment and isinstance(fragment.tree, exp.Column):
                one = _at(look, found, fragment.tree)
                if one is not None and (field_.true or field_.false):
                    one.flags.append(((*path, *name), field_))
    for path, tree in _trees(look):
        for column in tree.find_all(exp.Column):
            _declared(look, found, column)
        for column, literal in _compared(tree):
            one = _at(look, found, column)
            fact = look.binder.names.fact(column)
            if one is not None and fact is not None and fact.family in ("text", "integer", "other"):
                one.literals.append((path, literal, int(column.meta.get("index", 0))))
    return {key: one for key, one in found.items() if one.flags or one.literals}


def _at(look: Look, found: dict[tuple[object, ...], _Column], column: exp.Column) -> _Column | None:
    fact, key = look.binder.names.fact(column), look.key_of(column)
    if fact is None or key is None or column.find_ancestor(exp.CTE):
        return None
    return found.setdefault((*key, fact.name), _Column(column=column))


def _declared(look: Look, found: dict[tuple[object, ...], _Column], column: exp.Column) -> None:
    """A column that [columns] says is a flag."""
    rule = look.binder.names.column_rule(column)
    one = _at(look, found, column) if rule is not None and rule.as_ == "flag" else None
    if one is not None and rule is not None and not any(path[0] == "columns" for path, _ in one.flags):
        place: Path = ("columns", str(column.meta["table"]), column.name)
        one.flags.append((place, field_schema.FlagField.model_validate({"sql": "x", **rule.options()})))


def _trees(look: Look) -> Iterator[tuple[Path, exp.Expr]]:
    for path, fragments in look.mapping.fragments.items():
        if path[0] not in ("lock", "record"):
            for fragment in fragments:
                yield path, fragment.tree
    for path, clause in look.mapping.clauses.items():
        for join in clause.joins:
            yield (*path, "from"), join


def _compared(tree: exp.Expr) -> Iterator[tuple[exp.Column, str]]:
    """Columns and the literals that they are compared with."""
    for node in tree.find_all(exp.EQ, exp.NEQ, exp.In, exp.Case):
        if isinstance(node, exp.Case):
            others = [branch.this for branch in node.args.get("ifs") or ()]
        else:
            others = list(node.expressions) if isinstance(node, exp.In) else [node.expression]
        if isinstance(node.this, exp.Column):
            for other in others:
                if isinstance(other, exp.Literal):
                    yield node.this, str(other.this)


async def _values(look: Look, one: _Column) -> list[Sequence[object]] | None:
    """The values of a column and how often each occurs; None when there are too many to be codes."""
    column = one.column.copy()
    column.meta.update(one.column.meta)
    column.set("table", exp.to_identifier("x"))
    table = exp.to_table(str(column.meta["table"]))
    table.meta["table"] = str(column.meta["table"])
    if column.meta.get("schema"):
        table.set("db", exp.to_identifier(str(column.meta["schema"]), quoted=True))
    table.set("alias", exp.TableAlias(this=exp.to_identifier("x")))
    names = look.binder.names
    select = exp.Select(expressions=[names.resolve(column), exp.Count(this=exp.Star())]).from_(names.resolve(table))
    select = select.group_by(column.copy()).limit(_MOST + 1)
    place = one.flags[0][0] if one.flags else one.literals[0][0]
    rows = await look.prober.select(place, f"the codes in {one.column.name}", select)
    return None if rows is None or len(rows) > _MOST else list(rows)


async def _flags(look: Look, one: _Column, values: list[Sequence[object]]) -> None:
    total = sum(int(str(count)) for _, count in values)
    for path, said in one.flags:
        unknown = _unknown(said, values)
        if unknown and path[0] in ("session", "table") and (path[0], "where") in look.mapping.fragments:
            rows = await _counted(look, path)
            unknown = _unknown(said, rows) if rows is not None else {}
        if unknown:
            shown = ", ".join(f"{code} ({count})" for code, count in list(unknown.items())[:_SHOWN])
            look.findings.add(
                judged(sum(unknown.values()), total),
                "code-uncovered",
                path,
                f"{one.column.name} holds codes that mean neither yes nor no: {shown} of {total} rows",
                "say which they are, with true = [...] and false = [...]",
            )
        codes = {plain_text(code) for code in (*said.true, *said.false) if not isinstance(code, bool)}
        _never(look, path, one, codes, values)


def _unknown(said: field_schema.FlagField, values: Sequence[Sequence[object]]) -> dict[str, int]:
    """The codes that mean neither yes nor no, with how often each occurs."""
    read = flag(said)
    found: dict[str, int] = {}
    for value, count in values:
        try:
            read(value)
        except Unreadable:
            found[_shown(value)] = int(str(count))
    return found


async def _counted(look: Look, path: Path) -> list[Sequence[object]] | None:
    """The codes of a field among the rows that `where` leaves."""
    tree = look.binder.expression(look.mapping.fragments[path][0])
    select = look.select(path[:1], tree, exp.Count(this=exp.Star())).group_by(tree.copy()).limit(_MOST + 1)
    rows = await look.prober.select(path, f"the codes of {path[-1]}", select)
    return None if rows is None else list(rows)


def _literals(look: Look, one: _Column, values: list[Sequence[object]]) -> None:
    held = {plain_text(value) for value, _ in values}
    for path, literal, index in dict.fromkeys(one.literals):
        if values and literal.strip() not in held:
            look.findings.add(
                "note",
                "code-unused",
                path,
                f"{one.column.sql()} is compared with {literal}, which never occurs; it holds {_held(values)}",
                "is it spelt as the till does?",
                index=index,
            )


def _never(look: Look, path: Path, one: _Column, codes: set[str], values: list[Sequence[object]]) -> None:
    held = {plain_text(value) for value, _ in values}
    unused = sorted(codes - held)
    if unused and values:
        look.findings.add(
            "warning" if codes and not codes & held else "note",
            "code-unused",
            path,
            f"the code {some(unused, _SHOWN)} never occurs in {one.column.name}; it holds {_held(values)}",
            "is it spelt as the till does?",
        )


def _held(values: list[Sequence[object]]) -> str:
    listed = sorted(values, key=lambda pair: -int(str(pair[1])))
    return some([f"{_shown(value)} ({count})" for value, count in listed], _SHOWN)


def _shown(value: object) -> str:
    text = "NULL" if value is None else plain_text(value)
    return text if len(text) <= _LONGEST else f"{text[:_LONGEST]}..."
