# Zig, from ziglang 0.17.0 (PyPI). ZIG names the compiler.
#
# mvp+bulk_memory is WebAssembly 1.0 with memory.copy and memory.fill, which are in the profile; without them Zig calls
# memcpy and memset of its compiler_rt. ReleaseSafe keeps the checks of overflows and indices: they trap. build-obj and
# wasm-ld, instead of build-exe, leave out debug sections, and the paths in them, but keep the names of functions. The
# stack is at the bottom of memory, so that one that is too deep traps instead of overwriting data.

ZIG ?= $(PYTHON) -m ziglang
ZIG_FLAGS := -target wasm32-freestanding -mcpu=mvp+bulk_memory -O ReleaseSafe -fno-strip
ZIG_LINK_FLAGS := --no-entry --export=reduce --strip-debug --stack-first -z stack-size=65536

ZIG_EXAMPLES := tactics/tactics tic_tac_toe_db/zig/tic_tac_toe
ZIG_MODULES := $(ZIG_EXAMPLES:%=$(OUT)/%.wasm)

LANGUAGES += zig
zig: $(ZIG_MODULES)

$(ZIG_MODULES): $(OUT)/%.wasm: %.zig $(BINDINGS)/channels.zig build/zig.mk
	@mkdir -p $(@D)
	$(ZIG) build-obj $(ZIG_FLAGS) --dep channels -Mroot=$< -Mchannels=$(BINDINGS)/channels.zig -femit-bin=$(@:.wasm=.o)
	$(ZIG) wasm-ld $(ZIG_LINK_FLAGS) $(@:.wasm=.o) -o $@
	@rm $(@:.wasm=.o)
	@chmod 644 $@ # the linker makes executables
