# Everything a fresh machine needs is Python 3.11+ and make.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin

.PHONY: demo test lint bench faults soak mutate fuzz published audit clean

$(VENV)/.demo: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[demo]'
	@touch $@

$(VENV)/.dev: pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[dev]'
	@touch $@ $(VENV)/.demo

$(VENV)/.fuzz: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[fuzz]'
	@touch $@

$(VENV)/.audit: $(VENV)/.dev
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -e '.[audit]'
	@touch $@

demo: $(VENV)/.demo
	@$(BIN)/epos-adapter demo $(ARGS)

test: $(VENV)/.dev
	$(BIN)/python -m pytest --numprocesses auto --dist loadfile --no-loadscope-reorder $(ARGS)

lint: $(VENV)/.dev
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/oxlint --quiet simulator/page/files adapter/ops/pages

bench: $(VENV)/.dev
	$(BIN)/python -m bench $(ARGS)

faults: $(VENV)/.dev
	$(BIN)/python -m tests.faults $(ARGS)

soak: $(VENV)/.dev
	$(BIN)/python -m tests.faults.soak $(ARGS)

mutate: $(VENV)/.dev
	$(BIN)/python -m tests.mutation $(ARGS)

fuzz: $(VENV)/.fuzz
	$(BIN)/python -m tests.fuzz $(ARGS)

# ARGS="--spec FILE", the AsyncAPI file that the provider publishes; it is not part of this project.
published: $(VENV)/.dev
	$(BIN)/python -m tests.published $(ARGS)

# Known holes in what the container installs. It needs the advisories of PyPI, and says so where it cannot have them.
audit: $(VENV)/.audit
	@PIP_AUDIT=$(BIN)/pip-audit deploy/docker/audit.sh

clean:
	rm -rf $(VENV) .mypy_cache .pytest_cache .ruff_cache .hypothesis .import_linter_cache dist
