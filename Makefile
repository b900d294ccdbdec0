# The tools are pinned: generators in go.mod, the two big ones in modules of
# their own, so that their dependencies stay out of the hub's.
BUF      := go tool -modfile=.ci/tools/buf/go.mod buf
GOLANGCI := go tool -modfile=.ci/tools/golangci-lint/go.mod golangci-lint

# Written by hand. Everything else in Go is generated.
HAND     := ./client/... ./server/... ./ent/schema ./ent/migrate/...
# Where goroutines meet.
RACE     ?= ./client $(addprefix ./server/,account admission api app backup batch catalog door/... event fulfil gateway job metrics order password ratelimit report session store/... tlsfiles tracing webhook/...)
# SQLite, translated from C, shares no memory of Go's: watching it finds nothing and takes three times as long.
UNWATCHED := $(addsuffix =-race=false,$(addprefix -gcflags=modernc.org/,sqlite/lib libc))
FUZZTIME ?= 5s
# The contract may not break what this revision promised.
AGAINST  ?= main

.PHONY: help
help: ## Print this list
	@awk -F ':.*## ' '/^[a-z-]+:.*## / { printf "  make %-17s %s\n", $$1, $$2 }' $(MAKEFILE_LIST)

.PHONY: run
run: ## Start the hub with its demo data on SQLite; nothing to install
	go run ./server demo

.PHONY: build
build: ## Build bin/orderhub, one static binary
	CGO_ENABLED=0 go build -trimpath -ldflags="-s -w" -o bin/orderhub ./server

.PHONY: generate
generate: ## Write gen/, the OpenAPI document, ent/ and what go:generate asks for
	$(BUF) generate
	go generate ./...

.PHONY: migration
migration: ## Write the migrations for a changed ent/schema: make migration NAME=add_tags
	go generate ./ent
	go run ./ent/migrate/diff $(or $(NAME),$(error NAME=what_changed is missing))

.PHONY: vendor-protos
vendor-protos: ## Write proto/third_party from the versions in go.mod
	go -C .ci/tools/protoexport get $$(go list -m -f '{{.Path}}@{{.Version}}' \
		buf.build/gen/go/bufbuild/protovalidate/protocolbuffers/go \
		google.golang.org/genproto/googleapis/api google.golang.org/protobuf)
	rm -rf proto/third_party
	go -C .ci/tools/protoexport run . "$(CURDIR)/proto/third_party"

.PHONY: verify-generated
verify-generated: ## Fail if generating changes any file, committed or not
	.ci/unchanged-by $(MAKE) --no-print-directory vendor-protos generate

.PHONY: test
test: ## Run every test; those for PostgreSQL need its server binaries
	go test ./...

.PHONY: test-pooler
test-pooler: ## Run the tests of storage on PostgreSQL over PgBouncer in transaction mode
	ORDERHUB_TEST_POOLER=on CI=true go test -run /postgres $(addprefix ./server/,fulfil job store $(addprefix store/, \
		accounts attempts backlog deliveries erasure eventlog orders products reseal retention verification))

.PHONY: test-race
test-race: ## Run the tests of the packages where goroutines meet under the race detector
	$(if $(filter ./server/store/...,$(RACE)),CGO_ENABLED=1 go test -race $(UNWATCHED) -vet=off -timeout=20m -skip /postgres ./server/store)
	# What meets does so in PostgreSQL, too: what only SQLite does is watched in the store's own tests.
	CGO_ENABLED=1 go test -race $(UNWATCHED) -vet=off -timeout=20m -skip /sqlite $(RACE)

.PHONY: axe
axe: ## Install axe-core, with which the tests of the console check its pages; needs npm
	npm ci --prefix .ci/tools/axe --ignore-scripts --no-audit --no-fund

# What npm installs is what the lock names, with its hashes; it is installed again when the lock changes.
%/node_modules/.package-lock.json: %/package-lock.json
	npm ci --prefix $* --ignore-scripts --no-audit --no-fund
	touch $@

.PHONY: typescript
typescript: client/typescript/node_modules/.package-lock.json ## Pack the client in TypeScript into bin/; needs npm
	mkdir -p bin
	cd client/typescript && npm pack --silent --pack-destination ../../bin

.PHONY: collection
collection: .ci/tools/postman/node_modules/.package-lock.json ## Write docs/postman from the OpenAPI document; needs npm
	node .ci/tools/postman/generate.mjs server/gateway/openapi/openapi.json docs/postman

.PHONY: verify-collection
verify-collection: ## Fail if docs/postman is not that of the OpenAPI document
	.ci/unchanged-by $(MAKE) --no-print-directory collection

.PHONY: bench
bench: ## Measure the hub on both databases and write docs/benchmarks.md (half an hour)
	go run ./server/bench/suite -report docs/benchmarks.md

.PHONY: export-size
export-size: build ## Export ROWS (10,000,000) movements from a hub on DB (sqlite, postgres), and say how fast and with how much memory; needs Debian's sqlite3
	DB=$(or $(DB),sqlite) .ci/export-size bin/orderhub $(or $(ROWS),10000000)

.PHONY: bench-guard
bench-guard: ## Fail if placing is over 7 % slower than at BASE (origin/main, or HEAD^ if nothing differs) on DB (both), over API (grpc)
	CGO_ENABLED=0 go run ./server/bench/guard $(if $(BASE),-base $(BASE)) -db $(or $(DB),both) -api $(or $(API),grpc)

.PHONY: fuzz
fuzz: ## Run every fuzz target for FUZZTIME (5s)
	.ci/fuzz $(FUZZTIME)

.PHONY: torture
torture: ## Kill hub and database ROUNDS (10) times on DB (sqlite, postgres); SEED repeats a run, KEEP=short removes what is old
	go run ./server/torture/cmd -db $(or $(DB),sqlite) -rounds $(or $(ROUNDS),10) $(if $(SEED),-seed $(SEED)) $(if $(KEEP),-keep $(KEEP))

.PHONY: failover
failover: ## Take the primary from two hubs on a cluster of Patroni's, ROUNDS (30) times; KINDS of faults with commas, SEED
	go run ./server/torture/cmd -db patroni -worlds $(or $(WORLDS),1) -rounds $(or $(ROUNDS),30) \
		-patience $(or $(PATIENCE),1) $(if $(KINDS),-kinds $(KINDS)) $(if $(SEED),-seed $(SEED))

.PHONY: upgrade
upgrade: ## Let two hubs of the last release give way to two of this version under load, on PostgreSQL
	go run ./server/torture/cmd -db postgres -kinds upgrade -rounds 1

.PHONY: overload
overload: ## Measure a hub on DB (sqlite, postgres) with 20 times more callers than it can serve
	go run ./server/torture/cmd -overload -db $(or $(DB),sqlite)

.PHONY: attack
attack: ## Besiege a hub the way strangers would while a merchant buys (three minutes)
	CGO_ENABLED=0 go run ./server/attack/cmd

.PHONY: format
format: ## Format Go and proto files
	go tool gofumpt -w client docs/examples server ent/schema .ci/tools
	$(BUF) format -w --path proto/orderhub

.PHONY: lint
lint: lint-proto lint-money lint-targets ## Check the protos and the Go code (vet and gofumpt included)
	$(GOLANGCI) run $(HAND)

.PHONY: lint-money
lint-money: ## Check that amounts are calculated with by package money alone
	go -C .ci/tools/amounts test ./...
	@tool=$$(mktemp -d) && trap 'rm -rf "$$tool"' EXIT && \
		go -C .ci/tools/amounts build -o "$$tool/amounts" . && \
		echo "amounts ./server/..." && \
		"$$tool/amounts" -test=false ./server/...

.PHONY: lint-targets
lint-targets: ## Check that no assignment has more than three targets
	go -C .ci/tools/targets test ./...
	go run .ci/tools/targets/main.go .ci/tools client docs/examples ent/migrate ent/schema server

.PHONY: lint-proto
lint-proto: ## Check the protos, also against those of AGAINST (main)
	$(BUF) lint
	$(BUF) format --diff --exit-code --path proto/orderhub
	@if git cat-file -e $(AGAINST):buf.yaml 2>/dev/null; then \
		old=$$(mktemp -d) && trap 'rm -rf "$$old"' EXIT && \
		git archive $(AGAINST) buf.yaml proto | tar -x -C "$$old" && \
		echo "$(BUF) breaking --against $(AGAINST)" && \
		$(BUF) breaking --against "$$old"; \
	else \
		echo "$(AGAINST) has no protos to compare with"; \
	fi

.PHONY: lint-openapi
lint-openapi: ## Check the OpenAPI document with Redocly's rules and as TypeScript; fetches both with npx
	npx --yes @redocly/cli@2 lint --extends=recommended server/gateway/openapi/openapi.json
	npx --yes openapi-typescript@7 server/gateway/openapi/openapi.json -o /dev/null

.PHONY: check
check: build lint verify-generated test test-race fuzz ## All of the above that can fail
