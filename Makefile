# `make demo` and `make test` need Python 3.11 or later and make. They set up .venv themselves.

PYTHON ?= python3
VENV   := .venv
BIN    := $(VENV)/bin
SBOM   := sbom.json
UV     := $(shell command -v uv 2>/dev/null)

# uv installs much faster than pip. It uses the Python that is named above, and never downloads one.
# Both read the certificates of the system, or those that SSL_CERT_FILE names.
export UV_PYTHON_DOWNLOADS := never
export UV_SYSTEM_CERTS := $(if $(SSL_CERT_FILE),false,true)
export UV_NATIVE_TLS := $(UV_SYSTEM_CERTS)
# The message about a newer pip, and the one about hard links between file systems, need no action.
export PIP_DISABLE_PIP_VERSION_CHECK := 1
export PIP_ROOT_USER_ACTION := ignore
export UV_LINK_MODE := copy
# Compiled modules are kept. Without them each process compiles every module that it imports.
unexport PYTHONDONTWRITEBYTECODE
ifdef UV
CREATE_VENV = "$(UV)" venv --quiet --allow-existing --python "$(PYTHON)" $(VENV)
INSTALL     = "$(UV)" pip install --quiet --python $(BIN)/python
else
CREATE_VENV = "$(PYTHON)" -m venv $(VENV)
# The second --quiet leaves out warnings, such as that of a package index without a package.
INSTALL     = $(BIN)/python -m pip install --quiet --quiet
endif

# One worker more than cores (tests/conftest.py); a test that shares a server with others stays in
# their process. The order is that of tests/support/session/order.py.
PYTEST = $(BIN)/python -m pytest -q -n auto --dist loadgroup --no-loadscope-reorder

.PHONY: help demo test test-all check format docs lock faults bench soak coverage mutants audit sbom picture package clean

help:  ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / {printf "  make %-8s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

demo: $(VENV)/run.stamp  ## Audit a simulated target twice; print the results, the Slack messages and the report
	@PYTHONUNBUFFERED=1 $(BIN)/python -m auditor demo

test: $(VENV)/dev.stamp  ## Run the tests that need only Python; PYTEST_ARGS=… for a part
	$(PYTEST) -m "not exhaustive" $(PYTEST_ARGS)

test-all: $(VENV)/dev.stamp  ## Run the tests that `make test` leaves out: faults, kills, PostgreSQL, browser, Unleash
	$(PYTEST) -m exhaustive $(PYTEST_ARGS)

faults: $(VENV)/dev.stamp  ## Break each endpoint in each way; verify that no rule passes because of it
	$(PYTEST) tests/faults

bench: $(VENV)/dev.stamp  ## Compare CPU and memory with plain readers and the official SDK; needs an idle machine
	$(BIN)/python -m tests.benchmarks

soak: $(VENV)/dev.stamp  ## Run three thousand audits in `serve`; verify that its memory does not grow
	$(BIN)/python -m tests.benchmarks.soak

coverage: $(VENV)/dev.stamp  ## List the branches of the core and of collect that no test takes
	$(BIN)/coverage run -m pytest -q -n 0 -m "not exhaustive" tests/unit tests/rules \
	  tests/integration/collect tests/integration/pipeline tests/integration/rule \
	  tests/e2e/commands/test_doctor.py tests/e2e/commands/test_commands_person.py \
	  tests/e2e/commands/test_commands_plan.py tests/e2e/commands/test_commands_verify.py
	$(BIN)/coverage report

mutants: $(VENV)/dev.stamp  ## Break the core in small ways; verify that a test fails; MUTANTS=path for a part
	$(BIN)/python -m tests.mutation $(MUTANTS)

check: $(VENV)/dev.stamp  ## Check format, lint, types, layers, generated documents, vocabulary, links, workflows
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/lint-imports --no-cache
	$(BIN)/python -m auditor.rule.catalog --check rules/README.md
	$(BIN)/python -m auditor.config.reference --check docs/configuration.md
	$(BIN)/python -m tests.vocabulary
	$(BIN)/python -m tests.links
	$(BIN)/zizmor --offline --no-progress --quiet .github/workflows

format: $(VENV)/dev.stamp  ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

docs: $(VENV)/dev.stamp  ## Generate the documents that come from code
	$(BIN)/python -m auditor.rule.catalog rules/README.md
	$(BIN)/python -m auditor.config.reference docs/configuration.md

lock: $(VENV)/dev.stamp  ## Resolve the dependencies again; the locks name no host
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --upgrade --quiet pyproject.toml --group dev -o requirements.lock
	$(BIN)/uv pip compile --universal --python-version 3.11 --generate-hashes --no-header \
	  --no-emit-index-url --upgrade --quiet pyproject.toml -c requirements.lock \
	  -o deploy/requirements.lock

audit: $(VENV)/dev.stamp  ## Check the locked dependencies for known vulnerabilities; needs the network
	@"$(BIN)/pip-audit" --strict --require-hashes --disable-pip -r requirements.lock || \
	  { echo "make audit: failed; the lines above name the vulnerable or unchecked packages" >&2; exit 1; }

sbom: $(VENV)/dev.stamp  ## Write the bill of materials of the product, in CycloneDX; needs no network
	"$(BIN)/python" -W ignore::UserWarning -m cyclonedx_py requirements --pyproject pyproject.toml \
	  --output-reproducible --output-file $(SBOM) deploy/requirements.lock

picture: demo  ## Render the report of the demo for the README; needs Chromium
	chromium --headless --no-sandbox --disable-gpu --hide-scrollbars --window-size=1200,1500 \
	  --screenshot=deploy/report.png "file://$(CURDIR)/$$(ls demo/reports/sandbox/report-*.html | tail -1)"

package: $(VENV)/dev.stamp  ## Build a wheel and an sdist; install each with every extra; needs the network
	rm -rf dist build/wheel build/sdist
	$(BIN)/python -m hatchling build
	set -e; for kind in wheel:dist/*.whl sdist:dist/*.tar.gz; do \
	  "$(PYTHON)" -m venv build/$${kind%%:*}; \
	  build/$${kind%%:*}/bin/pip install --quiet "$$(echo $${kind#*:})[s3,gcs,azure]"; \
	  (cd build && $${kind%%:*}/bin/python -c 'import s3fs, gcsfs, adlfs' && $${kind%%:*}/bin/auditor --version); \
	done

clean:  ## Remove everything that make created
	rm -rf $(VENV) build dist demo .coverage .mypy_cache .ruff_cache .pytest_cache .hypothesis

# The dependencies of the product: enough for the demo.
$(VENV)/run.stamp: deploy/requirements.lock
	@echo "Installing the dependencies into $(VENV)"
	@$(CREATE_VENV)
	@$(INSTALL) --require-hashes -r deploy/requirements.lock
	@touch $@

# The dependencies of the tests and checks as well.
$(VENV)/dev.stamp: requirements.lock pyproject.toml
	@echo "Installing the development dependencies into $(VENV)"
	@$(CREATE_VENV)
	@$(INSTALL) --require-hashes -r requirements.lock
	@$(INSTALL) --no-deps --no-build-isolation -e .
	@touch $@ $(VENV)/run.stamp
