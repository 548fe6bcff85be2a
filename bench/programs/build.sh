#!/bin/sh
# Build the benchmark programs into a folder: sh build.sh [FOLDER] (default: beside this file).
# PYTHON names an interpreter that has ziglang 0.17.0 and wasmtime 50 installed.
set -eu
programs=$(cd "$(dirname "$0")" && pwd)
mkdir -p "${1:-$programs}"
folder=$(cd "${1:-$programs}" && pwd)
python=${PYTHON:-python}
cd "$programs"

for name in fib dirty dispute; do
    "$python" - "$name.wat" "$folder/$name.wasm" <<'END'
import pathlib, sys, wasmtime
source, target = map(pathlib.Path, sys.argv[1:])
target.write_bytes(wasmtime.wat2wasm(source.read_text()))
END
done

for name in sieve sha256 json; do
    "$python" -m ziglang cc --target=wasm32-freestanding -mcpu=mvp -std=c23 -O2 -g0 \
        -Wall -Wextra -Werror -ffreestanding -fno-builtin -nostdlib \
        -Wl,--no-entry -Wl,--export=run -Wl,-z,stack-size=1024 \
        -Wl,--initial-memory=131072 -Wl,--max-memory=131072 \
        -o "$folder/$name.wasm" "$name.c"
    chmod 644 "$folder/$name.wasm" # the linker makes executables
done
