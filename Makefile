# Everything that a developer or an evaluating municipality types. Needs Python 3.11+, make and a package registry.
SHELL := /bin/sh
.DEFAULT_GOAL := help
.PHONY: help setup pages demo test quick samba chromium java-start check bench sbom new-source new-target clean

# The first Python on the PATH that is new enough (a Mac's own python3 is too old).
PYTHON ?= $(shell for name in python3 python3.14 python3.13 python3.12 python3.11 python; do \
	if $$name -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then command -v $$name; break; fi; done)
BIN := .venv/bin
TOOLS := .cache/tools
# uv from the PATH, or one of our own that setup installs.
UV := $(shell command -v uv 2>/dev/null || echo $(TOOLS)/bin/uv)
STAMP := .venv/.synchronised

help: ## show this list
	@grep -E '^[a-z-]+:.*##' Makefile | sed 's/:.*##/\t/' | expand -t 12

setup: $(STAMP) ## make .venv with .venv/bin/reconnect

$(STAMP): pyproject.toml uv.lock
	@test -n "$(PYTHON)" || { echo "REConnect needs Python 3.11 or newer; none was found on the PATH." >&2; exit 1; }
	@if ! command -v "$(UV)" >/dev/null 2>&1; then \
		$(PYTHON) -m venv $(TOOLS) && $(TOOLS)/bin/python -m pip install --quiet --disable-pip-version-check uv; fi
	UV_PYTHON_DOWNLOADS=never UV_COMPILE_BYTECODE=1 $(UV) sync --locked --python "$(PYTHON)"
	@touch $(STAMP)

pages: setup ## build the pages of ui, if they are others than they were
	@$(BIN)/python -m tools.pages

demo: pages ## sample municipality: servers up, payroll imported, a target supplied
	$(BIN)/reconnect demo

check: setup ## formatting, lint, types, import contracts
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports

# Samba and Chromium first: where they can't be installed, that is said before anything takes long. Then what waits for
# other things than a core half of its time.
test: samba chromium setup ## check, then every test against real servers
	@$(MAKE) --no-print-directory -j3 check pages java-start
	UV=$(UV) $(BIN)/pytest -n 2 --dist loadfile --no-loadscope-reorder

# Read when make begins: the tests get the time that the checks leave.
quick: export QUICK_BEGAN := $(shell date +%s)
quick: check ## check, then the tests nearest to a change, in two minutes: make quick [SINCE=REVISION]
	$(BIN)/python -m tools.quick $(SINCE)

samba: ## what the tests' Active Directory needs: installed on Debian and Ubuntu as root, else said
	@tools/install_samba.sh

chromium: ## what the tests of the pages need: installed on Debian and Ubuntu as root, else said
	@tools/install_chromium.sh

# Where it can't be kept, the tests are slower and the same.
java-start: setup ## keep what Java learns at a start of Neo4j: each start of the tests costs half
	-@$(BIN)/python -m tests.java_start

bench: setup ## speed as ratios; a table, and JSON in benchmarks/results
	$(BIN)/python -m benchmarks

sbom: setup ## bill of materials (CycloneDX) in dist/sbom.json, from the locks
	UV=$(UV) $(BIN)/python -m tools.bill_of_materials dist/sbom.json

new-source: setup ## a source that works, to go on from: make new-source NAME="Silkeborg Data"
	@$(BIN)/python -m tools.skeleton source "$(NAME)"

new-target: setup ## a target that works, to go on from: make new-target NAME=Vagtplan [KIND=objects]
	@$(BIN)/python -m tools.skeleton target "$(NAME)" $(if $(KIND),--kind "$(KIND)")

clean: ## stop the embedded servers of this folder and remove what was made here
	@if [ -x $(BIN)/reconnect ] && [ -d .reconnect ]; then RECONNECT_HOME=.reconnect $(BIN)/reconnect down; fi
	rm -rf .venv .reconnect .cache .mypy_cache .ruff_cache .pytest_cache .import_linter_cache .hypothesis
	rm -rf ui/node_modules ui/.svelte-kit ui/build ui/.lock api/http/pages/built
