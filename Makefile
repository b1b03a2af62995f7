# Forwards to tasks.py and decides nothing. Flags go into ARGS:
#   make train ARGS='--profile=full --seed=1'
ARGS ?=
VENV := .venv
TASKS := bench extract trace vocab warmstart train evaluate report release programs tensorboard status doctor \
         shell clean pull push save load lock verify sbom

.DEFAULT_GOAL := help
.PHONY: help venv test lint $(TASKS)

help: venv  ## show this text
	@$(VENV)/bin/invoke --list
	@echo "make <task> ARGS='--flag=value ...', make <task> ARGS=--help, make test, make lint"

venv:  ## make the virtual environment, if the lock changed
	@scripts/bootstrap $(VENV)

$(TASKS): venv
	@$(VENV)/bin/invoke $@ $(ARGS)

# The images of regalloc/images/tree.py.
build-%: venv
	@$(VENV)/bin/invoke $@ $(ARGS)

test: venv  ## run the tests
	@$(VENV)/bin/pytest $(ARGS)

lint: venv  ## check types, style, scripts and Dockerfiles
	$(VENV)/bin/ruff check .
	$(VENV)/bin/ruff format --check .
	$(VENV)/bin/mypy
	$(VENV)/bin/shellcheck $(filter-out %.py,$(wildcard scripts/*)) docker/scripts/*.sh docker/kit/share/regalloc-clang docker/*/test/*.sh tests/*/*.sh
	$(VENV)/bin/hadolint docker/*/Dockerfile docker/*/test/Dockerfile
