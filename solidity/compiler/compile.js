// Compile standard JSON from standard input to standard output, with the pinned solc.
//
// Nothing is read besides: the input holds all sources, and an import of another fails. The first
// line of the output is the compiler's own version, the rest its standard JSON.
"use strict";

const solc = require("solc");
const { readFileSync } = require("node:fs");

const input = readFileSync(0, "utf8");
process.stdout.write(`${solc.version()}\n${solc.compile(input)}\n`);
