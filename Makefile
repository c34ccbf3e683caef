# Patron's commands. Needs Python >= 3.11 and make; everything else is installed into .venv.
.DEFAULT_GOAL := help
SHELL := /bin/sh
.PHONY: help setup up test test-fast coverage format docs sbom screenshots check check-clients bench chaos test-kafka lock clean

# The first interpreter that is new enough; `make PYTHON=/path/to/python setup` overrides it.
PYTHON ?= $(shell for p in python3 python3.13 python3.12 python3.11; do \
	$$p -c 'import sys; raise SystemExit(sys.version_info < (3, 11))' 2>/dev/null && echo $$p && break; done)
VENV := .venv
RUN := $(VENV)/bin/python
READY := $(VENV)/.ready
# Workers for the tests: `make test JOBS=0` runs them in one process.
JOBS ?= 2
ARGS ?=

help: ## this list
	@grep -hE '^[a-z-]+:.*## ' Makefile | awk -F ':.*## ' '{printf "  make %-13s %s\n", $$1, $$2}'

setup: $(READY) ## only set up: the environment in .venv
	@:

$(READY): requirements.lock pyproject.toml
	@test -n "$(PYTHON)" || { echo "Patron needs Python 3.11 or newer: install it, or say make PYTHON=/path/to/python3.11 $(MAKECMDGOALS)"; exit 1; }
	@echo "setup: environment in $(VENV) with $(PYTHON) (once; about a minute)"
	@test -x $(RUN) || $(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); \
		echo "Python's venv module is incomplete: install it (Debian and Ubuntu: apt install python3-venv) and try again"; exit 1; }
	@$(RUN) -m tools.setup
	@touch $(READY)
	@echo "setup: done"

up: setup ## set up, start the whole system, load the demo the first time; Ctrl-C stops it
	@$(VENV)/bin/patron up $(ARGS)

test: setup ## the whole test suite, on real Postgres and a real Kafka protocol
	@# bytecode is kept even where Python is told not to: a hundred processes are started that would compile everything
	PYTHONDONTWRITEBYTECODE= $(RUN) -m pytest -n $(JOBS) --dist worksteal -m "not chaos" $(ARGS)

# folders in which nothing is pure: they start programs, or read the whole project
NOT_FAST := architecture bench contract demo deploy docs embedded end_to_end journeys reliability security verify

test-fast: setup ## the pure tests, property tests left out: no database, nothing started, under 20 s
	@PYTHONDONTWRITEBYTECODE= $(RUN) -m pytest -q -n 0 -m "pure and not hypothesis" $(NOT_FAST:%=--ignore=tests/%) $(ARGS)

coverage: setup ## branches of every domain/ that its pure tests take, with a floor
	@$(RUN) -m tools.branch_coverage $(ARGS)

format: setup ## lay out every file, and mend what lint can mend by itself
	@$(RUN) -m ruff check --fix --quiet . || true
	@$(RUN) -m ruff format .

docs: setup ## renew what pages take from the code: contracts, copied code, which rules have tests
	@$(RUN) -m tools.contracts
	@$(RUN) -m tools.doc_snippets
	@$(RUN) -m tools.domain_coverage

sbom: setup ## what Patron is made of, in CycloneDX: build/patron.cdx.json
	@$(RUN) -m tools.sbom

screenshots: setup ## renew the pictures of the desk, from a running system with the demo; needs Chromium
	@$(RUN) -m tools.screenshots $(ARGS)

check: setup ## format, lint, types, import rules, contracts, generated clients, secrets
	@$(RUN) -m tools.check; checked=$$?; $(RUN) -m tools.clients && exit $$checked

check-clients: setup ## of check only: clients generated from the contract, used on the system
	@$(RUN) -m tools.clients

bench: setup ## the ratios to the limit; make bench ONLY=B1,B3
	@$(RUN) -m bench $(if $(ONLY),--only $(ONLY)) $(ARGS)

chaos: setup ## the long tier of the fault tests
	$(RUN) -m pytest -m chaos $(ARGS)

test-kafka: setup ## the messaging and end-to-end tests on Apache Kafka
	@$(RUN) -m tools.kafka_tests $(ARGS)

LOCK := $(VENV)/bin/uv pip compile pyproject.toml --generate-hashes --universal --no-emit-index-url \
	--custom-compile-command "make lock" --quiet

lock: setup ## renew the lock files after a change of pyproject.toml
	@$(LOCK) --all-extras --output-file requirements.lock
	@# what the image needs: the base dependencies alone, with the same pins
	@$(LOCK) --constraints requirements.lock --output-file deploy/docker/requirements.lock
	@echo "lock: requirements.lock and deploy/docker/requirements.lock renewed; look at the diff"

clean: ## remove the environment and caches (the data in .patron stays)
	rm -rf $(VENV) .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis .tools build dist
	find . -name __pycache__ -type d -not -path './.patron/*' -prune -exec rm -rf {} +
