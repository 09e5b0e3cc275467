# Two commands do all set-up on a machine with Python 3.11+ and make: `make demo` and `make test`.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SBOM   := sbom.json
PIP    := $(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes

.PHONY: help demo test check format docs lock faults bench soak coverage mutants audit sbom clean

help:  ## Say what there is
	@awk -F ':.*## ' '/^[a-z]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/run.stamp  ## Audit a small made-up world twice, and show what people would be told
	$(BIN)/python -m auditor demo

test: $(VENV)/dev.stamp  ## Pass the tests; what a missing browser or Node leaves out is said loudly
	$(BIN)/python -m pytest $(PYTEST_ARGS)

faults: $(VENV)/dev.stamp  ## Break each endpoint in each way, and show that nothing is called clean for it
	$(BIN)/python -m pytest -q -n 2 --dist loadgroup tests/faults

bench: $(VENV)/dev.stamp  ## Measure against plain readers and the official SDK; minutes, on a quiet machine
	$(BIN)/python -m tests.benchmarks

soak: $(VENV)/dev.stamp  ## Let serve do three thousand audits, and see that it holds no more than before
	$(BIN)/python -m tests.benchmarks.soak

coverage: $(VENV)/dev.stamp  ## Count the branches of the core and of collect that no test takes
	$(BIN)/coverage run -m pytest -q -n 0 tests/unit tests/rules tests/integration/collect tests/integration/pipeline/test_doctor_parts.py tests/e2e/test_doctor.py
	$(BIN)/coverage report

mutants: $(VENV)/dev.stamp  ## Break the core in small ways, and see each noticed; MUTANTS=path for a part
	$(BIN)/python -m tests.mutation $(MUTANTS)

check: $(VENV)/dev.stamp  ## Format, lint, types, layers, generated documents
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m auditor.rule.catalog --check rules/README.md
	$(BIN)/python -m auditor.config.reference --check docs/configuration.md

format: $(VENV)/dev.stamp  ## Put the code in shape
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/dev.stamp  ## Write the documents that are generated from code
	$(BIN)/python -m auditor.rule.catalog rules/README.md
	$(BIN)/python -m auditor.config.reference docs/configuration.md

lock: $(VENV)/dev.stamp  ## Resolve the dependencies anew; the locks name no host
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --upgrade --quiet pyproject.toml --group dev -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --upgrade --quiet pyproject.toml -c requirements.lock \
	  -o deploy/requirements.lock

audit: $(VENV)/dev.stamp  ## Ask outside whether the locked dependencies have known vulnerabilities
	@$(BIN)/pip-audit --strict --require-hashes --disable-pip -r requirements.lock || \
	  { echo "make audit: nothing is vouched for: see above what is vulnerable or was not told" >&2; exit 1; }

sbom: $(VENV)/dev.stamp  ## Write down what the product ships with, in CycloneDX; asks nobody
	$(BIN)/python -W ignore::UserWarning -m cyclonedx_py requirements --pyproject pyproject.toml \
	  --output-reproducible --output-file $(SBOM) deploy/requirements.lock

clean:  ## Remove what was made here
	rm -rf $(VENV) build dist demo .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis

# What the product needs to run: enough for the demo.
$(VENV)/run.stamp: deploy/requirements.lock
	$(PYTHON) -m venv $(VENV)
	$(PIP) -r deploy/requirements.lock
	@touch $@

# What it takes to work on it.
$(VENV)/dev.stamp: requirements.lock pyproject.toml
	$(PYTHON) -m venv $(VENV)
	$(PIP) -r requirements.lock
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/run.stamp
