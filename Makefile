# Two commands do all the set-up: `make demo` and `make test`.
PYTHON ?= python3
BIN := .venv/bin
DIGEST := $(BIN)/digest

.PHONY: demo lint test test-system cover night bench docs words screens clean

demo: .venv/installed digest.key
	@test -e digest.db || $(DIGEST) render demo --out preview/sent
	$(DIGEST) send demo
	@echo "Each file is a mail: any mail program opens it."
	@test ! -e preview/sent/index.html || echo "A browser opens the same edition as a page: preview/sent/index.html"

lint: .venv/tested
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy

test: lint
	$(BIN)/pytest -n 2 --ignore=tests/system --ignore=tests/night

test-system: .venv/tested
	$(BIN)/pytest tests/system

# The same as `test`, with what it leaves untouched; takes half as long again.
cover: .venv/tested
	$(BIN)/pytest -n 2 --ignore=tests/system --ignore=tests/night --cov --cov-report=term:skip-covered

# Hours of kills and power cuts; run by hand.
night: .venv/tested
	$(BIN)/pytest tests/night -s --timeout=0

bench: .venv/tested
	for each in benchmarks/[a-z]*.py; do $(BIN)/python $$each || exit 1; done

screens: .venv/tested
	PYTHONPATH=tests $(BIN)/python -m system.screens

# The words said in templates and code -> src/digest/words/*.po; then translate what is new there.
words: .venv/tested
	PYTHONPATH=tests $(BIN)/python -m words.catalogue

docs: .venv/installed
	$(BIN)/python docs/generate.py

.venv/installed: pyproject.toml requirements.lock
	$(PYTHON) -m venv .venv
	$(BIN)/pip install --quiet --constraint requirements.lock --editable .
	touch $@

.venv/tested: .venv/installed
	$(BIN)/pip install --quiet --constraint requirements.lock --editable '.[test]'
	touch $@

digest.key:
	$(BIN)/python -c 'from pathlib import Path; from digest.core.tokens import make_key; make_key(Path())'

clean:
	rm -rf .venv
