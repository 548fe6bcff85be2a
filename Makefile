# Everything that a person or CI does with this repository. `make help` lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
NODE_FOLDERS := examples solidity/compiler conformance/implementations/javascript bench/sql/pglite
NODE_MODULES := $(NODE_FOLDERS:%=%/node_modules/.package-lock.json)
PYTEST := $(BIN)/python -m pytest -n auto
CASE := examples/tic_tac_toe

.DEFAULT_GOAL := help
.PHONY: help demo test lint types imports unit nightly bench deps setup contracts vectors lock generate \
	clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-10s %s\n", $$1, $$2}'

demo: setup ## Replay the seed's Tic-Tac-Toe from a log, state by state, and play a dispute about it
	$(BIN)/channels inspect $(CASE)/tic_tac_toe.wasm --no-code
	@echo
	$(BIN)/channels run $(CASE)/tic_tac_toe.wasm $(CASE)/x_wins.jsonl --rows $(CASE)/rows.json
	@echo
	$(BIN)/channels run $(CASE)/tic_tac_toe.wasm $(CASE)/refused.jsonl --rows $(CASE)/rows.json
	@echo
	$(BIN)/channels trace $(CASE)/tic_tac_toe.wasm $(CASE)/x_wins.jsonl --rows $(CASE)/rows.json --every 97
	@echo
	$(BIN)/channels dispute $(CASE)/tic_tac_toe.wasm $(CASE)/x_wins.jsonl --rows $(CASE)/rows.json --step 155

test: lint types imports unit ## Run every check (needs Node for the tests that compile examples and contracts)

setup: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(NODE_MODULES): %/node_modules/.package-lock.json: %/package-lock.json
	@if command -v npm >/dev/null; then npm ci --prefix $* --silent --no-audit --no-fund; \
	else echo "npm is not here: the tests that need it for $*/ will be skipped"; fi

lint: setup
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .

types: setup
	$(BIN)/mypy

imports: setup
	$(BIN)/lint-imports

unit: setup $(NODE_MODULES)
	$(PYTEST) -m "not nightly"

nightly: setup $(NODE_MODULES) ## Run the long forms of the tests too
	HYPOTHESIS_PROFILE=nightly $(PYTEST)

bench: setup ## Measure everything beside the peers and draw docs/benchmarks anew
	$(BIN)/python -m bench.report

deps: ## Install what comes from apt (Node, Rust, Chromium, PostgreSQL; wabt for the benchmark), as root
	command -v npm >/dev/null || { apt-get update && apt-get install --yes nodejs npm; }
	{ test -x /usr/bin/rustc && command -v wasm-ld-14; } >/dev/null || { apt-get update \
		&& apt-get install --yes --no-install-recommends rustc libstd-rust-dev-wasm32 lld-14; }
	command -v chromium >/dev/null || { apt-get update \
		&& apt-get install --yes --no-install-recommends chromium fonts-dejavu-core; }
	ls /usr/lib/postgresql/*/bin/initdb >/dev/null 2>&1 || { apt-get update \
		&& apt-get install --yes --no-install-recommends postgresql; }
	command -v wasm-interp >/dev/null || { apt-get update && apt-get install --yes wabt; }

vectors: setup ## Fill the smoke vectors, and publish their schemas and tables
	$(BIN)/python -m conformance.publish

generate: setup ## Write the generated parts of docs and golden files anew
	$(BIN)/python -m tools.generate

contracts: setup $(NODE_MODULES) ## Compile the contracts and write their artifacts (needs Node)
	$(BIN)/python -m solidity.compile

lock: ## Pin all dependencies anew
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-tools
	$(BIN)/pip-compile --quiet --strip-extras --extra dev --all-build-deps --allow-unsafe --no-header \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-annotate \
		--output-file requirements.lock pyproject.toml

clean: ## Remove what the targets made
	rm -rf $(VENV) $(NODE_FOLDERS:%=%/node_modules) .mypy_cache .ruff_cache .pytest_cache .hypothesis
