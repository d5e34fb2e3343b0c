# make          from a fresh clone to the report; needs python3 (3.11 or later), make, git
# make help     everything else
.DEFAULT_GOAL := report
.DELETE_ON_ERROR:

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
READY := $(VENV)/.ready
# A job's numbers may not depend on how many threads a library picks.
export OMP_NUM_THREADS := 1
export OPENBLAS_NUM_THREADS := 1
export MKL_NUM_THREADS := 1
# Nothing outside this folder may lend the interpreter modules or settings.
unexport PYTHONPATH PYTHONHOME VIRTUAL_ENV

.PHONY: pictures report headline test lint docs lock clean distclean help sbom coverage

report: $(READY)  ## run the whole workflow and say where the report is (the default)
	@$(BIN)/snakemake --quiet rules reason host
	@printf '\nThe report: %s\n' '$(CURDIR)/results/report/index.html'

headline: $(READY)  ## after an added trial: the new headline, its figure and nothing else
	@$(BIN)/snakemake --quiet rules reason host -- results/quick/headline.json
	@cat logs/quick_headline.log
	@printf '\nThe figure: %s\n' '$(CURDIR)/results/quick/headline.svg'

test: $(READY)  ## run every test, linters included (those marked long are not for every day)
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m 'not long' --durations=15

lint: $(READY)  ## run the linters alone
	$(BIN)/ruff check .
	$(BIN)/ruff format --check .
	$(BIN)/mypy
	$(BIN)/snakefmt --check Snakefile workflow
	$(BIN)/snakemake --lint

pictures: report  ## redraw the pictures of README.md and docs/ from the results
	cp results/figures/forest_sbp.svg docs/images/forest_sbp.svg
	MGMETA_REDRAW=1 $(BIN)/python -m pytest -q tests/docs/test_pages.py -k runs_as_written

docs: $(READY)  ## rewrite the key list of config/README.md and build the documentation: site/index.html
	$(BIN)/python -m mgmeta.config.docs config/README.md
	@NO_MKDOCS_2_WARNING=1 $(BIN)/mkdocs build --strict --quiet
	@printf 'The documentation: %s\n' '$(CURDIR)/site/index.html'

lock: $(READY)  ## resolve requirements.lock anew (needs the network)
	$(BIN)/uv pip compile pyproject.toml --all-extras --universal --python-version 3.11 --generate-hashes \
		--no-emit-index-url --no-header --upgrade --quiet -o requirements.lock

sbom: $(READY)  ## write the bill of materials of .venv: build/sbom.json (CycloneDX)
	@mkdir -p build
	@$(BIN)/cyclonedx-py environment --pyproject pyproject.toml --mc-type library --output-reproducible --no-validate \
		--of JSON -o build/sbom.json $(BIN)/python
	@printf 'The bill of materials: %s\n' '$(CURDIR)/build/sbom.json'

coverage: $(READY)  ## run the tests with coverage and list the lines of src that none reaches (bar: 90 %)
	@$(BIN)/python -m pytest -n auto --dist loadfile --no-loadscope-reorder -m 'not long' -q --cov=src/mgmeta --cov-report=term-missing:skip-covered \
		--cov-fail-under=90

clean:  ## delete everything that was built, but not .venv
	rm -rf .snakemake logs build dist site .pytest_cache .mypy_cache .ruff_cache .hypothesis
	find results data/processed -mindepth 1 ! -name README.md -delete

distclean: clean  ## delete .venv as well
	rm -rf $(VENV)

help:  ## show this list
	@awk -F ':.*## ' '/^[a-z]+:.*## /{printf "make %-10s %s\n", $$1, $$2}' $(MAKEFILE_LIST)

# The environment: every package pinned by hash, then mgmeta itself without the network.
# The stamp comes last, so that an interrupted installation is taken up again.
$(READY): requirements.lock .ci/installer.lock pyproject.toml
	@command -v $(PYTHON) > /dev/null || { \
		echo 'mgmeta: there is no $(PYTHON); install Python 3.11 or later, or say make PYTHON=/path/to/python3.11' >&2; exit 1; }
	@$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' || { \
		echo "mgmeta: needs Python 3.11 or later, but $(PYTHON) is $$($(PYTHON) -V); say make PYTHON=python3.11" >&2; exit 1; }
	@$(PYTHON) -c 'import ensurepip, venv' 2> /dev/null || { \
		echo 'mgmeta: $(PYTHON) cannot make environments; on Debian and Ubuntu: apt-get install python3-venv' >&2; exit 1; }
	@echo 'Setting up $(VENV), once; a few minutes, most of it download'
	@$(PYTHON) -m venv $(VENV)
	@$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r .ci/installer.lock
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --require-hashes --compile-bytecode -r requirements.lock || { \
		echo 'uv could not install; trying pip, which reads your pip.conf' >&2; \
		$(BIN)/python -m pip install --quiet --disable-pip-version-check --require-hashes -r requirements.lock; }
	@$(BIN)/uv pip install --quiet --python $(BIN)/python --offline --no-deps --no-build-isolation -e .
	@touch $@
