# Everything made here lies below .local. Needed: Python 3.11 or newer with venv, git, make, and a package index.

PYTHON ?= python3
BIN := .local/venv/bin
INSTALLED := .local/venv/installed
CORPUS ?= ../shared/corpus
SEED ?=
JOBS ?= 4
KILLS ?= 10

export PYTHONPYCACHEPREFIX := $(CURDIR)/.local/cache/pycache

.DEFAULT_GOAL := help
.PHONY: help demo dev test check bench chaos train lock clean venv browser

help: ## what can be made
	@grep -hE '^[a-z]+:.*## ' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):.*## /  make \1\t/' | expand -t 16

demo: venv browser ## start everything, buy 50 listings as a customer does, audit what came of it
	@$(BIN)/directorybolt local demo

dev: venv browser ## start everything and leave it running
	@$(BIN)/directorybolt local up

test: venv browser ## every test
	@$(BIN)/pytest -n 3 --dist loadfile

check: venv ## style, types, and which room may import which
	@$(BIN)/ruff check
	@$(BIN)/ruff format --check
	@$(BIN)/mypy
	@$(BIN)/lint-imports

bench: venv browser ## the figures
	@$(BIN)/python -m tests.bench

chaos: venv browser ## break the real parts at random and audit the books (SEED=… JOBS=20 KILLS=60)
	@$(BIN)/python -m tests.chaos $(if $(SEED),--seed $(SEED)) --jobs $(JOBS) --kills $(KILLS)

train: venv browser $(INSTALLED)-train ## fit the mapper's weights to labelled forms (CORPUS=../shared/corpus)
	@[ -d "$(CORPUS)" ] || { echo "There are no labelled forms in $(CORPUS): say where, make train CORPUS=…" >&2; exit 2; }
	@$(BIN)/python -m tests.corpus.fit $(addprefix $(CORPUS)/,duckduckgo formasaurus listings)

lock: venv ## compile the requirements files from pyproject.toml
	@$(BIN)/python -m deploy.local.packages lock

clean: ## remove .local, unless a stack runs on it
	@if [ -f .local/stack.lock ]; then $(PYTHON) -c \
		'import fcntl; fcntl.flock(open(".local/stack.lock"), fcntl.LOCK_EX | fcntl.LOCK_NB)' 2>/dev/null \
		|| { echo "A stack runs on .local (process $$(cat .local/stack.lock)): stop it first." >&2; exit 1; }; fi
	@# As root below a closed folder, PostgreSQL keeps its data where such a link leads.
	@[ ! -d .local ] || find .local -path .local/venv -prune -o -name elsewhere -type l \
		-exec sh -c 'rm -rf "$$(readlink "$$1")"' sh {} \;
	@rm -rf .local

venv: $(INSTALLED)

browser: venv
	@$(BIN)/python -m deploy.runtime.browser_path --install >/dev/null

$(INSTALLED): pyproject.toml requirements-bootstrap.txt requirements-dev.txt
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' \
		|| { echo "Python 3.11 or newer is needed; choose one with \`make PYTHON=python3.12 …\`." >&2; exit 1; }
	@$(PYTHON) -c 'import venv, ensurepip' 2>/dev/null \
		|| { echo "Python's venv is missing: install it (Debian, Ubuntu: apt-get install python3-venv)." >&2; exit 1; }
	@echo "Installing the requirements into .local/venv"
	@$(PYTHON) -m venv .local/venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-bootstrap.txt
	@$(BIN)/python -m deploy.local.packages install
	@touch $@

$(INSTALLED)-train: $(INSTALLED) requirements-train.txt
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-train.txt
	@touch $@
