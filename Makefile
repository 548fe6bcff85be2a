# Everything that a person or CI does with this repository. `make help` lists it.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
INSTALLED := $(VENV)/.installed
NODE_MODULES := examples/node_modules/.package-lock.json
PYTEST := $(BIN)/python -m pytest -n auto
CASE := examples/tic_tac_toe

.DEFAULT_GOAL := help
.PHONY: help demo test lint types imports unit nightly bench deps setup lock generate clean

help: ## List the targets
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | awk -F ':.*## ' '{printf "%-10s %s\n", $$1, $$2}'

demo: setup ## Replay the seed's Tic-Tac-Toe from a log, with the state at every step
	$(BIN)/channels inspect $(CASE)/tic_tac_toe.wasm --no-code
	@echo
	$(BIN)/channels run $(CASE)/tic_tac_toe.wasm $(CASE)/x_wins.jsonl --rows $(CASE)/rows.json
	@echo
	$(BIN)/channels run $(CASE)/tic_tac_toe.wasm $(CASE)/refused.jsonl --rows $(CASE)/rows.json
	@echo
	$(BIN)/channels trace $(CASE)/tic_tac_toe.wasm $(CASE)/x_wins.jsonl --rows $(CASE)/rows.json --every 97

test: lint types imports unit ## Run every check (needs Node for the tests that rebuild examples)

setup: $(INSTALLED)

$(INSTALLED): requirements.lock pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	touch $@

$(NODE_MODULES): examples/package-lock.json
	@if command -v npm >/dev/null; then npm ci --prefix examples --silent --no-audit --no-fund; \
	else echo "npm is not here: the tests that rebuild examples will be skipped"; fi

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

bench: setup ## Measure the machine beside its peers
	$(BIN)/python -m bench.machine

deps: ## Install what comes from apt (Node, Rust; wabt for the benchmark), as root
	command -v npm >/dev/null || { apt-get update && apt-get install --yes nodejs npm; }
	{ test -x /usr/bin/rustc && command -v wasm-ld-14; } >/dev/null || { apt-get update \
		&& apt-get install --yes --no-install-recommends rustc libstd-rust-dev-wasm32 lld-14; }
	command -v wasm-interp >/dev/null || { apt-get update && apt-get install --yes wabt; }

generate: setup ## Write the generated parts of docs and golden files anew
	$(BIN)/python -m tools.generate

lock: ## Pin all dependencies anew
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check pip-tools
	$(BIN)/pip-compile --quiet --strip-extras --extra dev --all-build-deps --allow-unsafe --no-header \
		--no-emit-index-url --no-emit-find-links --no-emit-trusted-host --no-annotate \
		--output-file requirements.lock pyproject.toml

clean: ## Remove what the targets made
	rm -rf $(VENV) examples/node_modules .mypy_cache .ruff_cache .pytest_cache .hypothesis
