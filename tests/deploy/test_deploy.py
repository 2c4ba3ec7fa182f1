"""What is put on a restaurant's computer: scripts that can be read, a unit that systemd accepts, packages that are pinned."""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
import tomllib
import xml.etree.ElementTree as ET
from pathlib import Path

import pytest
from packaging.requirements import Requirement

from adapter import __version__
from adapter.app import load
from simulator.config import INVENTED

ROOT = Path(__file__).parent.parent.parent
DEPLOY = ROOT / "deploy"
UNIT = DEPLOY / "linux" / "epos-adapter.service"

needs_systemd = pytest.mark.skipif(shutil.which("systemd-analyze") is None, reason="systemd-analyze is not installed")


@pytest.mark.parametrize("script", sorted(DEPLOY.glob("**/*.sh")), ids=lambda script: script.name)
def test_every_script_can_be_read_by_a_plain_shell_and_be_run(script: Path):
    subprocess.run(["sh", "-n", script], check=True)
    assert script.stat().st_mode & 0o111


@pytest.mark.parametrize("script", sorted(DEPLOY.glob("**/*.ps1")), ids=lambda script: script.name)
def test_every_script_for_windows_can_be_read_by_the_grammar_of_powershell(script: Path):
    tree_sitter, powershell = pytest.importorskip("tree_sitter"), pytest.importorskip("tree_sitter_powershell")
    parser = tree_sitter.Parser(tree_sitter.Language(powershell.language()))
    text = script.read_bytes()
    assert not parser.parse(text).root_node.has_error
    assert parser.parse(text + b"if (").root_node.has_error


@needs_systemd
def test_systemd_accepts_the_unit(tmp_path: Path):
    own = tmp_path / UNIT.name
    # The program is not installed here, and systemd looks for it.
    own.write_text(re.sub(r"^ExecStart=\S+", "ExecStart=/bin/true", UNIT.read_text(), flags=re.MULTILINE))
    found = subprocess.run(["systemd-analyze", "verify", "--man=no", own], capture_output=True, text=True, check=False)
    assert (found.returncode, found.stderr) == (0, "")


@needs_systemd
def test_the_service_is_as_locked_in_as_the_guide_says():
    found = subprocess.run(
        ["systemd-analyze", "security", "--offline=true", "--no-pager", UNIT],
        capture_output=True,
        text=True,
        check=True,
    )
    level = re.search(r"exposure level for \S+: ([\d.]+)", found.stdout)
    assert level is not None
    assert f"gives it {level[1]} of 10" in (ROOT / "docs" / "install.md").read_text(encoding="utf-8")


@pytest.mark.parametrize(("file", "extras"), [("requirements", ("mariadb", "otel")), ("simulator", ("simulator",))])
def test_the_container_installs_what_the_project_needs_in_versions_that_it_allows(file: str, extras: tuple[str, ...]):
    text = (DEPLOY / "docker" / f"{file}.txt").read_text(encoding="utf-8")
    pinned = dict(re.findall(r"^([\w.-]+)==(\S+) \\$", text, re.MULTILINE))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    needed = project["dependencies"] + [one for extra in extras for one in project["optional-dependencies"][extra]]
    for requirement in map(Requirement, needed):
        if requirement.marker is None or requirement.marker.evaluate():
            assert pinned[requirement.name] in requirement.specifier, requirement.name


@pytest.mark.parametrize("file", ["requirements", "simulator"])
def test_every_package_of_the_container_has_hashes_and_comes_from_nowhere_else(file: str):
    text = (DEPLOY / "docker" / f"{file}.txt").read_text(encoding="utf-8")
    for block in re.split(r"\n(?=[a-z])", text)[1:]:
        assert "--hash=sha256:" in block, block[:60]
    assert not re.search(r"--(index-url|extra-index-url|find-links|trusted-host)|https?://|@ ", text)


def test_the_adapter_of_the_compose_file_has_settings_that_can_be_read(monkeypatch: pytest.MonkeyPatch):
    compose = (DEPLOY / "compose.yaml").read_text(encoding="utf-8")
    for name in ("EPOS_DATABASE_URL", "DOJO_API_KEY"):
        found = re.search(rf"{name}: (\S+)", compose)
        assert found is not None
        monkeypatch.setenv(name, found[1])
    config, _ = load(DEPLOY / "compose" / "config.toml")
    (connection,) = config.connection
    # The account that the stand-in invents, where it listens.
    assert (connection.account, connection.api_key.get_secret_value()) == INVENTED
    assert f"ws://{re.search(r'--gateway., .([^ ]+).]', compose)[1]}/" in (connection.dial or "")  # type: ignore[index]


@pytest.mark.skipif(shutil.which("docker-compose") is None, reason="docker-compose is not installed")
def test_docker_compose_understands_the_file():
    command = ["docker-compose", "--file", DEPLOY / "compose.yaml", "--profile", "whole", "config", "--quiet"]
    subprocess.run(command, check=True, capture_output=True)


def test_the_windows_service_runs_what_its_script_installs():
    service = ET.parse(DEPLOY / "windows" / "epos-adapter.xml").getroot()  # noqa: S314 - a file of our own
    script = (DEPLOY / "windows" / "install.ps1").read_text(encoding="utf-8")
    assert service.findtext("id") == "epos-adapter"
    assert (service.findtext("executable") or "").startswith("%BASE%\\venv\\")
    assert '"venv"' in script
    assert "run --config" in (service.findtext("arguments") or "")


KNOWN_BAD = '{"dependencies": [{"name": "jinja2", "version": "2.4.1", "vulns": [{"id": "PYSEC-2014-8"}]}], "fixes": []}'
CLEAN = '{"dependencies": [{"name": "click", "version": "8.1.8", "vulns": []}], "fixes": []}'
HOLED = '{"dependencies": [{"name": "click", "version": "8.1.8", "vulns": [{"id": "GHSA-invented"}]}], "fixes": []}'


@pytest.mark.parametrize(
    ("of_the_bad_one", "of_ours", "code", "said"),
    [
        ((KNOWN_BAD, 1), (CLEAN, 0), 0, "no known holes"),
        ((KNOWN_BAD, 1), (HOLED, 1), 1, "GHSA-invented"),
        # A mirror without advisories calls everything well.
        ((CLEAN, 0), (CLEAN, 0), 2, "NOTHING WAS AUDITED"),
        (("", 1), ("", 1), 2, "NOTHING WAS AUDITED"),
        ((KNOWN_BAD, 1), ("", 1), 2, "NOTHING WAS AUDITED"),
    ],
)
@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell")
def test_an_audit_that_could_look_nothing_up_is_never_taken_for_one_that_found_nothing(
    tmp_path: Path, of_the_bad_one: tuple[str, int], of_ours: tuple[str, int], code: int, said: str
):
    # In place of the real one, since there are no advisories where there is no internet.
    stand_in = tmp_path / "pip-audit"
    cases = [
        f"*{name}) echo '{text}'; exit {number};;"
        for name, (text, number) in (("known-bad.txt", of_the_bad_one), ("requirements.txt", of_ours))
    ]
    stand_in.write_text("#!/bin/sh\ncase $* in " + "\n".join(cases) + "\nesac\n", encoding="utf-8")
    stand_in.chmod(0o755)
    done = subprocess.run(
        [DEPLOY / "docker" / "audit.sh"],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, "PIP_AUDIT": str(stand_in)},
    )
    assert done.returncode == code, done.stderr
    assert said in done.stdout + done.stderr
    assert ("no known holes" in done.stdout) == (code == 0)


PYTHON = """#!/bin/sh
case $* in
    *pip*) echo "$*" >>"$ASKED";;
    *venv*) for last; do :; done; mkdir -p "$last/bin"; cp "$0" "$last/bin/python"; cp "$0" "$last/bin/epos-adapter";;
esac
"""


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell")
def test_an_upgrade_has_the_extras_of_the_version_before(tmp_path: Path):
    python, asked = tmp_path / "python", tmp_path / "asked"
    python.write_text(PYTHON, encoding="utf-8")  # makes folders in place of environments, and installs nothing
    python.chmod(0o755)

    def install(**more: str) -> str:
        environment = {
            **os.environ,
            "DESTDIR": str(tmp_path / "root"),
            "PYTHON": str(python),
            "ASKED": str(asked),
            **more,
        }
        subprocess.run([DEPLOY / "linux" / "install.sh"], check=True, capture_output=True, env=environment)
        return asked.read_text(encoding="utf-8").splitlines()[-1].removeprefix("-m pip install --quiet ")

    plain = f"--disable-pip-version-check {ROOT}"
    assert install() == plain
    assert install(EXTRAS="mariadb,otel") == f"{plain}[mariadb,otel]"
    assert install() == f"{plain}[mariadb,otel]"
    assert install(EXTRAS="") == plain
    assert install() == plain


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell")
def test_a_python_without_venv_as_debian_has_it_is_said_with_what_to_install_before_anything_is_made(tmp_path: Path):
    python, root = tmp_path / "python", tmp_path / "root"
    python.write_text("#!/bin/sh\ncase $* in *ensurepip*) exit 1;; esac\n", encoding="utf-8")
    python.chmod(0o755)
    environment = {**os.environ, "DESTDIR": str(root), "PYTHON": str(python)}
    done = subprocess.run(
        [DEPLOY / "linux" / "install.sh"], capture_output=True, text=True, check=False, env=environment
    )
    assert done.returncode == 1
    assert "apt install python3-venv" in done.stderr
    assert not root.exists()


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell")
def test_going_back_tells_the_version_that_is_installed_and_not_that_of_the_folder_it_is_run_from(tmp_path: Path):
    checkout = tmp_path / "checkout" / "adapter"
    checkout.mkdir(parents=True)
    (checkout / "__init__.py").touch()
    (checkout / "__main__.py").write_text("print('that of the folder')", encoding="utf-8")
    for name in ("epos-adapter", "epos-adapter.old"):
        python = tmp_path / "root" / "opt" / name / "bin" / "python"
        python.parent.mkdir(parents=True)
        python.write_text(f'#!/bin/sh\nexec "{sys.executable}" "$@"\n', encoding="utf-8")
        python.chmod(0o755)
    environment = {**os.environ, "DESTDIR": str(tmp_path / "root")}
    done = subprocess.run(
        [DEPLOY / "linux" / "rollback.sh"],
        check=True,
        capture_output=True,
        text=True,
        env=environment,
        cwd=checkout.parent,
    )
    assert done.stdout == f"back to epos-adapter, version {__version__}\n"
    for script in sorted(DEPLOY.glob("*/*")):
        if script.suffix in (".sh", ".ps1", ".xml"):
            assert not re.search(r"(?<!-P )-m adapter", script.read_text(encoding="utf-8")), script


@pytest.mark.skipif(shutil.which("sh") is None, reason="there is no shell")
def test_a_command_is_run_as_the_service_is_with_its_user_its_secrets_and_its_configuration(tmp_path: Path):
    for name, says in (("id", "echo 0"), ("systemd-run", "printf '%s\\n' \"$@\"")):
        (tmp_path / name).write_text(f"#!/bin/sh\n{says}\n", encoding="utf-8")
        (tmp_path / name).chmod(0o755)
    done = subprocess.run(
        [DEPLOY / "linux" / "epos-adapter.sh", "unlock", "5101", "--reason", "it was switched off"],
        check=True,
        capture_output=True,
        text=True,
        env={**os.environ, "PATH": f"{tmp_path}:{os.environ['PATH']}"},
    )
    asked = done.stdout.splitlines()
    unit = UNIT.read_text(encoding="utf-8")
    for option, setting in (
        ("--uid=", "User="),
        ("--gid=", "Group="),
        ("--working-directory=", "WorkingDirectory="),
        ("--property=EnvironmentFile=", "EnvironmentFile="),
    ):
        said = re.search(rf"^{setting}(.*)$", unit, re.MULTILINE)
        assert said is not None
        assert option + said[1] in asked
    assert asked[-5:] == ["/opt/epos-adapter/bin/epos-adapter", "unlock", "5101", "--reason", "it was switched off"]
