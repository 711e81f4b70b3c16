# Every target sets up what it needs: a virtual environment in .venv, installed anew when pyproject.toml changes.

PYTHON ?= python3
VENV := .venv
BIN := $(VENV)/bin

.PHONY: help demo demos docs test vscode test-vscode oldest fuzz prove bench pictures format clean
.DEFAULT_GOAL := help

help: ## List the targets
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-11s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

demo: $(VENV)/demos.done ## Train a 2-2-1 network on XOR; write its graph and pages that play the backward pass to out/
	$(BIN)/python -m demos.xor
	$(BIN)/python -m demos.walkthrough
	$(BIN)/python -m demos.linear_neuron

demos: $(VENV)/demos.done ## Run every demo, and gather them in out/index.html
	$(BIN)/python -m demos.gallery

docs: $(VENV)/docs.done ## Build the documentation; open out/docs/index.html
	$(BIN)/python docs/build.py

test: $(VENV)/test.done ## Check format, types and every test
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy
	$(BIN)/pytest --numprocesses=auto --maxprocesses=4 --dist=loadfile

oldest: ## Do the same on the oldest versions that pyproject.toml allows
	mkdir -p .oldest
	$(PYTHON) tests/prove/environments.py > .oldest/constraints.txt
	PIP_CONSTRAINT=.oldest/constraints.txt $(MAKE) test VENV=.oldest

fuzz: $(VENV)/test.done ## Hold every op to its accuracy on 100,000 points
	$(BIN)/python tests/prove/derivatives.py

prove: $(VENV)/test.done ## Try every claim of the engine, for 12 to 15 minutes on 2 cores; write out/trust.html
	$(BIN)/python tests/prove

pictures: $(VENV)/test.done ## Draw the README's pictures anew
	$(BIN)/python -m demos.pictures
	$(BIN)/python -m demos.moving_picture

bench: $(VENV)/bench.done ## Race the engine against its peers, and time drawing and pages
	$(BIN)/python benchmarks/eager.py
	$(BIN)/python benchmarks/looking.py
	$(BIN)/python benchmarks/player.py
	$(BIN)/python benchmarks/debugger.py
	$(BIN)/python benchmarks/native.py
	$(BIN)/python benchmarks/sizes.py
	$(BIN)/python benchmarks/estimators.py
	$(BIN)/python benchmarks/cluster.py
	$(BIN)/python benchmarks/scaling.py

vscode: out/scalar-autograd.vsix ## Build the VS Code extension, out/scalar-autograd.vsix

out/scalar-autograd.vsix: $(wildcard editors/vscode/*.js*) editors/vscode/README.md
	@command -v npx >/dev/null || { echo "make vscode needs node 20 or later: https://nodejs.org"; exit 1; }
	mkdir -p out
	cd editors/vscode && npx --yes @vscode/vsce@3 package --no-dependencies --out ../../out/scalar-autograd.vsix

test-vscode: $(VENV)/test.done vscode ## Debug a backward pass in the real VS Code; pictures go to out/vscode/
	$(BIN)/python tests/vscode/install.py
	$(BIN)/pytest -q tests/vscode

format: $(VENV)/test.done ## Format the code
	$(BIN)/ruff format .
	$(BIN)/ruff check --fix .

clean: ## Remove what the other targets made
	rm -rf .venv .oldest .bench out dist build .mypy_cache .ruff_cache .pytest_cache .hypothesis

# One stamp for each extra: `.venv/test.done` says that the extra `test` is installed.
$(VENV)/%.done: pyproject.toml
	test -x $(BIN)/python || $(PYTHON) -m venv $(VENV)
	$(BIN)/python -m pip install --quiet --disable-pip-version-check --editable '.[$*]'
	touch $@
