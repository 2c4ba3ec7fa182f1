"""`epos-adapter schema`: JSON Schema of mapping files and config.toml, from which editors complete and explain keys.

Made from the models that read the files, so that it knows every key, and their docstrings, so that it says what each is
for. What the models check by code is repeated here as far as JSON Schema can say it; what only SQL or the database can
tell, it cannot.
"""

from __future__ import annotations

import ast
import inspect
import sys
from collections.abc import Iterable, Iterator, Mapping
from functools import cache
from typing import Annotated, Any, get_args, get_origin

from pydantic import BaseModel, BeforeValidator, ValidationError

from adapter.config import Config
from adapter.mapping import schema
from adapter.mapping.load import Mapping as LoadedMapping
from adapter.mapping.record_schema import VALUES
from adapter.mapping.variants import SECTIONS
from adapter.schema_conditions import CONDITIONS, SITE_TYPES, Schema

DRAFT = "https://json-schema.org/draft/2020-12/schema"

_NAME = "^[a-z][a-z0-9_]*$"
_TABLE_FORM = "Table"


def mapping_schema() -> Schema:
    """The JSON Schema of a mapping file."""
    made = _schema_of(schema.MappingFile, "A mapping: how one EPOS keeps its tables, checks and bills")
    of_file = made["properties"]
    made["dependentRequired"] = {"lock": ["record"]}
    _variants(made)
    made["$defs"]["RecordRule"]["properties"]["tender"]["required"] = ["default"]
    step = made["$defs"]["Step"]["properties"]["set"]
    step["description"] += "\n\n" + "\n".join(f"* `:{name}`: {text}" for name, text in VALUES.items())
    of_file["site"]["propertyNames"] = {"pattern": _NAME}
    of_file["site"]["description"] = "What differs from one installation to the next; used as :site.<name>."
    of_file["columns"]["description"] = "What columns mean, said once: [columns.<table>] <column> = { as = ... }."
    for name in ("discount", "charge"):
        of_file[name]["description"] = f"Each [[{name}]] is one kind of {name}."
    return made


def _variants(made: Schema) -> None:
    """A variant's sections are those of the file, of which it says only what is different."""
    definitions = made["$defs"]
    rule = definitions["VariantRule"]
    for name in sorted(SECTIONS):
        section = made["properties"][name]
        target = section.get("$ref", "").rpartition("/")[2]
        if target:
            whole = definitions[target]
            partial = {key: value for key, value in whole.items() if key not in _WHOLE}
            definitions[f"{target}Part"] = partial
            section = {**section, "$ref": f"#/$defs/{target}Part"}
        rule["properties"][name] = section
    rule["additionalProperties"] = False
    rule["required"] = ["when"]
    definitions["VariantProbeTable"]["oneOf"] = [{"required": [name]} for name in ("sql", "table", "column")]


_WHOLE = ("required", "oneOf", "anyOf", "allOf", "not", "dependentRequired")
"""What is said of a section as a whole, and not of its keys."""


def config_schema(mapping: LoadedMapping | None = None) -> Schema:
    """The JSON Schema of config.toml; with a mapping, `[site]` knows the constants of that mapping."""
    made = _schema_of(Config, "The settings of one installation")
    secret: Schema = {
        "description": 'A secret: a text, or better { env = "NAME" } or { file = "path" }.',
        "anyOf": [
            {"type": "string"},
            *(
                {
                    "type": "object",
                    "properties": {name: {"type": "string", "description": text}},
                    "required": [name],
                    "additionalProperties": False,
                }
                for name, text in (
                    ("env", "Name of the environment variable that holds it."),
                    ("file", "Path of the file that holds it."),
                )
            ),
        ],
    }
    for part in (made, *made["$defs"].values()):
        for name, value in part.get("properties", {}).items():
            if value.get("format") == "password":
                part["properties"][name] = {**secret, "description": value.get("description", secret["description"])}
    connection = made["$defs"]["ConnectionConfig"]
    connection["oneOf"] = [
        {"required": ["dial", "software_house_id"], "not": {"required": ["listen"]}},
        {"required": ["listen"], "not": {"required": ["dial"]}},
    ]
    connection["properties"]["dial"]["pattern"] = "^wss?://[^/]"
    connection["properties"]["listen"]["pattern"] = r"^(\[[0-9a-fA-F:]+\]|[^:\s]+):\d{1,5}$"
    connection["properties"]["account"]["pattern"] = "^[^:]+$"
    if mapping is not None:
        made["properties"]["site"] = _site_of(mapping)
        if made["properties"]["site"]["required"]:
            made["required"] = [*made["required"], "site"]
    return made


def _site_of(mapping: LoadedMapping) -> Schema:
    """`[site]` as one mapping declares it."""
    constants = mapping.file.site
    return {
        "type": "object",
        "description": f"What {mapping.file.epos} leaves to each installation.",
        "properties": {
            name: {"description": rule.help, "type": SITE_TYPES[rule.type]}
            | ({} if rule.default is None else {"default": rule.default})
            for name, rule in constants.items()
        },
        "required": [name for name, rule in constants.items() if rule.required],
        "additionalProperties": False,
    }


def _schema_of(model: type[BaseModel], title: str) -> Schema:
    made = model.model_json_schema()
    models = list(_models(model))
    known = {each.__name__: each for each in models}
    forms = _forms_of(models)
    definitions: dict[str, Schema] = made.pop("$defs", {})
    for name in list(definitions):
        found = known.get(name)
        if found is not None:
            _tidy(definitions[name], found)
            if forms.get(found):
                definitions[name + _TABLE_FORM] = definitions[name]
                definitions[name] = _short_forms(name, found, forms[found], definitions[name])
    _tidy(made, model)
    _without_nulls(definitions)
    _without_nulls(made)
    return {"$schema": DRAFT, **made, "title": title, "$defs": dict(sorted(definitions.items()))}


def _tidy(made: Schema, model: type[BaseModel]) -> None:
    """One model's schema as an editor wants it: every key explained, short forms allowed, conditions said."""
    made.pop("title", None)
    properties: dict[str, Schema] = made.get("properties", {})
    for name, field in model.model_fields.items():
        key = field.alias or name
        said = properties[key]
        said.pop("title", None)
        if isinstance(said.get("default"), (dict, list)) or said.get("default", "") in (None, ""):
            said.pop("default", None)
        text = _docstrings(model).get(name) or _of_inner(field.annotation)
        if text:
            said["description"] = text
        if _members_may_stand_alone(field.annotation):
            said["additionalProperties"] = _single_too(said["additionalProperties"])
        if name in _may_stand_alone(model):
            properties[key] = {
                "anyOf": [said.get("items", {}), {"type": "array", "items": said.get("items", {})}],
                **({"description": said["description"]} if "description" in said else {}),
            }
    made.update(CONDITIONS.get(model.__name__, {}))
    if "sql" in model.model_fields and model.model_fields["sql"].alias == "column":
        _expression(made, takes_list="parts" in properties and _takes_list(model))
    if model is schema.ColumnReading:
        _column_reading(made)


def _expression(made: Schema, *, takes_list: bool) -> None:
    """The table form of a field: `sql` is another name for `column`, and one of them, or a list, is needed."""
    properties = made["properties"]
    properties["column"]["description"] = "One SQL expression over the aliases in scope, as `k.total`."
    properties["column"].pop("anyOf", None)
    properties["column"]["type"] = "string"
    properties["sql"] = {"type": "string", "description": "Another name for `column`, for longer expressions."}
    sources = ["column", "sql", *(["sum"] if "sum" in properties else [])]
    if takes_list:
        sources.append("parts")
        properties["parts"]["minItems"] = 1
    else:
        properties.pop("parts", None)
    others = [name for name in made.pop("required", ()) if name != "column"]
    if others:
        made["required"] = others
    made["oneOf"] = [{"required": [name]} for name in sources]


def _short_forms(name: str, model: type[BaseModel], forms: frozenset[str], table: Schema) -> Schema:
    """A field may be a text or a list in place of its table."""
    said = str(table.get("description", ""))
    short: list[Schema] = []
    if "text" in forms:
        short.append({"type": "string", "description": f"SQL. {said}"})
    if "list" in forms and _takes_list(model):
        parts = {key: value for key, value in table["properties"]["parts"].items() if key in ("items", "minItems")}
        short.append({"type": "array", **parts, "description": f"Several SQL expressions. {said}"})
    return {"description": said, "anyOf": [*short, {"$ref": f"#/$defs/{name}{_TABLE_FORM}"}]}


def _forms_of(models: Iterable[type[BaseModel]]) -> Mapping[type[BaseModel], frozenset[str]]:
    """What may stand in place of a model's table, found out by trying what stands before it."""
    found: dict[type[BaseModel], frozenset[str]] = {}

    def visit(annotation: Any, before: tuple[Any, ...]) -> None:
        if get_origin(annotation) is Annotated:
            inner, *metadata = get_args(annotation)
            visit(inner, (*before, *metadata))
        elif isinstance(annotation, type) and issubclass(annotation, BaseModel):
            validators = [each.func for each in before if isinstance(each, BeforeValidator)]
            kinds = {"text": "x", "list": ["x"]}
            forms = {kind for kind, value in kinds.items() if any(_made_a_table(each, value) for each in validators)}
            found[annotation] = found.get(annotation, frozenset()) | forms
        else:
            for each in get_args(annotation):
                visit(each, before)

    for model in models:
        for field in model.model_fields.values():
            visit(field.annotation, tuple(field.metadata))
    return found


def _made_a_table(validator: Any, value: Any) -> bool:
    try:
        return isinstance(validator(value), dict)
    except ValueError:
        return False


def _column_reading(made: Schema) -> None:
    """`[columns]`: which options there are depends on what the column is."""
    options = [name for name in made["properties"] if name not in ("as", "optional")]
    branches = []
    for kind, model in schema.READINGS.items():
        own = model.model_json_schema()
        allowed: dict[str, Any] = {}
        for name in options:
            field = own["properties"].get(name)
            allowed[name] = False if field is None else _single_too(field) if name in _may_stand_alone(model) else field
        when = {"properties": {"as": {"const": kind}}, "required": ["as"]}
        branches.append({"if": when, "then": {"properties": allowed}})
    without = {"properties": {"as": {"enum": list(schema.READINGS)}}, "required": ["as"]}
    branches.append({"if": {"not": without}, "then": {"properties": dict.fromkeys(options, False)}})
    made["allOf"] = branches


def _single_too(field: Schema) -> Schema:
    items = field.get("items", {})
    return {"anyOf": [items, {"type": "array", "items": items}]}


def _takes_list(model: type[BaseModel]) -> bool:
    """Whether a field may be several expressions, which is found out by trying."""
    try:
        model.model_validate({"parts": ["x.a", "x.b"]})
    except ValidationError as error:
        return not any(detail["loc"][:1] == ("parts",) for detail in error.errors(include_url=False))
    return True


def _may_stand_alone(model: type[BaseModel]) -> set[str]:
    """The lists of a model that may be given as their only member."""
    found = {
        name
        for name, field in model.model_fields.items()
        if any(isinstance(each, BeforeValidator) for each in field.metadata)
        and str(field.annotation).startswith("tuple")
    }
    for decorator in _field_validators(model):
        if decorator.info.mode == "before" and "*" not in decorator.info.fields:
            found.update(decorator.info.fields)
    return found


def _members_may_stand_alone(annotation: Any) -> bool:
    """Whether the members of a table are lists of which each may be given as its only member."""
    value = get_args(annotation)[1] if get_origin(annotation) is dict else None
    if get_origin(value) is not Annotated:
        return False
    inner, *metadata = get_args(value)
    return get_origin(inner) is tuple and any(isinstance(each, BeforeValidator) for each in metadata)


def _field_validators(model: type[BaseModel]) -> list[Any]:
    return list(model.__pydantic_decorators__.field_validators.values())


def _without_nulls(node: Any) -> None:
    """TOML has no null: a key that is not wanted is left out."""
    if isinstance(node, list):
        for child in node:
            _without_nulls(child)
    if not isinstance(node, dict):
        return
    for child in node.values():
        _without_nulls(child)
    choices = node.get("anyOf")
    if isinstance(choices, list) and {"type": "null"} in choices:
        others = [choice for choice in choices if choice != {"type": "null"}]
        if len(others) == 1:
            del node["anyOf"]
            for key, value in others[0].items():
                node.setdefault(key, value)
        else:
            node["anyOf"] = others
    if "default" in node and node["default"] is None:
        del node["default"]


def _models(model: type[BaseModel]) -> Iterator[type[BaseModel]]:
    """A model and all those that stand in it."""
    seen: dict[type[BaseModel], None] = {}

    def visit(each: type[BaseModel]) -> None:
        if each in seen:
            return
        seen[each] = None
        for field in each.model_fields.values():
            for inner in _models_in(field.annotation):
                visit(inner)

    visit(model)
    yield from seen


def _models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in get_args(annotation):
        yield from _models_in(part)


def _of_inner(annotation: Any) -> str:
    """What a section is for, by the docstring of its model."""
    return next((inspect.cleandoc(model.__doc__ or "") for model in _models_in(annotation)), "")


@cache
def _docstrings(model: type[BaseModel]) -> Mapping[str, str]:
    """What stands below each attribute of a model and of those that it is made from.

    Pydantic could keep them itself, by reading its source whenever the program starts.
    """
    found: dict[str, str] = {}
    for each in reversed(model.__mro__):
        if issubclass(each, BaseModel) and each is not BaseModel:
            found.update(_module_docstrings(each.__module__).get(each.__name__, {}))
    return found


@cache
def _module_docstrings(module: str) -> Mapping[str, Mapping[str, str]]:
    found: dict[str, dict[str, str]] = {}
    for node in ast.parse(inspect.getsource(sys.modules[module])).body:
        if not isinstance(node, ast.ClassDef):
            continue
        texts = found.setdefault(node.name, {})
        waiting: list[str] = []
        for line in node.body:
            if isinstance(line, ast.AnnAssign) and isinstance(line.target, ast.Name):
                waiting.append(line.target.id)
            elif isinstance(line, ast.Expr) and isinstance(line.value, ast.Constant) and waiting:
                texts[waiting[-1]] = inspect.cleandoc(str(line.value.value))
                waiting.clear()
    return found
