# make alone lists the commands.
SHELL := /bin/bash
.SHELLFLAGS := -euo pipefail -c
PYTHON ?= python3
BIN := .venv/bin
# Images of Docker set it, and then each of the hundreds of processes of a test run compiles our modules again.
unexport PYTHONDONTWRITEBYTECODE
# Tests at once.  A third of the time a test waits: for a process that starts, a queue, the disk.  So they are more than two cores.
WORKERS ?= 3
PIN := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header --no-emit-index-url pyproject.toml

.DEFAULT_GOAL := help
.PHONY: help up test coverage lint format bench chaos attack life mutants golden sheet pictures docs plots pins connectors audit

help:  ## list the commands
	@sed -nE 's/^([a-z]+):.*## (.*)/  make \1\t\2/p' $(MAKEFILE_LIST) | expand -t 20

up: .venv/ready  ## set up and run the whole system on this machine
	@exec $(BIN)/mando up

test: .venv/ready  ## set up and run every test; EXCEPT="mandala local/storage" leaves out those of these folders
	@$(BIN)/pytest -n $(WORKERS) --dist worksteal --durations=10 $(addprefix --ignore=tests/,$(notdir $(EXCEPT)))

coverage: .venv/ready  ## show lines and branches that no test runs; ROOMS="mandala local/storage" limits it to these folders
	@rm -rf .coverage && mkdir .coverage
	@$(BIN)/coverage run -m pytest -n $(WORKERS) --dist worksteal $(addprefix tests/,$(notdir $(ROOMS)))
	@$(BIN)/coverage combine --quiet
	@$(BIN)/coverage report $(if $(ROOMS),--include="$$(printf '%s/*,' $(ROOMS))") $(if $(FLOOR),--fail-under=$(FLOOR))

lint: .venv/ready  ## check types, style and format
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .
	@$(BIN)/mypy

format: .venv/ready  ## put the code into our format
	@$(BIN)/ruff format .
	@$(BIN)/ruff check --fix .

bench: .venv/ready  ## measure mando and its peers in turn, and write docs/benchmarks.md; takes at most 45 minutes
	@$(BIN)/python -m bench

chaos: .venv/ready  ## break every call and process, and count the replies
	@$(BIN)/python -m tests.chaos

attack: .venv/ready  ## send 100,000 hostile requests, and check every answer
	@$(BIN)/python -m tests.attack

life: .venv/ready  ## deploy, examine, break and take away a whole project with the real gcloud, on this machine; takes minutes
	@MANDO_LIFE=1 $(BIN)/pytest tests/deploy/test_life.py

mutants: .venv/ready  ## make small mistakes in the code of ROOM (tasks, steps, yaml, …), show those that no test finds
	@$(BIN)/python -m tests.mutants $(ROOM) --seed $(or $(SEED),1) --count $(or $(COUNT),100)

golden: .venv/ready  ## draw the golden pictures of the tests again; look at them
	@$(BIN)/python -m tests.mandala.golden

sheet: .venv/ready  ## draw the picture in the README again
	@$(BIN)/mando draw --sheet 24 --size 260 mando -o docs/sheet.jpg

pictures: .venv/ready  ## take the pictures of the pages in the README again; look at them
	@$(BIN)/python -m tests.browser.pictures

docs: .venv/ready  ## draw the state machine in docs/architecture.md and the tables in docs/tuning.md again
	@$(BIN)/python -m deploy.diagram
	@$(BIN)/python -m tuning.tables

plots: .venv/ready  ## simulate the outage of docs/tuning.md and of the README, and each form, again; takes minutes
	@$(BIN)/python -m tuning.plots
	@$(BIN)/python -m tuning.forms

pins: .venv/ready  ## pin the dependencies of pyproject.toml
	@$(PIN) --output-file requirements.txt
	@$(PIN) --extra dev --output-file requirements-dev.txt

connectors: .venv/ready  ## update the list of the methods of Google's services
	@$(BIN)/python -m deploy.connectors

audit: .venv/ready  ## check dependencies for known vulnerabilities
	@$(BIN)/python -m deploy.audit

# Rebuilt whenever the pins change.  They name all that is needed; Python compiles what it imports, a part of it.
.venv/ready: requirements-dev.txt pyproject.toml
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "mando needs Python 3.11 or newer; $(PYTHON) is %d.%d (make PYTHON=python3.12 names another)" % sys.version_info[:2])'
	@$(PYTHON) -m venv .venv
	@echo "installing what requirements-dev.txt pins into .venv"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-compile --require-hashes -r requirements-dev.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation --editable .
	@touch $@
