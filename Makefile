# The few orders of this repository. `make` alone lists them.
# Both `run` and `test` first install what is missing: see provisioning/install/README.md.

SHELL := /bin/bash
PYTHON := .venv/bin/python
.DEFAULT_GOAL := help
.PHONY: help run install install-server test fuzz conformance check format lock

help: ## this list
	@sed -n 's/^\([a-z-]*\):.*## /  make \1	/p' $(MAKEFILE_LIST)

run: ## install what is missing, then open the rehearsal school on this machine (Ctrl-C stops it)
	@provisioning/install/install.sh run
	@exec $(PYTHON) -m provisioning rehearsal

install: ## make this machine ready to become a room's box (as root; starts nothing before enrolment)
	@provisioning/install/install.sh box
	@provisioning/systemd/install_box.sh

install-server: ## make this machine ready for authority, central broker and central (as root; starts nothing)
	@provisioning/install/install.sh server
	@provisioning/systemd/server/install_server.sh

test: ## install what is missing, then run every check and every test
	@provisioning/install/install.sh test
	@$(MAKE) --no-print-directory check
	@$(PYTHON) -m pytest

fuzz: ## try every reader of foreign bytes for a minute each with made-up and broken inputs (tests/fuzz)
	@$(PYTHON) -m tests.fuzz

conformance: ## lay the live cases of BSI TR-03105 Part 5.1 and print what came out (tests/conformance)
	@$(PYTHON) -W ignore::DeprecationWarning -m tests.conformance

check: ## the checks that run no program of ours: ruff, mypy, import contracts
	@.venv/bin/ruff check .
	@.venv/bin/ruff format --check .
	@.venv/bin/mypy
	@.venv/bin/lint-imports

format: ## lay out the code as `make check` wants it
	@.venv/bin/ruff check --fix .
	@.venv/bin/ruff format .

lock: ## choose new versions of all libraries and write the three lock files (needs the package index)
	@provisioning/install/write_locks.sh
