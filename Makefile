# Two commands matter: `make run` (the main job on a synthetic region) and `make test` (everything that proves it).
# Both start from a machine with make and a Python from 3.11 to 3.14 (README). The environment lives in .venv; what the commands
# write, in var/. Recipes are lines of sh that stop by themselves: make 3.81, of macOS, knows no .SHELLFLAGS.

.DEFAULT_GOAL := help
VENV := .venv
BIN := $(VENV)/bin
ARGS ?=

# No tool talks to anyone (the same switches are set in orchestration/__init__.py for whoever calls dlnuf directly).
export DO_NOT_TRACK := 1
export DBT_SEND_ANONYMOUS_USAGE_STATS := false
export GX_ANALYTICS_ENABLED := false
export DAGSTER_DISABLE_TELEMETRY := 1
export STREAMLIT_BROWSER_GATHER_USAGE_STATS := false
export PYRIGHT_PYTHON_IGNORE_WARNINGS := 1
# Nor does another Python's environment come into ours.
unexport PYTHONPATH PYTHONHOME PYTHONSTARTUP VIRTUAL_ENV

.PHONY: help run test fuzz kills rounds bench sessions lint sql types format site install chromium dagster dashboard lock clean

help:  ## this list
	@grep -hE '^[a-z]+:.*##' $(MAKEFILE_LIST) | sed -E 's/^([a-z]+):[^#]*## /\1\t/' | expand -t 14

run: install  ## install, then generate, run and publish a synthetic region
	@$(BIN)/dlnuf demo $(ARGS)

test: install chromium lint types  ## lint, types and every test
	@$(BIN)/pytest -n auto --dist loadfile --no-loadscope-reorder $(ARGS)

fuzz: install  ## an hour of changed deliveries of every source (ARGS="--seconds 60"): what harms a reader is kept in build/fuzz
	@$(BIN)/python -m tests.fuzz $(ARGS)

kills: install  ## a hundred kills at random moments of a département with persons, an hour (ARGS="--kills 20"): the same end each time
	@$(BIN)/python -m tests.kills $(ARGS)

rounds: install  ## a thousand forms of a region given out, delivered back and run (ARGS="--esms 30"): not a cell differs
	@$(BIN)/python -m tests.rounds $(ARGS)

bench: install  ## measure a département, a region and the country (an hour, 10 GB in TMPDIR), and write the report
	@$(BIN)/dlnuf bench --out docs/benchmarks/annee-nationale.md $(ARGS)

sessions: install  ## measure how fast the pages answer over var/, and the memory of the server with 50 sessions (two minutes)
	@$(BIN)/python -m dashboards.sessions $(ARGS)

lint: install
	@$(BIN)/ruff check .
	@$(BIN)/ruff format --check .

sql: install  ## check the style of the SQL of dbt_project (a minute; a commit checks what it changes)
	@$(BIN)/sqlfluff lint dbt_project/models dbt_project/tests

types: install
	@$(BIN)/pyright

format: install  ## rewrite the code in its style
	@$(BIN)/ruff check --fix-only --quiet .
	@$(BIN)/ruff format .

site: install  ## build the documentation site in build/site, to be read without a server
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --config-file .ci/mkdocs.yml

dagster: install  ## the Dagster interface on http://127.0.0.1:3000
	@exec $(BIN)/python -m orchestration.service -h 127.0.0.1 -p 3000 -m orchestration.definitions

dashboard: install  ## the dashboard on http://127.0.0.1:8501
	@$(BIN)/dlnuf dashboard

# Does nothing when the environment is what requirements.lock says.
install:
	@sh .ci/install "$(VENV)"

chromium:
	@sh .ci/chromium

lock:  ## recompute requirements.lock from the pins of pyproject.toml, for every Python (needs uv, as nothing else does)
	@uv --version >/dev/null 2>&1 || { echo "make lock a besoin de uv : pip install uv, dans un environnement à part" >&2; exit 2; }
	uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-header --output-file requirements.lock --quiet
	@! grep -n '://' requirements.lock || { echo "requirements.lock nomme un hôte : il ne doit pas" >&2; exit 1; }

clean:  ## remove the environment, the caches and everything in var/
	rm -rf $(VENV) var .pytest_cache .ruff_cache .hypothesis *.egg-info build dist
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
