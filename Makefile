# Everything a person runs here. `make` alone lists the verbs.
.DEFAULT_GOAL := help
.PHONY: help build run run-enclave image enclave-tools test test-crash test-interop test-enclave test-live \
	simulate model lint config bench bench-peers release clean

CONFIGURATION := Release

# Genuine attestation documents, where this checkout has them beside it; tests that read them are
# reported as skipped elsewhere.
SEQUENCER_VECTORS ?= $(wildcard $(abspath ../shared/vectors))
export SEQUENCER_VECTORS

help: ## List the verbs
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-14s %s\n", $$1, $$2 }' Makefile

build: ## Build everything
	@setup/need-dotnet
	@dotnet build Sequencer.sln -c $(CONFIGURATION) -v quiet -nologo

run: ## Start a simulated enclave and the gateway on http://127.0.0.1:5000
	@setup/need-dotnet
	@setup/run

run-enclave: ## The same, with the real enclave image in a virtual machine
	@setup/need-dotnet
	@setup/run-enclave

image: ## Build the enclave image and its measurements into artifacts/image
	@setup/image/build

enclave-tools: ## Build what emulates an enclave, into the cache (3 minutes)
	@setup/emulator/build

test: ## Run every local test
	@setup/need-dotnet
	@tests/run

test-crash: ## Kill gateway, enclave and both under load, ROUNDS times (60; some minutes)
	@setup/need-dotnet
	@tests/crash

test-interop: ## Check logs with a verifier in Python, Go's sumdb packages, and pages in Chromium
	@setup/need-dotnet
	@tests/interop/run

test-enclave: ## Boot enclave images in virtual machines, and test them
	@setup/need-dotnet
	@tests/emulated/run

test-live: ## Provision in a real AWS account, and take it down: costs some cents
	@setup/need-dotnet
	@tests/live

SEEDS ?= 1000
FIRST ?= 1
simulate: ## Run simulated logs under faults: SEEDS=10000 [FIRST=1], or the one SEED=N
	@setup/need-dotnet
	@dotnet run -c $(CONFIGURATION) -v quiet --project tests/Simulation.Tests -- \
	  $(if $(SEED),--seed $(SEED),--first $(FIRST) --seeds $(SEEDS)) \
	  $(if $(MUTATION),--mutation $(MUTATION))

SCRIPTS ?= 1000000
model: ## Hold random interleavings of requests against the model: SCRIPTS=1000000
	@setup/need-dotnet
	@dotnet build tests/Gateway.Tests -c $(CONFIGURATION) -v quiet -nologo
	@SEQUENCER_SCRIPTS=$(SCRIPTS) SEQUENCER_HTTP_SCRIPTS=$(shell echo $$(($(SCRIPTS) / 100))) \
	  dotnet test tests/Gateway.Tests -c $(CONFIGURATION) --no-build -nologo --logger "console;verbosity=normal" \
	  --filter "FullyQualifiedName~Tests.Model."

lint: ## Check formatting, analyzers, lock files and shell scripts
	@setup/need-dotnet
	@setup/lint

config: ## Copy setup/sample.toml to setup/config.toml, for you to edit
	@if [ -e setup/config.toml ]; then \
	  echo "setup/config.toml is there already; it stays as it is."; \
	else \
	  cp setup/sample.toml setup/config.toml && echo "Wrote setup/config.toml."; \
	fi

bench: ## Measure every part, from the core to subscribers (5 minutes): BENCH="--only core"
	@setup/need-dotnet
	@dotnet build tests/Bench -c $(CONFIGURATION) -v quiet -nologo
	@tests/Bench/bin/$(CONFIGURATION)/net10.0/Sequencer.Bench suite $(or $(BENCH),--output artifacts/bench)

bench-peers: ## Measure the gateway beside Redis, PostgreSQL, NATS and Tessera (10 minutes)
	@setup/need-dotnet
	@tests/peers/run $(PEERS)

release: ## Make artifacts/release: image, gateway, command, files for EC2
	@setup/release

clean: ## Remove what was built (data of `make run` and `make run-enclave` stays)
	@find . -type d \( -name bin -o -name obj \) -not -path './.git/*' -prune -exec rm -rf {} +
	@rm -rf artifacts
