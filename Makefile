# make run     look at the county in a browser (makes the sample county on first start)
# make test    run every test
# make lint    formatting, rules, types
# make bench   the benchmarks, one after the other
# make shots   screenshots of every page into screenshots/
# make clean   remove what make made; the county's data stay

PORT ?= 8501
WORKERS ?= 2
BIN := .venv/bin

.PHONY: run test lint bench shots clean venv test-venv lock-check
.DEFAULT_GOAL := run

run: venv
	$(BIN)/python -m cockpit demo --if-empty
	$(BIN)/streamlit run streamlit_app.py --server.port $(PORT)

test: test-venv
	@sh .ci/browser
	$(BIN)/pytest -n $(WORKERS) --dist loadgroup

lint: test-venv
	$(BIN)/ruff format --check .
	$(BIN)/ruff check .
	$(BIN)/mypy

bench: test-venv
	@for file in tests/benchmarks/bench_*.py; do \
		name=$$(basename $$file .py); echo "== $$name"; \
		$(BIN)/python -m tests.benchmarks.$$name || exit 1; \
	done

shots: test-venv
	@sh .ci/browser
	COCKPIT_SHOTS=screenshots $(BIN)/pytest tests/browser

clean:
	rm -rf .venv .pytest_cache .mypy_cache .ruff_cache .hypothesis screenshots
	find . -name __pycache__ -type d -prune -exec rm -rf {} +

lock-check: test-venv
	$(BIN)/python -m pip check

venv:
	@sh .ci/venv requirements.txt

test-venv: venv
	@sh .ci/venv tests/requirements.txt
