# Everything runs in .venv, which is made from requirements.lock. Needs python3 (3.11 or 3.12), make, git.
PYTHON ?= python3
BIN := .venv/bin
STAMP := .venv/.installed
TESTERS ?= 2
ROADRUNNER ?= $(BIN)/python
export OMP_NUM_THREADS ?= 1

.DEFAULT_GOAL := help
.PHONY: help study test smoke check test-slow test-kill test-faults bench bench-space bench-simulator bench-export bench-panel bench-learning bench-emulator bench-engine bench-tracking bench-smoke bench-surrogates bench-search readme docs quality pictures kernel lock clean

help: ## list the targets
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*## /\t/' | expand -t 14

$(STAMP): requirements.lock pyproject.toml
	@$(PYTHON) -c 'import sys; v = sys.version_info[:2]; sys.exit(0 if (3, 11) <= v <= (3, 12) else "Python 3.11 or 3.12 is needed, this is %d.%d; set PYTHON=python3.11" % v)'
	@test -x $(BIN)/python || $(PYTHON) -m venv .venv
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check "uv>=0.9,<1"
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation -e .
	@$(BIN)/python -m compileall -q formulation models experiments
	@touch $@

study: $(STAMP) ## set up and run the quickstart study
	$(BIN)/formulation run configs/studies/quickstart.yaml

test: $(STAMP) ## set up and run the tests, in TESTERS processes (Ray in one of its own)
	$(BIN)/python -m pytest -n $(TESTERS) --dist loadfile -m "not slow and not kill and not faults and not ray"
	$(BIN)/python -m pytest -m "ray and not slow and not kill and not faults"

smoke: $(STAMP) ## a small search for each delivery system, which must reach what is required of it
	$(BIN)/python -m pytest -m slow tests/experiments/test_smoke_studies.py

check: $(STAMP) ## format, lint, types, layers
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports

test-slow: $(STAMP) ## the tests that take minutes
	$(BIN)/python -m pytest -m "slow and not kill and not faults"

test-kill: $(STAMP) ## SIGKILL the driver at 20 moments; nothing acknowledged may be lost
	$(BIN)/python -m pytest -m kill

test-faults: $(STAMP) ## workers, nodes, disk, locks, clocks and values go wrong; nothing is lost or done twice
	$(BIN)/python -m pytest -m faults

quality: $(STAMP) ## search against random, surrogate against mechanistic
	$(BIN)/python -m tests.bench.quality --out out/quality.json

bench-space: $(STAMP) ## 100,000 designs per delivery system: invalid ones, and the cost of one
	$(BIN)/python -m tests.bench.space --out docs/space.json

bench-surrogates: $(STAMP) ## the learners on public tables; DATA=folder of them LIGHTGBM=python
	$(BIN)/python -m tests.bench.surrogates --out docs/surrogates.json $(if $(DATA),--data $(DATA)) $(if $(LIGHTGBM),--lightgbm $(LIGHTGBM))

bench-emulator: $(STAMP) ## the emulator of absorption on unseen designs: error, order, regret, speed
	$(BIN)/python -m tests.bench.emulator --out docs/emulator.json

bench-engine: $(STAMP) ## the engine of a search: CPU of a trial, a resume, 20,000 evaluations
	$(BIN)/python -m tests.bench.engine --out docs/engine.json

bench-tracking: $(STAMP) ## what MLflow costs: nothing of the search, and so much CPU behind it
	$(BIN)/python -m tests.bench.tracking --out docs/tracking.json

bench-smoke: $(STAMP) ## the five smoke studies with their surrogates at hand: seconds
	$(BIN)/python -m tests.bench.smoke --out docs/smoke.json

bench-search: $(STAMP) ## the model-based search beside its peers; PROBLEMS=search_problems.py
	$(BIN)/python -m tests.bench.search --out docs/search.json $(if $(PROBLEMS),--problems $(PROBLEMS))

bench-simulator: $(STAMP) ## the simulator beside its peers: speed, error, memory; ROADRUNNER=python
	$(BIN)/python -m tests.bench.simulator --out docs/simulator.json --roadrunner $(ROADRUNNER)

bench-export: $(STAMP) ## one exported case by another tool, from its files alone; ROADRUNNER=python
	$(BIN)/python -m tests.bench.export --out out/export.json --roadrunner $(ROADRUNNER)

bench-panel: $(STAMP) ## the published contrasts, row by row
	$(BIN)/python -m tests.bench.panel --out docs/panel.json

bench-learning: $(STAMP) ## error against measured formulations, with the release law and without; TABLE=srmt_long.csv
	$(BIN)/python -m tests.bench.learning_curves --out docs/learning_curves.json $(if $(TABLE),--table $(TABLE)) && $(BIN)/python -m tests.bench.learning_picture docs/learning_curves.json docs/learning_curves.png

docs: $(STAMP) ## the pages, as out/docs/index.html; warnings are errors, and nothing is fetched
	$(BIN)/python -m sphinx -b html -W --keep-going -q -d out/docs-doctrees docs out/docs

readme: $(STAMP) ## the tables of the README and the documents, from their JSON
	$(BIN)/python -m tests.bench.readme

bench: quality bench-space bench-surrogates bench-emulator bench-simulator bench-export bench-panel ## every figure of the README

pictures: $(STAMP) ## the release curves of every system over its main parameter
	$(BIN)/python -m tests.bench.release_picture docs/release.png

kernel: $(STAMP) ## write the simulator's compiled step from its equations
	$(BIN)/python -m models.simulator.codegen

lock: $(STAMP) ## compile requirements.lock from pyproject.toml
	$(BIN)/uv pip compile pyproject.toml --extra dev --universal --python-version 3.11 --generate-hashes --no-emit-index-url --no-annotate --no-header --quiet --output-file requirements.lock

clean: ## remove the environment, caches and the local workspace
	rm -rf .venv .formulation .pytest_cache .mypy_cache .ruff_cache .import_linter_cache out
