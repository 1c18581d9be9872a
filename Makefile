# Everything one does here, by name. `make` alone lists it. Needs Python 3.11 or newer with pip, nothing else.
#
#   PYTHON=...             the interpreter to take, instead of the newest one of 3.11 to 3.14 that is found
#   HOST, PORT, DATA_DIR   where `make run` listens and keeps its data (var/)
#   ARGS=...               passed on to pytest, the benchmarks, the rows or the lock

.DEFAULT_GOAL := help
.PHONY: help run bench bench-setup test setup services services-stop test-services rows lock browser fmt clean \
	proof check check-format check-lint check-types check-contracts check-docs check-package

HOST ?= 127.0.0.1
PORT ?= 8000
VENV ?= .venv
export VENV

BIN := $(VENV)/bin
BENCH := .tools/venv-bench

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-15s %s\n", $$1, $$2 }' Makefile

# Checks are left to the last command: they load every view, and a second start should be quick.
run: ## Install, migrate, load the demo and serve it on HOST:PORT
	@scripts/bootstrap run
	@$(BIN)/python manage.py migrate --no-input --verbosity 0 --skip-checks
	@$(BIN)/python manage.py demo --skip-checks --address "http://$(HOST):$(PORT)"
	@exec $(BIN)/python manage.py serve --host "$(HOST)" --port "$(PORT)"

test: setup ## Run all tests that need no server
	@scripts/test $(ARGS)

bench: bench-setup ## Measure beside other frameworks (QUICK=1: the main lines in five minutes; ARGS="--peers ...")
	@$(BENCH)/bin/python -m benchmarks $(if $(QUICK),--quick) $(ARGS)

bench-setup:
	@command -v wrk >/dev/null || scripts/apt-install wrk
	@VENV=$(BENCH) scripts/bootstrap bench

setup: ## Make .venv with everything needed to develop
	@scripts/bootstrap dev

check: check-format check-lint check-types check-contracts check-docs check-package ## Check format, lint, types, imports, sizes, docs, locks, wheel

check-format: setup
	$(BIN)/ruff format --check .

check-lint: setup
	$(BIN)/ruff check .

check-types: setup
	$(BIN)/mypy

check-contracts: setup
	$(BIN)/lint-imports --no-logo
	$(BIN)/python scripts/check_sizes.py src bookstore scripts

check-docs: setup
	$(BIN)/python -m pytest -q tests/tooling/test_docs_examples.py

check-package: setup
	$(BIN)/python scripts/check_locks.py
	$(BIN)/python scripts/check_wheel.py

services: setup ## Start PostgreSQL and Redis on loopback, where none of ours runs yet
	@$(BIN)/python -m scripts.services start

services-stop: setup ## Stop the servers that `make services` started
	@$(BIN)/python -m scripts.services stop

test-services: setup ## Run the same tests against PostgreSQL and Redis
	@$(BIN)/python -m scripts.services run scripts/test $(ARGS)

# A quarter of an hour on SQLite, half an hour on PostgreSQL; that: make services, then with the DATABASE_URL that it says.
proof: setup ## Compare plans with the ORM by 20,000 random examples
	@PROOF_EXAMPLES=20000 $(BIN)/python -m pytest -q tests/plans/test_equivalence.py tests/plans/test_own_rows.py tests/drf/reading/test_equivalence.py tests/bolt/engine/test_planned.py $(ARGS)

rows: setup ## Print what Ironbolt must do, row by row, with the tests that prove it
	@$(BIN)/python scripts/rows.py $(ARGS)

lock: ## Compile requirements/*.txt anew (ARGS=--upgrade for the newest versions)
	@scripts/lock $(ARGS)

browser: ## Install Debian's chromium for the browser tests, where it is missing
	@command -v chromium >/dev/null || scripts/apt-install chromium

fmt: setup ## Format the code and mend what ruff can mend
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

clean: ## Remove the environment, tools and caches; data under var/ stays
	@rm -rf .venv .tools dist .mypy_cache .ruff_cache .pytest_cache .hypothesis .import_linter_cache .schemathesis
	@find . -name __pycache__ -type d -prune -exec rm -rf {} +
