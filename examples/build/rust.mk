# Rust 1.63, from Debian 12 (rustc, libstd-rust-dev-wasm32, lld-14). RUSTC names the compiler, RUST_LINKER its linker.
#
# target-cpu=mvp is WebAssembly 1.0. overflow-checks and panic=abort make an overflow, or an index out of range, a trap.
# lto leaves out what is not used. --strip-debug leaves out debug sections, and the paths in them, but keeps the names
# of functions, which --demangle makes readable. rustc puts the stack at the bottom of memory, so that one that is too
# deep traps instead of overwriting data. rustc runs where the source is, because panics name its path from there.

RUSTC ?= /usr/bin/rustc
RUST_LINKER ?= wasm-ld-14
RUST_FLAGS := --edition 2021 --crate-type cdylib --crate-name reducer --target wasm32-unknown-unknown \
	-C target-cpu=mvp -C opt-level=s -C overflow-checks=on -C panic=abort -C lto \
	-C linker=$(RUST_LINKER) -C linker-flavor=wasm-ld \
	-C link-arg=--strip-debug -C link-arg=--demangle -C link-arg=-zstack-size=65536

RUST_EXAMPLES := document/document tic_tac_toe_db/rust/tic_tac_toe
RUST_MODULES := $(RUST_EXAMPLES:%=$(OUT)/%.wasm)

LANGUAGES += rust
rust: $(RUST_MODULES)

$(RUST_MODULES): $(OUT)/%.wasm: %.rs $(BINDINGS)/channels.rs build/rust.mk
	@mkdir -p $(@D)
	cd $(<D) && $(RUSTC) $(RUST_FLAGS) $(<F) -o $@
	@chmod 644 $@ # the linker makes executables
