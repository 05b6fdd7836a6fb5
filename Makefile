# Everything runs in .venv, which is made when absent and filled anew only when the pinned requirements changed.
PYTHON ?= python3
PORT ?= 8000
ARGS ?=
VENV := .venv
BIN := $(VENV)/bin
export PORT

# Each process has a browser and servers of its own, and waits for them now and then: there is one more than cores, up to
# four. The real control plane is one for all.
PROCESSES = $(shell $(BIN)/python -c "import os; print(min((os.cpu_count() or 1) + 1, 4))")
PARALLEL = --numprocesses $(PROCESSES) --dist worksteal

# The tests start Python many times over: each time it would compile anew what it may not keep compiled.
TEST := env -u PYTHONDONTWRITEBYTECODE $(BIN)/python -m
PYTEST := $(TEST) pytest -p tests.lint.no_skips

.DEFAULT_GOAL := help
.PHONY: help demo run test test-cluster lint format bench cluster cluster-load cluster-stop requirements venv venv-dev

help: ## list what can be made
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-13s %s\n", $$1, $$2 }' Makefile
	@echo "PORT (default 8000) is the port of demo and run; PYTHON (default python3) is 3.11 or newer."

demo: venv ## serve Porthole over a living demo cluster; needs no Kubernetes
	@exec $(BIN)/python manage.py demo

run: venv ## serve Porthole over your current kubeconfig, for you alone
	@exec $(BIN)/python manage.py serve

test: venv-dev ## all tests that need no control plane (ARGS="-k pods" narrows them down)
	$(PYTEST) -m "not cluster" $(PARALLEL) $(ARGS)
	$(if $(ARGS),,$(TEST) tests.postgresql -- $(PYTEST) -m store)

test-cluster: venv-dev ## the tests on a real control plane (built by Go on the first run: about 20 minutes)
	$(PYTEST) -m cluster $(ARGS)

lint: venv-dev ## style, types, import rules, migrations, Django's checks
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/lint-imports
	$(BIN)/python manage.py makemigrations --check --dry-run
	$(BIN)/python manage.py check --fail-level WARNING

format: venv-dev ## let ruff repair what it can
	$(BIN)/ruff check --fix .
	$(BIN)/ruff format .

bench: venv-dev ## print the figures of the budgets
	$(BIN)/python -m tests.bench $(ARGS)

cluster: venv-dev ## leave a real control plane running and print its kubeconfig
	$(BIN)/python -m tests.cluster start $(ARGS)

cluster-load: venv-dev ## put 10,000 pods into it
	$(BIN)/python -m tests.cluster load $(ARGS)

cluster-stop: venv-dev ## stop it
	$(BIN)/python -m tests.cluster stop $(ARGS)

COMPILE := $(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes \
	--custom-compile-command "make requirements"

requirements: venv-dev ## pin anew from requirements*.in (ARGS=--upgrade for newer versions)
	$(COMPILE) $(ARGS) requirements.in --output-file requirements.txt
	$(COMPILE) $(ARGS) requirements-postgresql.in --output-file requirements-postgresql.txt
	$(COMPILE) $(ARGS) requirements-dev.in --output-file requirements-dev.txt

venv:
	@$(call install,requirements.txt)

venv-dev:
	@$(call install,requirements-dev.txt)

# A copy of the file that was installed last is the stamp: a clone or a checkout changes times, not content.
define install
$(check_python); \
cmp -s $(1) $(VENV)/$(1) || { \
	echo "Setting up $(VENV) from $(1), once: about half a minute."; \
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r $(1) && cp $(1) $(VENV)/$(1); }
endef

# An interpreter that was uninstalled leaves a .venv that cannot start: it is made anew.
define check_python
set -e; \
$(BIN)/python -c "" 2>/dev/null || { \
	$(PYTHON) -c "" || { echo "$(PYTHON) cannot be started: name a Python 3.11 or newer, as in: make demo PYTHON=python3.12" >&2; exit 1; }; \
	$(PYTHON) -c "import sys; sys.exit(sys.version_info < (3, 11))" || { \
		echo "Porthole needs Python 3.11 or newer, and $(PYTHON) is $$($(PYTHON) --version 2>&1): name another, as in: make demo PYTHON=python3.12" >&2; \
		exit 1; }; \
	rm -rf $(VENV); \
	$(PYTHON) -m venv $(VENV) || { rm -rf $(VENV); exit 1; }; }
endef
