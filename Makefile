# make demo    environment, build, and the handwritten-digits demo      make bench    quick ratios against NumPy and SciPy
# make test    environment, build, and the whole test suite             make bench-peers   against PyTorch and the others
# make lint    ruff, mypy, cython-lint, clang-format                    make format   let ruff and clang-format do it
# make wheel   dist/: sdist, and the wheel made from it                 make clean    remove all that was made here
# make made    what is written from the tables: stubs, docs/functions   make conformance   the suites of others, and docs
# make sanitize  the tests under AddressSanitizer and UndefinedBehaviorSanitizer        make sweep   every float32 input
#
# PYTHON=... chooses the Python (3.11 or later); everything is installed into .venv, nothing outside it.
PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check install --quiet
SOURCES := setup.py pyproject.toml $(shell find src -type f)
PYTEST_ARGS ?=

.PHONY: demo test made conformance bench bench-peers bench-check bench-store sweep sanitize readme-table docs/speed.md lint format wheel build clean
.DELETE_ON_ERROR:

demo: $(VENV)/built $(VENV)/extra-demo
	$(BIN)/python examples/digits.py

test: $(VENV)/built $(VENV)/extra-test
	$(BIN)/pytest $(PYTEST_ARGS)

made: $(VENV)/built
	PYTHONPATH=. FASTACT_BACKEND=numpy $(BIN)/python tools/make_stubs.py > build/made && cp build/made fastact/__init__.pyi
	PYTHONPATH=. FASTACT_BACKEND=numpy $(BIN)/python tools/make_functions.py > build/made && cp build/made docs/functions.md

conformance: $(VENV)/built $(VENV)/extra-test
	mkdir -p build
	FASTACT_CONFORMANCE=$(CURDIR)/build/conformance.json $(BIN)/pytest tests/test_conformance.py
	$(BIN)/python tools/write_conformance.py build/conformance.json

# PEERS: a Python that has fastact and the peers; those it lacks are left out and named.  See benchmarks/arena/.
PEERS ?= $(BIN)/python
ARENA = PYTHONPATH=. $(PEERS) -m benchmarks.arena
ARENA_ARGS ?=

bench: $(VENV)/built $(VENV)/extra-bench
	$(ARENA) --quick --peers numpy,scipy $(ARENA_ARGS)

bench-peers: $(VENV)/built $(VENV)/extra-bench $(VENV)/extra-plot
	mkdir -p build
	$(ARENA) --json build/arena.json --markdown build/arena.md --csv build/arena.csv --plots build/arena $(ARENA_ARGS)

# Against the ratios of the last release; bench-store writes them.
bench-check: $(VENV)/built $(VENV)/extra-bench
	$(ARENA) --check benchmarks/ratios.json $(ARENA_ARGS)

bench-store: $(VENV)/built $(VENV)/extra-bench
	$(ARENA) --store benchmarks/ratios.json $(ARENA_ARGS)

# From what bench-peers measured.
docs/speed.md: $(VENV)/extra-bench
	$(ARENA) --from-json build/arena.json --markdown $@ --csv docs/speed.csv

readme-table: $(VENV)/built $(VENV)/extra-bench
	$(ARENA) --readme $(ARENA_ARGS)

C_FILES := $(wildcard src/*.c src/*.h src/*/*.h src/*/*/*.h)

# Every float32 input through every function, on each instruction set here: 15 to 25 minutes on two cores.
sweep: $(VENV)/extra-test
	$(BIN)/python tools/sweep.py

# The tests under AddressSanitizer and UndefinedBehaviorSanitizer (docs/building.md), in a copy with a module of its own.
SANITIZED := build/sanitize
PRELOADED = $(shell gcc -print-file-name=libasan.so) $(shell gcc -print-file-name=libubsan.so)

sanitize: $(VENV)/requirements $(VENV)/extra-test
	rm -rf $(SANITIZED) && mkdir -p $(SANITIZED)
	git ls-files -z | xargs -0 cp --parents -t $(SANITIZED)
	cd $(SANITIZED) && FASTACT_SANITIZE=address,undefined FASTACT_NATIVE=1 $(CURDIR)/$(BIN)/python setup.py build_ext --inplace
	cd $(SANITIZED) && LD_PRELOAD="$(PRELOADED)" PYTHONMALLOC=malloc PYTHONPATH=. \
		ASAN_OPTIONS=detect_leaks=0:allocator_may_return_null=1 NPY_DISABLE_CPU_FEATURES=X86_V4 \
		$(CURDIR)/$(BIN)/python -m pytest -m "not slow and not unsanitized" $(PYTEST_ARGS)

lint: $(VENV)/built $(VENV)/extra-test $(VENV)/extra-dev
	$(BIN)/ruff check
	$(BIN)/ruff format --check
	$(BIN)/mypy
	PATH="$(CURDIR)/$(BIN):$$PATH" $(BIN)/cython-lint src
	$(BIN)/clang-format --dry-run --Werror $(C_FILES)

format: $(VENV)/extra-dev
	$(BIN)/ruff check --fix
	$(BIN)/ruff format
	$(BIN)/clang-format -i $(C_FILES)

wheel: $(VENV)/extra-dev
	rm -rf dist
	FASTACT_NATIVE=1 $(BIN)/python -m build --outdir dist .

build: $(VENV)/built

$(VENV)/python:
	tools/install_system.sh $(PYTHON)
	$(PYTHON) -m venv $(VENV)
	touch $@

# What pyproject.toml asks for at build time, so that builds here need no isolated environment.
$(VENV)/requirements: $(VENV)/python pyproject.toml
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["build-system"]["requires"], sep="\n")' > $@.txt
	$(PIP) --requirement $@.txt
	touch $@

# Editable: fastact/ is what is imported, with the module built into it.
$(VENV)/built: $(VENV)/requirements $(SOURCES)
	FASTACT_NATIVE=1 $(PIP) --no-build-isolation --editable .
	FASTACT_BACKEND=native $(BIN)/python -c 'import fastact'
	touch $@

# The packages of an extra of pyproject.toml.
$(VENV)/extra-%: $(VENV)/python pyproject.toml
	$(BIN)/python -c 'import tomllib; print(*tomllib.load(open("pyproject.toml", "rb"))["project"]["optional-dependencies"]["$*"], sep="\n")' > $@.txt
	$(PIP) --requirement $@.txt
	touch $@

clean:
	rm -rf $(VENV) build dist *.egg-info fastact/*.so .benchmarks .hypothesis .mypy_cache .pytest_cache .ruff_cache
	find . -name __pycache__ -type d -prune -exec rm -rf {} +
