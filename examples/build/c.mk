# C, with the clang of ziglang 0.17.0 (PyPI). CC_WASM names the compiler and its target.
#
# mvp is WebAssembly 1.0; bulk_memory adds memory.copy and memory.fill, which are in the profile: without it clang calls
# memcpy and memset, which -nostdlib leaves out. -fsanitize makes what C leaves undefined (an index out of bounds, a
# signed overflow) a trap. The stack is at the bottom of memory, so that one that is too deep traps instead of
# overwriting data. -g0 leaves out debug sections; the names of functions stay.

CC_WASM ?= $(PYTHON) -m ziglang cc --target=wasm32-freestanding
C_FLAGS := -std=c11 -O2 -g0 -Wall -Wextra -Werror -mcpu=mvp+bulk_memory -fsanitize=undefined -fsanitize-trap=undefined \
	-nostdlib -Wl,--no-entry -Wl,-z,stack-size=16384

C_EXAMPLES := dice/dice tic_tac_toe_db/c/tic_tac_toe
C_MODULES := $(C_EXAMPLES:%=$(OUT)/%.wasm)

LANGUAGES += c
c: $(C_MODULES) $(OUT)/skirmish/c/skirmish.wasm

$(C_MODULES): $(OUT)/%.wasm: %.c $(BINDINGS)/channels.h build/c.mk
	@mkdir -p $(@D)
	$(CC_WASM) $(C_FLAGS) -I $(BINDINGS) $< -o $@
	@chmod 644 $@ # the linker makes executables

$(OUT)/skirmish/c/sql.h: skirmish/schema.sql skirmish/queries.sql
	@mkdir -p $(@D)
	$(CHANNELS) sql bindings --lang c $(SKIRMISH) -o $@

$(OUT)/skirmish/c/skirmish.wasm: skirmish/c/skirmish.c $(OUT)/skirmish/c/sql.h $(BINDINGS)/channels.h build/c.mk
	$(CC_WASM) $(C_FLAGS) -I $(BINDINGS) $< -o $(@D)/module.wasm
	$(CHANNELS) sql link $(@D)/module.wasm $(SKIRMISH) -o $@
	@rm $(@D)/module.wasm
