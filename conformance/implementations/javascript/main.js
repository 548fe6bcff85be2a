// The protocol of docs/vectors.md: one JSON line in, one JSON line out.
//
//     channels vectors consume --bin "node main.js"

import readline from "node:readline";

import { Refused } from "./bytes.js";
import encodings from "./encodings.js";
import ordered_map from "./ordered_map.js";
import word_tree from "./word_tree.js";

const FORMATS = { encodings, word_tree, ordered_map };

const HELLO = { implementation: "javascript-example", version: "1.0.0", formats: Object.keys(FORMATS) };

function answer({ id, format, function: name, input }) {
  const ask = FORMATS[format]?.[name];
  if (!ask) return { id, skip: `there is no ${format}.${name} here` };
  try {
    return { id, output: ask(input) };
  } catch (error) {
    // Anything else is a bug of ours: it ends this process, and costs one case.
    if (error instanceof Refused) return { id, error: error.code };
    throw error;
  }
}

for await (const line of readline.createInterface({ input: process.stdin })) {
  const asked = JSON.parse(line);
  process.stdout.write(JSON.stringify("protocol" in asked ? HELLO : answer(asked)) + "\n");
}
