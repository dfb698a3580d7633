# make demo, make test: on a fresh machine both set up .venv first.

PYTHON ?= python3
BIN := .venv/bin
ROOMS := metrics datasets models benchmark leaderboards
# The tests run on several cores already: libraries need not take them all in each.
ONE := OMP_NUM_THREADS=1
CODE := videosal $(ROOMS) tests

.PHONY: demo test slow fuzz lint format bench clean

demo: .venv/ready
	$(BIN)/videosal demo

test: .venv/ready
	$(ONE) $(BIN)/python -m pytest -m "not slow" --numprocesses auto --maxprocesses 8

slow: .venv/ready
	$(BIN)/python -m pytest -m slow

fuzz: .venv/ready
	$(ONE) $(BIN)/python -m tests.fuzz.drive --cases 10000

lint: .venv/ready
	$(BIN)/ruff check $(CODE)
	$(BIN)/ruff format --check $(CODE)
	$(BIN)/mypy -p videosal

format: .venv/ready
	$(BIN)/ruff check --fix $(CODE)
	$(BIN)/ruff format $(CODE)

bench: .venv/ready
	$(BIN)/python -m pytest tests/benchmarks --benchmark-only

clean:
	rm -rf .venv build *.egg-info .mypy_cache .pytest_cache .ruff_cache .hypothesis

.venv/ready: pyproject.toml constraints.txt
	$(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11) and "videosal needs Python 3.11 or newer: make PYTHON=python3.11")'
	$(PYTHON) -m venv .venv
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --constraint constraints.txt --editable '.[cluster,dev,parquet,video]'
	touch $@
