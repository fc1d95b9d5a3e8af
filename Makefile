# Two commands do everything on a machine with Python 3.11+ and make: `make run`, `make test`.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip install --quiet --quiet --disable-pip-version-check
ROOMS := bot classifier console handlers helpdesk mail regimes sandbox templates tickets vault
LOCK := uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--no-emit-index-url --no-header --extra languages --extra sandbox
export OPENBLAS_NUM_THREADS := 1
export OMP_NUM_THREADS := 1
unexport PYTHONDONTWRITEBYTECODE # tests start our command hundreds of times: compile it once
PYTEST := $(BIN)/python -m pytest -n 3 --dist load --maxschedchunk 1

.DEFAULT_GOAL := help
.PHONY: help install install-dev run test wire quick lint fmt types imports migrations letters \
	wheel train lock check clean

help: ## Show what there is
	@grep -hE '^[a-z-]+:.*## ' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | \
		while IFS="$$(printf '\t')" read -r name what; do printf '  %-12s %s\n' "$$name" "$$what"; done

install: $(VENV)/installed ## Set up .venv with the command .venv/bin/helpdesk

$(VENV)/installed: requirements.lock pyproject.toml
	@test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	@echo "Installing what helpdesk needs into $(VENV) …"
	@$(PIP) --require-hashes -r requirements.lock
	@$(PIP) --no-deps --no-build-isolation --editable .
	@touch $@

install-dev: $(VENV)/installed-dev ## Add what tests and checks need

$(VENV)/installed-dev: $(VENV)/installed requirements-dev.lock
	@echo "Installing what tests and checks need …"
	@$(PIP) --require-hashes -r requirements-dev.lock
	@touch $@

run: install ## Run: on config.toml if there is one, else in the sandbox
	@if [ -f config.toml ]; then exec $(BIN)/helpdesk serve; else exec $(BIN)/helpdesk sandbox; fi

test: install-dev ## Run every test
	$(PYTEST)

quick: install-dev ## Run the tests that need no real server
	$(PYTEST) -m "not wire"

wire: install-dev ## Run the tests against real servers only
	$(PYTEST) -m wire

fmt: install-dev ## Format
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix --quiet .

lint: install-dev ## Check style
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .

types: install-dev ## Check types
	$(BIN)/mypy

imports: install-dev ## Check which room imports which
	$(BIN)/lint-imports

migrations: install-dev ## Fail if models and migrations differ
	@$(BIN)/tortoise makemigrations
	@git diff --exit-code -- tickets/migrations
	@test -z "$$(git ls-files --others --exclude-standard tickets/migrations)"

letters: install ## Write every letter in every language into letters/, for reading
	$(BIN)/python -m helpdesk.letters letters

wheel: install-dev ## Build a wheel and look inside
	$(BIN)/python -m pytest tests/helpdesk/test_packaging.py

train: install-dev ## Train the classifier anew: the finer questions, then the reader
	$(BIN)/python -m classifier.train_questions
	$(BIN)/python -m classifier.train

lock: ## Resolve the hashed lock files anew (needs uv)
	$(LOCK) --group install pyproject.toml -o requirements.lock
	$(LOCK) --group dev -c requirements.lock pyproject.toml -o requirements-dev.lock

check: lint types imports migrations test ## Everything; what a change must pass

clean: ## Remove what was built; data/ stays
	rm -rf $(VENV) build dist .mypy_cache .pytest_cache .ruff_cache .import_linter_cache
