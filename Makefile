# Forwards to tasks.py and decides nothing. Flags go into ARGS:
#   make train ARGS='--profile=full --seed=1'
ARGS ?=
VENV := .venv
PYTEST := $(VENV)/bin/pytest --durations=15
NOT_SLOW := -m 'not slow'
TASKS := bench build instrument extract trace vocab warmstart train evaluate report release programs tensorboard status logs doctor \
         shell clean pull push save load lock verify sbom

.DEFAULT_GOAL := help
.PHONY: help venv test test-all test-unit test-rl lint $(TASKS)

help: venv  ## show this text
	@$(VENV)/bin/invoke --list
	@echo "make <task> ARGS='--flag=value ...', make <task> ARGS=--help"
	@echo "make test, test-all, test-unit, test-rl or lint; ARGS are flags of pytest, as in make test-unit ARGS='-k plan'"

venv:  ## make the virtual environment, if the lock changed
	@scripts/bootstrap $(VENV)

$(TASKS): venv
	@$(VENV)/bin/invoke $@ $(ARGS)

# The images of regalloc/images/tree.py.
build-%: venv
	@$(VENV)/bin/invoke $@ $(ARGS)

test: venv  ## run the tests, without the slow ones
	@scripts/run-tests all $(PYTEST) $(NOT_SLOW) $(ARGS)

test-all: venv  ## run every test, as before a release
	@scripts/run-tests all $(PYTEST) $(ARGS)

test-unit: venv  ## run the tests that need no engine and no image
	@scripts/run-tests unit $(PYTEST) $(NOT_SLOW) $(ARGS)

test-rl: venv  ## run the tests of the learning on this code, in a trainer image that exists
	@$(VENV)/bin/python -m tests.trainer $(ARGS)

lint: venv  ## check types, style, scripts and Dockerfiles
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/shellcheck $(filter-out %.py,$(wildcard scripts/*)) docker/scripts/*.sh docker/kit/share/regalloc-clang docker/*/test/*.sh tests/*/*.sh tests/*/*/*.sh
	$(VENV)/bin/hadolint docker/*/Dockerfile docker/*/test/Dockerfile tests/*/*/Dockerfile
