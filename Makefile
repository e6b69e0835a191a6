# Everything on a fresh machine with Python 3.11 and make: `make demo` to see it, `make test` to prove it.
PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
READY  := $(VENV)/.installed

.PHONY: help install demo test check bench burst lock image clean

help:
	@echo "make demo    install, then show the whole thing in the browser: no account, no network"
	@echo "make test    install, then run all tests"
	@echo "make check   formatting, lint, types, import arrows, the rule file, and all tests with coverage"
	@echo "make bench   measure the way of a lead in one run"
	@echo "make burst   300 leads, five SIGKILLs at random moments, one card each; prints its seed"
	@echo "make lock    resolve the dependencies again into the two lock files"

$(READY): requirements-dev.lock pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit("Leadbell needs Python 3.11 or newer, this is " + sys.version.split()[0] + "; try: make PYTHON=python3.11" if sys.version_info < (3, 11) else 0)'
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing (a minute, once) …"
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --require-hashes -r requirements-dev.lock
	@$(BIN)/python -m pip install -qq --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@

install: $(READY)

demo: $(READY)
	@$(BIN)/leadbell demo $(ARGS)

test: $(READY)
	@$(BIN)/python -m pytest -n 6 --dist worksteal $(ARGS)

check: $(READY)
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/leadbell check
	$(BIN)/python -m pytest -n 6 --dist worksteal --cov --cov-report=term:skip-covered

bench: $(READY)
	@$(BIN)/python -m benchmarks $(ARGS)

burst: $(READY)
	@$(BIN)/python -m tests.story.burst $(ARGS)

lock: $(READY)
	$(BIN)/uv pip compile pyproject.toml --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements.lock
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --quiet --output-file requirements-dev.lock

image:
	docker build --tag leadbell .

clean:
	rm -rf $(VENV) dist build .mypy_cache .ruff_cache .hypothesis .coverage
