"""Counts the NULLs in columns for which the mapping says what they mean."""

from __future__ import annotations

from sqlglot import exp

from adapter.check.looking import Look


async def look_at_nulls(look: Look) -> None:
    """Note how often what was declared of NULL matters."""
    file, catalogue, names = look.mapping.file, look.binder.catalogue, look.binder.names
    for table_name, columns in file.columns.items():
        fact = catalogue.table(file.schema_, f"{file.prefix}{table_name}") if catalogue is not None else None
        declared = [
            (name, rule, known)
            for name, rule in columns.items()
            if rule.as_ == "flag" and rule.missing is not None and fact is not None and (known := fact.column(name))
        ]
        nullable = [(name, rule) for name, rule, known in declared if known.nullable]
        if not nullable:
            continue
        table = exp.to_table(table_name)
        table.meta["table"] = table_name
        outputs: list[exp.Expr] = [exp.Count(this=exp.Star())]
        for name, _ in nullable:
            column = exp.column(exp.to_identifier(name))
            column.meta["table"] = table_name
            outputs.append(exp.Count(this=names.resolve(column)))
        select = exp.Select(expressions=outputs).from_(names.resolve(table))
        rows = await look.prober.select(("columns", table_name), f"NULLs in {table_name}", select)
        for (name, rule), known in zip(nullable, rows[0][1:] if rows else (), strict=False):
            absent = rows[0][0] - known if rows else 0
            if absent:
                look.findings.add(
                    "note",
                    "null-declared",
                    ("columns", table_name, name),
                    f"is NULL in {absent} of {rows[0][0] if rows else 0} rows, which are read as {'yes' if rule.missing else 'no'}",
                )
