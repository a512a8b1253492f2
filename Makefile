# Everything from nothing: a machine with Python 3.11 or newer and make. `make` alone lists what there is.

VENV := .venv
BIN := $(VENV)/bin
PIP := $(BIN)/python -m pip --disable-pip-version-check --quiet
STAMPS := .make
PYTHON ?= python3 python3.14 python3.13 python3.12 python3.11
DASHBOARD := $(shell find dashboard -name node_modules -prune -o -type f -print)

# PORT, HOST and DATA_DIR, from the command line or the environment.
ifdef PORT
export GRADCLINIC_PORT := $(PORT)
endif
ifdef HOST
export GRADCLINIC_HOST := $(HOST)
endif
ifdef DATA_DIR
export GRADCLINIC_DATA_DIR := $(DATA_DIR)
endif

.DEFAULT_GOAL := help
.DELETE_ON_ERROR:
.PHONY: help run demo test check bench setup fix lock clean

help: ## list the targets
	@awk -F ':.*## ' '/^[a-z]+:.*## / { printf "  make %-6s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

run: $(STAMPS)/run ## start the whole service on http://127.0.0.1:8000 (PORT=, HOST=, DATA_DIR=)
	@exec $(BIN)/gradclinic up

demo: $(STAMPS)/run ## start it, train the examples, print what they suffer from and what cures them
	@exec $(BIN)/gradclinic demo

test: $(STAMPS)/dev ## run the whole test-suite (ARGS= goes to pytest)
	@exec $(BIN)/python -m pytest $(ARGS)

check: $(STAMPS)/dev ## format, lint, types, import contracts, lock files
	$(BIN)/ruff format --check
	$(BIN)/ruff check
	$(BIN)/lint-imports --no-logo
	$(BIN)/python locks/lock.py --check
	$(BIN)/mypy

bench: $(STAMPS)/dev ## run the benchmarks, peers included (ARGS= goes to them)
	@exec $(BIN)/python -m benchmarks $(ARGS)

setup: $(STAMPS)/dev ## install everything for development

fix: $(STAMPS)/dev ## format, and repair what ruff can repair
	$(BIN)/ruff check --fix
	$(BIN)/ruff format

lock: $(STAMPS)/dev ## write the lock files again from pyproject.toml (ARGS=--upgrade takes newer releases)
	$(BIN)/python locks/lock.py $(ARGS)

clean: ## remove what make installed and built; jobs in .data stay
	rm -rf $(VENV) $(STAMPS) dashboard/node_modules service/api/ui

# A stamp says that its recipe has been run for the files it depends on, and for this virtual environment.

# A Python that was upgraded away leaves an environment without one: make it again.
$(shell test -x $(BIN)/python || rm -f $(VENV)/pyvenv.cfg)

$(VENV)/pyvenv.cfg:
	@for python in $(PYTHON); do \
	  "$$python" -c 'import sys; sys.exit(not (3, 11) <= sys.version_info < (3, 15))' 2>/dev/null || continue; \
	  "$$python" -c 'import ensurepip, venv' 2>/dev/null || { bare=$$python; continue; }; \
	  echo "Creating $(VENV) with $$("$$python" --version)."; \
	  exec "$$python" -m venv --clear $(VENV); \
	done; \
	if [ "$$bare" ]; then echo "$$bare cannot make virtual environments; on Debian or Ubuntu: apt install python3-venv"; \
	else echo "Gradient Clinic needs Python 3.11, 3.12, 3.13 or 3.14, found none; or name one: make run PYTHON=/path/to/python"; \
	fi >&2; exit 1

$(STAMPS)/run-lock: locks/run.txt locks/torch.txt $(VENV)/pyvenv.cfg
	@echo "Installing what the service stands on, PyTorch included; the first time takes minutes."
	$(PIP) install --require-hashes -r locks/run.txt
	$(PIP) install $(if $(TORCH_INDEX_URL),--index-url $(TORCH_INDEX_URL)) -r locks/torch.txt
	@mkdir -p $(STAMPS) && touch $@

service/api/ui/index.html: $(DASHBOARD) hatch_build.py | $(STAMPS)/run-lock
	$(BIN)/python hatch_build.py

$(STAMPS)/run: $(STAMPS)/run-lock pyproject.toml | service/api/ui/index.html
	$(PIP) install --no-deps --no-build-isolation --editable .
	@touch $@

$(STAMPS)/dev: $(STAMPS)/run locks/dev.txt
	$(PIP) install --require-hashes -r locks/dev.txt
	@touch $@
