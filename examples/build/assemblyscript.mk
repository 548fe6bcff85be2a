# AssemblyScript 0.28.20, from npm (`npm ci`). ASC names the compiler.
#
# --debug keeps the names of functions (and nothing else); `--use abort=` makes a failing assert, a full array or a
# missing key in a Map an `unreachable` instead of a call of `env.abort`. asc runs where the source is, because the
# names of functions hold the path from there.

ASC ?= $(CURDIR)/node_modules/.bin/asc
ASC_FLAGS := -O3 --debug --runtime stub --use abort= --disable bulk-memory,sign-extension,nontrapping-f2i,mutable-globals

ASC_EXAMPLES := auction/auction tic_tac_toe_db/assemblyscript/tic_tac_toe
ASC_MODULES := $(ASC_EXAMPLES:%=$(OUT)/%.wasm)
SEED_MODULE := $(OUT)/tic_tac_toe/tic_tac_toe.wasm

LANGUAGES += assemblyscript
assemblyscript: $(ASC_MODULES) $(SEED_MODULE) $(OUT)/skirmish/assemblyscript/skirmish.wasm

$(ASC_MODULES): $(OUT)/%.wasm: %.ts $(BINDINGS)/channels.ts build/assemblyscript.mk
	@mkdir -p $(@D)
	cd $(<D) && $(ASC) $(<F) $(ASC_FLAGS) -o $@

# The seed's reducer, with the seed's flags.
$(SEED_MODULE): tic_tac_toe/index.ts
	@mkdir -p $(@D)
	cd $(<D) && $(ASC) $(<F) --runtime stub -O -o $@

$(OUT)/skirmish/assemblyscript/sql.ts: skirmish/schema.sql skirmish/queries.sql
	@mkdir -p $(@D)
	$(CHANNELS) sql bindings --lang assemblyscript $(SKIRMISH) -o $@

$(OUT)/skirmish/assemblyscript/skirmish.wasm: skirmish/assemblyscript/skirmish.ts \
		$(OUT)/skirmish/assemblyscript/sql.ts $(BINDINGS)/channels.ts build/assemblyscript.mk
	cd $(<D) && $(ASC) $(<F) $(ASC_FLAGS) -o $(@D)/module.wasm
	$(CHANNELS) sql link $(@D)/module.wasm $(SKIRMISH) -o $@
	@rm $(@D)/module.wasm
