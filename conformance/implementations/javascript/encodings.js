// Encodings: what is hashed, byte for byte. Specification: ../../formats/encodings/README.md

import { ZERO, bytes, fail, hex, join, keccak, number, quantity, uint } from "./bytes.js";

const U32 = 0xffffffffn;
const U64 = 0xffffffffffffffffn;

const hashed = (preimage) => ({ preimage: hex(preimage), hash: hex(keccak(preimage)) });

// I-2: codes by the greatest immediates that they may have, [a, b].
const LIMITS = new Map();
const codes = (first, last, a = 0n, b = 0n) => {
  for (let code = first; code <= last; code++) LIMITS.set(code, [a, b]);
};
for (const [first, last] of [[0x10, 0x11], [0x20, 0x24], [0x28, 0x29], [0x2c, 0x37], [0x3a, 0x3e], [0xe0, 0xe3]])
  codes(first, last, U32);
for (const [first, last] of [[0x0f, 0x0f], [0x1a, 0x1b], [0x3f, 0x40], [0x45, 0x5a], [0x67, 0x8a], [0xa7, 0xa7]])
  codes(first, last);
for (const [first, last] of [[0xac, 0xad], [0xc0, 0xc4], [0xe4, 0xe4], [0xf0, 0xf8]]) codes(first, last);
codes(0x41, 0x41, 0n, U32);
codes(0x42, 0x42, 0n, U64);
codes(0xe5, 0xe5, 8n);
codes(0xe6, 0xe6, 1n);
codes(0xe7, 0xe7, 14n);
const TRAP = 0xe7;

// S-1: the fields of the record's first word, each with its size.
const HEADER = [
  ["status", 1], ["trap", 1], ["result", 8], ["pc", 4], ["fuel", 4], ["call_depth", 2],
  ["memory_pages", 2], ["memory_max", 2], ["table_length", 2], ["code_depth", 1], ["memory_depth", 1],
  ["table_depth", 1], ["globals_depth", 1], ["locals_depth", 1],
];
const ROOTS = [
  "stack", "frames", "locals_root", "globals_root", "memory_root", "table_root", "code_root", "db_root", "message",
];

// P-1, in the order in which P-2 hashes them.
const PROFILE = [
  "semantics_version", "memory_pages_max", "table_entries_max", "code_instructions_max", "locals_max", "params_max",
  "globals_max", "call_depth_max", "operand_height_max", "key_bytes_max", "value_bytes_max", "message_bytes_max",
  "message_read_bytes_max", "fuel_max",
];

// M-13
const push = (chain, item) => keccak(join(chain, item));
const u64 = (value) => uint(BigInt(value), 8);

// V-2: everything but the arguments is fixed.
const SELECTOR = keccak(Buffer.from("oneStepVerify(bytes,bytes,bytes,bytes32)")).subarray(0, 4);
const OFFSETS = join(uint(0x80, 32), uint(0x1e0, 32), uint(0x220, 32));

function encodeCall({ pre_state, op, witness, post_state }) {
  const padding = Buffer.alloc((32 - (witness.length % 32)) % 32);
  return join(
    SELECTOR, OFFSETS, post_state, uint(320, 32), pre_state, uint(16, 32), op, Buffer.alloc(16),
    uint(witness.length, 32), witness, padding,
  );
}

export default {
  keccak: ({ data }) => hex(keccak(bytes(data))),

  instruction({ word }) {
    const data = bytes(word);
    const code = data[0];
    const [a, b] = [number(data.subarray(4, 8)), number(data.subarray(8))];
    const limits = LIMITS.get(code);
    if (!limits || number(data.subarray(1, 4)) || a > limits[0] || b > limits[1]) return null;
    if (code === TRAP && a === 0n) return null;
    return { code, a: Number(a), b: quantity(b) };
  },

  record_encode(fields) {
    const header = HEADER.map(([name, size]) => uint(BigInt(fields[name]), size));
    return hashed(join(...header, Buffer.from([1]), ...ROOTS.map((name) => bytes(fields[name]))));
  },

  record_decode({ record }) {
    const data = bytes(record);
    if (data.length !== 320) fail("RecordError.RecordLengthMismatch");
    if (data[31] !== 1) fail("RecordError.RecordVersionMismatch");
    if (data[0] > 2) fail("RecordError.StatusOutOfRange");
    if (data[1] > 14) fail("RecordError.TrapCodeOutOfRange");
    const fields = {};
    let at = 0;
    for (const [name, size] of HEADER) {
      const value = number(data.subarray(at, at + size));
      fields[name] = size === 8 ? quantity(value) : Number(value);
      at += size;
    }
    ROOTS.forEach((name, i) => (fields[name] = hex(data.subarray(32 * (i + 1), 32 * (i + 2)))));
    return fields;
  },

  message({ turn, sender, payload }) {
    const data = bytes(payload);
    if (BigInt(turn) > U64) fail("MessageError.TurnOutOfRange");
    if (BigInt(sender) > U32) fail("MessageError.SenderOutOfRange");
    if (data.length > 4096) fail("MessageError.PayloadTooLong");
    return hashed(join(u64(turn), uint(sender, 4), uint(data.length, 4), keccak(data)));
  },

  profile: (limits) =>
    hashed(join(Buffer.from("channels/profile/v1"), ...PROFILE.map((name) => uint(limits[name], 4)))),

  reducer_id: ({ wasm_hash, profile_hash, genesis_hash }) =>
    hashed(join(Buffer.from("channels/reducer/v1"), bytes(wasm_hash), bytes(profile_hash), bytes(genesis_hash))),

  stack_chain: ({ values }) => hex(values.map(u64).reduce(push, ZERO)),

  stack_push: ({ chain, value }) => hex(push(bytes(chain), u64(value))),

  stack_open({ chain, previous, values }) {
    const actual = values.map(u64).reduce(push, bytes(previous));
    return actual.equals(bytes(chain)) || fail("ProofError.ChainMismatch");
  },

  frame_chain({ frames }) {
    const items = frames.map((frame) =>
      join(bytes(frame.locals_root), uint(frame.return_pc, 4), uint(frame.locals_depth, 1)),
    );
    return hex(items.reduce(push, ZERO));
  },

  calldata_encode: (call) =>
    hex(encodeCall(Object.fromEntries(Object.entries(call).map(([name, value]) => [name, bytes(value)])))),

  calldata_decode({ calldata }) {
    const data = bytes(calldata);
    if (!data.subarray(0, 4).equals(SELECTOR)) fail("VerifierError.UnknownSelector");
    const length = number(data.subarray(548, 580));
    if (data.length < 580 || length > U32) fail("VerifierError.CalldataNotCanonical");
    const call = {
      pre_state: data.subarray(164, 484),
      op: data.subarray(516, 532),
      witness: data.subarray(580, 580 + Number(length)),
      post_state: data.subarray(100, 132),
    };
    // Canonical means: what it says, written down anew, is what was given.
    if (!encodeCall(call).equals(data)) fail("VerifierError.CalldataNotCanonical");
    return Object.fromEntries(Object.entries(call).map(([name, value]) => [name, hex(value)]));
  },
};
