# make run     look at the county in a browser (makes the sample county on first start)
# make test    run every test
# make lint    formatting, rules, types
# make bench   the benchmarks, one after the other
# make shots   screenshots of every page into screenshots/
# make clean   remove what make made; the county's data stay

PORT ?= 8501
WORKERS ?= 2
BIN := .venv/bin

.PHONY: run test lint bench bench-peers shots clean venv test-venv lock-check
.DEFAULT_GOAL := run

# The sample county has an account of each role to try; a county of one's own never has (README).
run: venv
	$(BIN)/python -m cockpit demo --if-empty
	COCKPIT_DEMO_ACCOUNTS=$${COCKPIT_DEMO_ACCOUNTS-1} \
	$(BIN)/streamlit run streamlit_app.py --server.port $(PORT)

test: test-venv
	@sh .ci/browser
	$(BIN)/pytest -n $(WORKERS)

lint: test-venv
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: test-venv bench-peers
	@for file in tests/benchmarks/bench_*.py; do \
		name=$$(basename $$file .py); echo "== $$name"; \
		$(BIN)/python -m tests.benchmarks.$$name || exit 1; \
	done

# Peers whose licence is not ours to link (see the list): in a venv of their own, run as programs of
# their own. Without them a benchmark says what it leaves out.
bench-peers: venv
	@cmp -s tests/benchmarks/requirements.txt .venv-bench/.installed || { \
		$(BIN)/python -m venv .venv-bench && \
		.venv-bench/bin/python -m pip install --disable-pip-version-check --quiet --prefer-binary \
			-r tests/benchmarks/requirements.txt && \
		cp tests/benchmarks/requirements.txt .venv-bench/.installed; \
	} || echo "The peers could not be installed; their lines are left out." >&2

shots: test-venv
	@sh .ci/browser
	$(BIN)/python -m tests.browser.shots

clean:
	rm -rf .venv .venv-bench .pytest_cache .mypy_cache .ruff_cache .hypothesis screenshots
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

lock-check: test-venv
	$(BIN)/python -m pip check

venv:
	@sh .ci/venv requirements.txt

test-venv: venv
	@sh .ci/venv tests/requirements.txt
