"""The documentation cannot lie where a test can catch it: commands, settings, fields, error codes, examples."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest
from pydantic import BaseModel

from adapter.check.findings import KINDS
from adapter.cli import main
from adapter.config import Config, shipped_mappings
from adapter.errors import InvalidFile
from adapter.mapping.load import REQUIRED, load_mapping, load_mapping_text
from adapter.mapping.schema import MappingFile
from adapter.mapping.walk import RECEIPT_NAMES
from adapter.protocol.tables.dialect import ERROR_CODES, tables_dialect
from adapter.traces_config import TracesConfig
from simulator.config import settings_of
from simulator.faults import KINDS as FAULTS
from simulator.faults import RUBBISH
from simulator.http.endpoints import ENDPOINTS

ROOT = Path(__file__).parent.parent.parent
PAGES = sorted([ROOT / "README.md", *(ROOT / "docs").glob("*.md")])


def text(name: str) -> str:
    return (ROOT / name).read_text(encoding="utf-8")


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_link_to_a_file_leads_somewhere(page: Path):
    for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (page.parent / target).exists(), target


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.name)
def test_every_path_in_backticks_exists(page: Path):
    for path in re.findall(
        r"`((?:adapter|docs|mappings|simulator|deploy|tests|bench)/[\w./]+)`", page.read_text(encoding="utf-8")
    ):
        assert (ROOT / path).exists(), path


def test_every_module_of_the_code_map_exists():
    for path in re.findall(
        r"`((?:transport|protocol|domain|store|mapping|toml|ops)/[\w./]+)`", text("docs/architecture.md")
    ):
        assert (ROOT / "adapter" / path).exists(), path


def test_every_command_in_the_readme_is_there():
    for target in re.findall(r"make (\w+)", text("README.md")):
        assert re.search(rf"^{target}:", text("Makefile"), re.MULTILINE), target
    assert isinstance(main, click.Group)
    for page in PAGES:
        for command in re.findall(r"^\$ epos-adapter (\w+)", page.read_text(encoding="utf-8"), re.MULTILINE):
            assert command in main.commands, command


def test_every_command_is_in_the_documentation():
    assert isinstance(main, click.Group)
    together = "".join(page.read_text(encoding="utf-8") for page in PAGES)
    for command in main.commands:
        assert f"epos-adapter {command}" in together or f"`{command}`" in together or f"make {command}" in together


def test_the_example_configuration_names_every_setting():
    example = text("config.example.toml")
    for name in settings(Config):
        assert re.search(rf"(^|[\s#{{\[]){name}(\s*=|\])", example, re.MULTILINE), name


def test_the_example_configuration_names_only_settings_that_exist():
    uncommented = re.sub(r"^# (?=[\[\w].*(=|\]))", "", text("config.example.toml"), flags=re.MULTILINE)
    known = set(settings(Config)) | {"env", "file", "timezone", "vat_number"}
    for line in uncommented.splitlines():
        match = re.match(r"(\w+)\s*=", line)
        if match:
            assert match[1] in known, line


def test_the_defaults_in_the_example_are_the_defaults():
    for section, model in (("rules", "rules"), ("limits", "limits"), ("log", "log"), ("status", "status")):
        default = Config.model_fields[model].default
        block = re.split(r"\n(?:# )?\[", text("config.example.toml").split(f"[{section}]")[1])[0]
        for name, shown in re.findall(r"^# (\w+)\s*= ([^\s{]+)", block, re.MULTILINE):
            assert tomllib.loads(f"x = {shown}")["x"] == getattr(default, name), name


def test_the_defaults_of_traces_in_the_example_are_the_defaults():
    block = re.split(r"\n\n", text("config.example.toml").split("# [traces]\n")[1])[0]
    shown = dict(re.findall(r"^# (\w+)\s*= (\S+)", block, re.MULTILINE))
    assert set(shown) == set(TracesConfig.model_fields)
    for name in ("service_name", "share", "timeout"):
        assert tomllib.loads(f"x = {shown[name]}")["x"] == TracesConfig.model_fields[name].default, name


def test_the_mapping_guide_names_every_key_of_the_language():
    guide = text("docs/mapping.md")
    for name in settings(MappingFile):
        assert re.search(rf"\b{name}\b", guide), name


def test_the_mapping_guide_names_every_placeholder_of_a_receipt():
    for name in RECEIPT_NAMES:
        assert f"{{{name}}}" in text("docs/mapping.md")


def test_the_first_mapping_of_the_guide_is_a_mapping():
    blocks = re.findall(r"```toml\n(version.*?)```", text("docs/mapping.md"), re.DOTALL)
    assert len(blocks) == 1
    assert load_mapping_text(blocks[0]).file.epos == "Plain EPOS"


def test_every_toml_example_of_the_guide_is_toml():
    for block in re.findall(r"```toml\n(.*?)```", text("docs/mapping.md"), re.DOTALL):
        # A block may show alternatives of one key; each line alone must hold.
        try:
            tomllib.loads(re.sub(r"^  ", "", block, flags=re.MULTILINE))
        except tomllib.TOMLDecodeError:
            for line in block.splitlines():
                tomllib.loads(line.strip())


def test_the_problems_shown_in_the_guide_are_the_problems_that_are_said():
    guide = text("docs/mapping.md")
    shown = re.search(r"```text\n(plain\.toml.*?)```", guide, re.DOTALL)
    plain = re.search(r"```toml\n(version.*?)```", guide, re.DOTALL)
    assert shown is not None
    assert plain is not None
    mistaken = plain[1]
    for right, wrong in MISTAKES:
        assert right in mistaken
        mistaken = mistaken.replace(right, wrong)
    with pytest.raises(InvalidFile) as caught:
        load_mapping_text(mistaken, "plain.toml")
    said = [str(problem) for problem in caught.value.problems]
    assert shown[1].splitlines() == said


def test_every_construct_of_the_guide_is_tried_by_tests_that_exist_or_says_why_it_is_left_out():
    table = text("docs/mapping.md").split("| what a schema does | how it is said | tried by |\n|---|---|---|\n")[1]
    rows = [
        [cell.strip() for cell in line.strip("|").split(" | ")] for line in table.splitlines() if line.startswith("|")
    ]
    known = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^(?:async )?def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert len(rows) == 81
    for construct, said, tried in rows:
        names = re.findall(r"`(test_\w+)`", tried)
        assert set(names) <= known, (construct, set(names) - known)
        assert names or said.startswith("left out: "), construct


MISTAKES = (
    ('created_at = "k.opened_at"\n', 'created_at = "k.opened_at"\ncraeted_at = "k.opened_at"\n'),
    ('"k.total"', '"c.total"'),
    ('"i.quantity"', '"i.quantity, i.unit"'),
)


def test_the_page_on_checking_has_a_line_for_every_kind_of_finding_and_no_other():
    rows = re.findall(r"^\| `([\w-]+)` \| (.+) \|$", text("docs/check.md"), re.MULTILINE)
    assert rows == list(KINDS.items())


def test_every_kind_of_finding_is_given_to_some_and_no_other_is():
    code = "".join(path.read_text(encoding="utf-8") for path in (ROOT / "adapter" / "check").glob("*.py"))
    listed = text("adapter/check/findings.py")
    for kind in KINDS:
        assert code.count(f'"{kind}"') > listed.count(f'"{kind}"'), kind
    for kind in re.findall(r'"(?:error|warning|note)",\s*"(\w+-[\w-]+)",', code):
        assert kind in KINDS, kind
    assert list(KINDS) == sorted(KINDS)


@pytest.mark.parametrize("path", shipped_mappings(), ids=lambda path: path.stem)
def test_every_shipped_mapping_loads(path: Path):
    assert load_mapping(path).file.version == 1


def test_every_method_is_documented():
    for method in tables_dialect().routes:
        assert method in text("docs/tables-api.md"), method


def test_the_page_on_the_simulator_has_a_line_for_every_endpoint_and_no_other():
    rows = re.findall(r"^\| ([A-Z]+) \| `(\S+)` \| (.+) \|$", text("docs/simulator.md"), re.MULTILINE)
    assert rows == [(each.verb, each.path.replace(":int", ""), each.summary) for each in ENDPOINTS]


def test_the_page_on_the_simulator_has_a_line_for_every_fault_and_names_all_rubbish():
    rows = re.findall(r"^\| `(\w+)` \| (.+) \| (.+) \|$", text("docs/simulator.md"), re.MULTILINE)
    moments = [tuple(re.findall(r"`(\w+)`", at.replace(", `now`", ""))) for _, _, at in rows]
    assert [(kind, (does, at)) for (kind, does, _), at in zip(rows, moments, strict=True)] == list(FAULTS.items())
    for what in RUBBISH:
        assert f"`{what}`" in text("docs/simulator.md"), what


def test_the_page_on_the_simulator_names_every_option_and_its_file_is_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    page = text("docs/simulator.md")
    assert isinstance(main, click.Group)
    options = {name for option in main.commands["simulate"].params for name in option.opts}
    assert set(re.findall(r"^\| `(--[\w-]+)", page, re.MULTILINE)) == options
    (block,) = re.findall(r"```toml\n(.*?)```", page, re.DOTALL)
    (tmp_path / "simulator.toml").write_text(block, encoding="utf-8")
    monkeypatch.setenv("KETTLE_KEY", "key")
    assert list(settings_of(file=tmp_path / "simulator.toml").accounts) == ["copperkettle", "anchor"]


def test_every_error_code_is_documented():
    for code in ERROR_CODES.values():
        assert f"`{code}`" in text("docs/tables-api.md"), code


def test_nothing_in_the_project_is_longer_than_it_should_be():
    for path in [*(ROOT / "adapter").rglob("*.py"), *(ROOT / "simulator").rglob("*.py")]:
        assert len(path.read_text(encoding="utf-8").splitlines()) <= 400, path


def settings(model: type[BaseModel], seen: frozenset[type] = frozenset()) -> Iterator[str]:
    """The names of all settings of a model and of the models inside it."""
    if model in seen:
        return
    for name, field in model.model_fields.items():
        yield field.alias or name
        for inner in models_in(field.annotation):
            yield from settings(inner, seen | {model})


def models_in(annotation: Any) -> Iterator[type[BaseModel]]:
    if isinstance(annotation, type) and issubclass(annotation, BaseModel):
        yield annotation
    for part in getattr(annotation, "__args__", ()):
        yield from models_in(part)


def test_the_guide_names_every_field_that_is_needed():
    rows = re.findall(r"^\| `\[(table|session|bill|item)\]` \| ([^|]+) \|", text("docs/mapping.md"), re.MULTILINE)
    assert {(section, name) for section, names in rows for name in re.findall(r"`(\w+)`", names)} == set(REQUIRED)


@pytest.mark.parametrize("page", [*PAGES, ROOT / "CHANGELOG.md"], ids=lambda page: page.name)
def test_no_page_holds_the_marks_of_a_merge(page: Path):
    assert not re.search(r"^(<{7}|={7}$|>{7})", page.read_text(encoding="utf-8"), re.MULTILINE)


def test_every_claim_of_the_threat_model_names_the_test_that_shows_it():
    table = text("docs/security.md").split("|---|---|---|---|\n")[1].split("\n\n")[0]
    rows = [[cell.strip() for cell in row.strip("|").split("|")] for row in table.splitlines()]
    assert len(rows) > 10
    for *_, shown in rows:
        assert re.search(r"\]\(\.\./tests/[\w/]+/test_\w+\.py\)", shown), rows
