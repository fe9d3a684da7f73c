# SPDX-FileCopyrightText: The femtocontainer authors
# SPDX-License-Identifier: MIT

# what make says when asked for nothing
help:
	@echo 'make demo       a C function, compiled, verified and run, here and on RIOT'
	@echo 'make demo-ota   replaces a running container over CoAP, on one machine'
	@echo 'make test       everything; REQUIRE_RIOT=1 turns what is skipped into failures'
	@echo 'make test-riot  the RIOT part alone'
	@echo 'make soak       what has to go on for long: ten million activations with replacements, 2000 power cuts, 50 kills; half an hour'
	@echo 'make prove      prove the C core against the instruction table; prove-quick reuses what is proved'
	@echo 'make prove-mutants  seed errors, each of which the proofs have to notice: docs/mutants.md'
	@echo 'make bench      measure the engines, beside those of others'
	@echo 'make size       code size, RAM and stack of the core'
	@echo 'make boards     measure what the package costs on each board: docs/boards.md'
	@echo 'make femto      build the tool: build/bin/femto'
	@echo 'make generate   write the generated files again'
	@echo 'make setup      install the Debian packages that all of this needs'
	@echo 'make clean      remove what was built'

demo:
	@tools/demo

demo-ota:
	@tools/demo-ota

test:
	@REQUIRE_RIOT=$(REQUIRE_RIOT) tools/test

test-riot:
	go test -count 1 -timeout 30m -v ./tests/riot -riot
	go test -count 1 -timeout 30m -v ./tests/attacks -riot -run '^TestRIOT$$'

# As long as the recorded runs (tests/riot/soak/recorded.txt); make test has short forms.
soak:
	go test -count 1 -timeout 4h -v ./tests/riot -riot -run 'Soak|TestServiceLevel|TestPowerCuts|TestKills|TestLossyLink' \
		-soak 10000000 -cuts 2000 -kills 50 -links 10
	go test -count 1 -timeout 1h -v ./tests/riot -riot -run 'TestBoards/ota' -whole

boards:
	go test -count 1 -timeout 30m -v ./tests/riot -riot -run TestBoards -update

prove:
	@tools/setup/packages prove
	go run ./femto/prove/coq/gateb
	go run ./tools/femtoprove -cold

prove-mutants:
	@tools/setup/packages prove
	go test ./femto/prove/mutation -mutants -v -timeout 90m -run TestMutantsAreDetected
	go test ./femto/prove -mutants -v -timeout 60m -run TestReplay

prove-quick:
	@tools/setup/packages prove
	go run ./femto/prove/coq/gateb
	go run ./tools/femtoprove

bench:
	go run ./tests/bench run

size:
	@go run ./tests/bench size

femto:
	go build -o build/bin/femto ./tools/femto

generate:
	go generate ./...

setup:
	@tools/setup/packages test
	@tools/setup/riot

clean:
	rm -rf build riotpkg/examples/*/bin

.PHONY: help demo demo-ota test test-riot soak prove prove-quick prove-mutants boards bench size femto generate setup clean
