# The commands of everyday work. Each does what is missing by itself, or names the one command that
# it may not run.

export PATH := $(HOME)/.cargo/bin:$(PATH)
export SQLX_OFFLINE := true

.PHONY: help demo demo-reset test conformance bench queries

help:
	@echo 'make demo         builds, then runs all of it on this machine; Ctrl-C stops it'
	@echo '                  (options: make demo ARGS="--listen 127.0.0.1:8766 --data .data/second")'
	@echo 'make demo-reset   forgets what the demo has stored'
	@echo 'make test         format, lints, documentation, every Rust test'
	@echo 'make conformance  checks against implementations that others wrote, and in a browser'
	@echo 'make bench        the benchmarks'
	@echo 'make queries      renews .sqlx, after a change of a query or a migration'

demo:
	@.ci/need compiler postgres
	@cargo run --release --locked -- demo $(ARGS)

demo-reset:
	@.ci/demo-reset

test:
	@.ci/need compiler lints postgres
	cargo fmt --check
	cargo clippy --locked --all-targets -- -D warnings
	RUSTDOCFLAGS='-D warnings' cargo doc --locked --no-deps
	@if cargo nextest --version >/dev/null 2>&1; then \
		echo 'cargo nextest run --locked' && cargo nextest run --locked; \
	else \
		echo 'cargo test --locked' && cargo test --locked; \
	fi

conformance:
	@.ci/need compiler postgres
	cargo build --release --locked
	tests/conformance/run target/release/countersign

bench:
	@.ci/need compiler postgres
	cargo bench --locked $(ARGS)

queries:
	@.ci/need compiler postgres
	@.ci/queries
