# Every target does its own set-up. It needs make and a Python >= 3.11; name another one with `make PYTHON=python3.13 test`.
PYTHON ?= python3
VENV ?= .venv
WORKERS ?= 2

BIN := $(VENV)/bin
SHOP := examples/shop
INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt
DECLARED := pyproject.toml constraints.txt $(wildcard $(SHOP)/pyproject.toml)
BENCHMARKS ?= $(sort $(wildcard benchmarks/bench_*.py))

.DEFAULT_GOAL := help
.PHONY: help demo test test-long test-all lint format bench foreign docs clean

help:  ## list the targets
	@grep -hE '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed -E 's/:.*##/\t/' | expand -t 12

demo: $(VENV)/.demo  ## put mistakes into a copy of the example shop, and see dryfit find them
	$(BIN)/python examples/demo.py

test: $(VENV)/.dev  ## all tests, then the example shop's own
	$(BIN)/python -m pytest -n $(WORKERS)
	cd $(SHOP) && "$(abspath $(BIN))/python" -m pytest

test-long: $(VENV)/.dev  ## the long campaigns alone
	$(BIN)/python -m pytest -n $(WORKERS) -m campaign

test-all: $(VENV)/.dev  ## the same with the long campaigns
	$(BIN)/python -m pytest -n $(WORKERS) -m "campaign or not campaign"
	cd $(SHOP) && "$(abspath $(BIN))/python" -m pytest

lint: $(VENV)/.dev  ## format, lint, types, floors, dependencies
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/deptry src

format: $(VENV)/.dev  ## let ruff format and mend what it can
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

bench: $(VENV)/.bench  ## ratios against named peers, measured in one run
	@for benchmark in $(BENCHMARKS); do echo "== $$benchmark"; $(BIN)/python $$benchmark || exit 1; done

foreign: $(VENV)/.bench  ## other people's suites, bare and watched: the same outcomes
	$(BIN)/python benchmarks/foreign.py

docs: $(VENV)/.dev  ## docs/_build/index.html
	$(BIN)/sphinx-build --quiet --fail-on-warning --keep-going docs docs/_build
	@echo "docs/_build/index.html"

clean:  ## remove everything that make and the tools made
	rm -rf $(VENV) .nox .dryfit $(SHOP)/.dryfit build dist docs/_build htmlcov .coverage .coverage.*
	rm -rf .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .grimp_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

# A stamp says that its install is done and still fits what is declared; without a change a second run costs nothing.
$(VENV)/.demo: $(DECLARED) | $(BIN)/python
	$(INSTALL) --editable . --editable "./$(SHOP)[test]"
	@touch $@

$(VENV)/.dev: $(DECLARED) | $(BIN)/python
	$(INSTALL) --editable ".[all,dev]" --editable "./$(SHOP)[test]"
	@touch $@ $(VENV)/.demo

$(VENV)/.bench: $(VENV)/.dev
	$(INSTALL) --editable ".[all,dev,bench]"
	@touch $@

$(BIN)/python:
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || \
		{ echo "dryfit needs Python 3.11 or newer, and $(PYTHON) is not: try make PYTHON=python3.12" >&2; exit 2; }
	$(PYTHON) -m venv $(VENV)
