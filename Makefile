# Assay. `make demo` shows it, `make test` tests it. Both set up .venv first.

# The newest interpreter that really runs; a name on the path may be an empty shim.
PYTHON = $$(for p in python3.13 python3.12 python3.11 python3 python; do \
	"$$p" -c 'import sys, venv, ensurepip; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' \
	2>/dev/null && echo "$$p" && break; done)

# Days of flights in the demo: `blizzard` (the ten around it) or `all`.
DAYS = blizzard

# Processes that share the tests: one more than processors, since many tests wait for others.
TESTERS = $$($(BIN)/python -c 'import os; print((os.cpu_count() or 1) + 1)')

BIN = .venv/bin
READY = .venv/.ready
MLFLOW = .mlflow/.ready
LABELLING = .labelstudio/.ready
INPUTS = requirements-setup.txt requirements-dev.txt include/demo/requirements.txt pyproject.toml

.PHONY: setup mlflow labelling demo demo-labels up down check docs test integration slow test-faults fuzz bench lint types lock ci clean

setup: $(READY)

$(READY): $(INPUTS)
	@$(BIN)/python -c 'import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 13))' 2>/dev/null || { \
	  python="$(PYTHON)"; \
	  if [ -z "$$python" ]; then \
	    echo "Assay needs Python 3.11, 3.12 or 3.13 with its venv module. None was found." >&2; \
	    echo "If you have one in another place: make setup PYTHON=/path/to/python3" >&2; exit 1; fi; \
	  echo "Making .venv with $$("$$python" --version)"; \
	  "$$python" -m venv --clear .venv; }
	@$(BIN)/python -m pip --version >/dev/null 2>&1 || $(BIN)/python -m ensurepip >/dev/null
	@echo "Installing what requirements-dev.txt pins, a few minutes the first time"
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements-setup.txt
	@$(BIN)/uv pip install --quiet --compile-bytecode --python $(BIN)/python --require-hashes -r requirements-dev.txt
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --no-deps --no-build-isolation --editable .
	@$(BIN)/python -m pip download --quiet --disable-pip-version-check --no-deps --ignore-requires-python \
	  --only-binary :all: --require-hashes --dest .cache -r include/demo/requirements.txt
	@touch $(READY)

demo: $(READY)
	@$(BIN)/python -m demo --days $(DAYS)

# MLflow's page, in an environment of its own: it needs older libraries than Assay does.
mlflow: $(MLFLOW)

$(MLFLOW): requirements-mlflow.txt | $(READY)
	@echo "Installing what requirements-mlflow.txt pins"
	@rm -rf .mlflow && $(BIN)/uv venv --quiet --python $(BIN)/python .mlflow
	@$(BIN)/uv pip install --quiet --compile-bytecode --python .mlflow/bin/python --require-hashes \
	  -r requirements-mlflow.txt
	@touch $(MLFLOW)

# A round of labelling in a real Label Studio, with scripted annotators.
demo-labels: $(LABELLING)
	@$(BIN)/python -m demo.labels

# Label Studio, in an environment of its own, for the same reason; 0.8 GB.
labelling: $(LABELLING)

$(LABELLING): requirements-labelstudio.txt | $(READY)
	@echo "Installing what requirements-labelstudio.txt pins"
	@rm -rf .labelstudio && $(BIN)/uv venv --quiet --python $(BIN)/python .labelstudio
	@$(BIN)/uv pip install --quiet --compile-bytecode --python .labelstudio/bin/python --require-hashes \
	  -r requirements-labelstudio.txt
	@touch $(LABELLING)

up: $(READY)
	@$(BIN)/assay up

down: $(READY)
	@$(BIN)/assay down

check: $(READY)
	@$(BIN)/assay check

docs: $(READY)
	@$(BIN)/python -m docgen

test: $(READY)
	$(BIN)/python -m pytest --numprocesses $(TESTERS) --dist worksteal -m "not integration and not slow"

integration: $(READY)
	$(BIN)/python -m pytest -m "integration and not slow"

slow: $(READY)
	$(BIN)/python -m pytest -m slow --ignore=tests/faults

# Kills, full disks, remotes that refuse, hosts that share nothing; takes half an hour.
# ASSAY_FAULT_POINTS sets how many points, ASSAY_FAULT_SEED which ones.
test-faults: $(READY)
	$(BIN)/python -m pytest -s tests/faults

# 10 000 hostile inputs over every parser; ASSAY_FUZZ_SEED starts from another seed.
fuzz: $(READY)
	ASSAY_FUZZ_INPUTS=$${ASSAY_FUZZ_INPUTS:-10000} $(BIN)/python -m pytest tests/attack/fuzz

# Compare the speed of Assay and of other tools; ONLY names one comparison, ROWS its size.
bench: $(READY)
	$(BIN)/python tests/bench $(ONLY) $(if $(ROWS),--rows $(ROWS))

lint: $(READY)
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	PYTHONPATH=plugins $(BIN)/lint-imports

types: $(READY)
	$(BIN)/mypy

# Update the pins to pyproject.toml; pins that still fit are kept.
lock: $(READY)
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate pyproject.toml --output-file requirements.txt
	$(BIN)/uv pip compile --quiet --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-annotate --extra dev pyproject.toml --output-file requirements-dev.txt
	printf 'mlflow==3.17.2\npsycopg2-binary\n' | $(BIN)/uv pip compile --quiet --universal \
	  --python-version 3.11 --generate-hashes --no-header --no-annotate - \
	  --output-file requirements-mlflow.txt
	printf 'label-studio==1.23.2\n' | $(BIN)/uv pip compile --quiet --universal \
	  --python-version 3.11 --generate-hashes --no-header --no-annotate - \
	  --output-file requirements-labelstudio.txt

ci: lint types check test integration

clean:
	rm -rf .venv .mlflow .labelstudio .cache build
