// Bytes, integers and the hash: what every format needs, and nothing of any.

import sha3 from "js-sha3";

export class Refused extends Error {
  // `code` is what a vector expects: "ProofError.RootMismatch".
  constructor(code) {
    super(code);
    this.code = code;
  }
}

export const fail = (code) => {
  throw new Refused(code);
};

export const bytes = (text) => Buffer.from(text.slice(2), "hex");
export const hex = (data) => "0x" + data.toString("hex");
export const quantity = (value) => "0x" + value.toString(16);
export const join = (...parts) => Buffer.concat(parts);

// M-1
export const keccak = (data) => Buffer.from(sha3.keccak256.arrayBuffer(data));

export const uint = (value, size) => Buffer.from(BigInt(value).toString(16).padStart(2 * size, "0"), "hex");
export const number = (data) => (data.length ? BigInt("0x" + data.toString("hex")) : 0n);

export const ZERO = Buffer.alloc(32);

// Bytes that are read from their beginning; beyond their end they are zeros (V-3).
export class Reader {
  constructor(data) {
    this.data = data;
    this.at = 0;
  }

  take(count) {
    const part = Buffer.alloc(count);
    this.data.copy(part, 0, this.at, this.at + count);
    this.at += count;
    return part;
  }

  uint(size) {
    return Number(number(this.take(size)));
  }

  end() {
    if (this.at !== this.data.length) fail("VerifierError.WitnessLengthMismatch");
  }
}
