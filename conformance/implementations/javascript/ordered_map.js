// The ordered map: roots and proofs. Specification: ../../formats/ordered_map/README.md

import { Reader, ZERO, bytes, fail, hex, join, keccak, uint } from "./bytes.js";

const [LEFT, RIGHT] = [0, 1];

// M-16: bit `bit` of a key; beyond its last bit, 0.
function bitAt(key, bit) {
  const [byte, place] = [Math.floor(bit / 9), bit % 9];
  return byte < key.length ? ((256 | key[byte]) >> (8 - place)) & 1 : 0;
}

const bitCount = (key) => 9 * key.length + 1;

// M-19
function firstDiff(one, other) {
  for (let bit = 0; bit < Math.max(bitCount(one), bitCount(other)); bit++)
    if (bitAt(one, bit) !== bitAt(other, bit)) return bit;
  return null;
}

// M-17
const leafHash = (key, valueHash) => keccak(join(Buffer.from([0]), keccak(key), valueHash));
const branchHash = (bit, left, right) => keccak(join(Buffer.from([1]), uint(bit, 2), left, right));

// M-15
const checkRowKey = (key) => (key.length >= 1 && key.length <= 80) || fail("ProofError.KeyLengthOutOfRange");
const checkSearchKey = (key) => key.length <= 80 || fail("ProofError.KeyLengthOutOfRange");
const checkValue = (length) => length <= 1024 || fail("ProofError.ValueTooLong");

// M-18: of rows in order, the first and the last part where all of them do.
function rootOf(rows) {
  if (!rows.length) return ZERO;
  const [first, last] = [rows[0], rows[rows.length - 1]];
  const bit = firstDiff(first.key, last.key);
  if (bit === null) return leafHash(first.key, keccak(first.value));
  const right = rows.findIndex((row) => bitAt(row.key, bit) === RIGHT);
  return branchHash(bit, rootOf(rows.slice(0, right)), rootOf(rows.slice(right)));
}

function sorted(rows) {
  return rows.sort((one, other) => Buffer.compare(one.key, other.key));
}

function checkedRow({ key, value }) {
  const row = { key: bytes(key), value: bytes(value) };
  checkRowKey(row.key);
  checkValue(row.value.length);
  return row;
}

// -- parts of proofs (M-37) -----------------------------------------------------------------------

const readBranches = (reader) =>
  Array.from({ length: reader.uint(2) }, () => ({ bit: reader.uint(2), sibling: reader.take(32) }));

function readRow(reader) {
  const length = reader.uint(1);
  if (length < 1 || length > 80) fail("ProofError.KeyLengthOutOfRange");
  return { key: reader.take(length), valueHash: reader.take(32) };
}

const readPath = (reader) => ({ ...readRow(reader), branches: readBranches(reader) });
const readPathOf = (key, reader) => ({ key, valueHash: reader.take(32), branches: readBranches(reader) });

// -- checks, in the order of M-36 -----------------------------------------------------------------

// M-20, and what a proof asks of each branch.
function checkBranches(branches, { limit, least = 0, also = () => {} }) {
  for (const { bit } of branches) {
    if (bit < least || bit >= limit) fail("ProofError.PathNotDescending");
    also(bit);
    limit = bit;
  }
}

// M-21
function fold(node, key, branches) {
  for (const { bit, sibling } of branches)
    node = bitAt(key, bit) ? branchHash(bit, sibling, node) : branchHash(bit, node, sibling);
  return node;
}

const foldPath = ({ key, valueHash, branches }) => fold(leafHash(key, valueHash), key, branches);

const checkRoot = (root, actual) => actual.equals(root) || fail("ProofError.RootMismatch");
const checkEmpty = (root) => root.equals(ZERO) || fail("ProofError.MapNotEmpty");

function verifyPath(root, path) {
  checkRowKey(path.key);
  checkBranches(path.branches, { limit: bitCount(path.key) });
  checkRoot(root, foldPath(path));
}

// M-24: the bit at which the key leaves the path of a row that is there.
function verifyNeighbour(root, path, key) {
  const bit = firstDiff(key, path.key);
  if (bit === null) fail("ProofError.KeyPresent");
  const also = (at) => at !== bit || fail("ProofError.BitOnPath");
  checkBranches(path.branches, { limit: bitCount(path.key), also });
  checkRoot(root, foldPath(path));
  return bit;
}

function checkBefore(lesser, greater, orEqual) {
  const order = Buffer.compare(lesser, greater);
  if (order > 0 || (order === 0 && !orEqual)) fail("ProofError.KeyOutOfOrder");
}

// M-28: a row stands on one side at every branch.
function checkEdge(path, side, least = 0) {
  const also = (bit) => bitAt(path.key, bit) === side || fail("ProofError.RowNotAtEdge");
  checkBranches(path.branches, { limit: bitCount(path.key), least, also });
}

// -- questions ------------------------------------------------------------------------------------

const unlisted = () => fail("ProofError.ProofKindOutOfRange");

// Read a proof by its kind, answer, and hold the proof to its end (V-3).
function answer(proof, kinds) {
  const reader = new Reader(bytes(proof));
  const found = (kinds[reader.uint(1)] ?? unlisted)(reader);
  reader.end();
  return found;
}

// M-26
function insert(root, key, value, neighbour) {
  checkRowKey(key);
  checkValue(value.length);
  const leaf = leafHash(key, keccak(value));
  if (!neighbour) {
    checkEmpty(root);
    return leaf;
  }
  const bit = verifyNeighbour(root, neighbour, key);
  const below = neighbour.branches.filter((branch) => branch.bit > bit);
  const above = neighbour.branches.filter((branch) => branch.bit < bit);
  const sibling = foldPath({ ...neighbour, branches: below });
  return fold(leaf, key, [{ bit, sibling }, ...above]);
}

// M-25
function update(root, path, value) {
  checkValue(value.length);
  verifyPath(root, path);
  return foldPath({ ...path, valueHash: keccak(value) });
}

// M-27
function remove(root, path) {
  verifyPath(root, path);
  const [parent, ...above] = path.branches;
  return parent ? fold(parent.sibling, path.key, above) : ZERO;
}

// M-28 to M-30: both directions; a seek back is the mirror.
function seek({ root: rootText, query: queryText, strict, proof }, back) {
  const [root, query] = [bytes(rootText), bytes(queryText)];
  const edge = (side) => (reader) => {
    const path = readPath(reader);
    checkSearchKey(query);
    // The row beyond which there is none answers from its far side, or shows that there is nothing.
    const finds = (side === LEFT) !== back;
    const or = strict && !finds;
    if (side === LEFT) checkBefore(query, path.key, or);
    else checkBefore(path.key, query, or);
    checkEdge(path, side);
    checkRoot(root, foldPath(path));
    return finds ? hex(path.key) : null;
  };
  return answer(proof, [
    () => (checkSearchKey(query), checkEmpty(root), null),
    (reader) => {
      if (strict) fail("ProofError.KeyOutOfOrder");
      const path = readPathOf(query, reader);
      checkSearchKey(query);
      verifyPath(root, path);
      return hex(query);
    },
    edge(LEFT),
    edge(RIGHT),
    (reader) => {
      const [before, after] = [readRow(reader), readRow(reader)];
      before.branches = readBranches(reader);
      after.branches = readBranches(reader);
      const shared = readBranches(reader);
      checkSearchKey(query);
      checkBefore(before.key, query, strict && !back);
      checkBefore(query, after.key, strict && back);
      const bit = firstDiff(before.key, after.key);
      checkEdge(before, RIGHT, bit + 1);
      checkEdge(after, LEFT, bit + 1);
      checkBranches(shared, { limit: bit });
      const node = branchHash(bit, foldPath(before), foldPath(after));
      checkRoot(root, fold(node, before.key, shared));
      return hex(back ? before.key : after.key);
    },
  ]);
}

export default {
  key_bits: ({ key }) => {
    const data = bytes(key);
    return Array.from({ length: bitCount(data) }, (_, bit) => bitAt(data, bit)).join("");
  },

  first_diff: ({ one, other }) => firstDiff(bytes(one), bytes(other)),

  root: ({ rows }) => hex(rootOf(sorted(rows.map(checkedRow)))),

  history({ changes }) {
    const rows = new Map();
    return changes.map(({ key, value }) => {
      if (value === null) rows.delete(key);
      else rows.set(key, checkedRow({ key, value }));
      return hex(rootOf(sorted([...rows.values()])));
    });
  },

  get({ root: rootText, key: keyText, proof }) {
    const [root, key] = [bytes(rootText), bytes(keyText)];
    return answer(proof, [
      () => (checkSearchKey(key), checkEmpty(root), null),
      (reader) => {
        const length = reader.uint(2);
        checkValue(length);
        const value = reader.take(length);
        verifyPath(root, { key, valueHash: keccak(value), branches: readBranches(reader) });
        return hex(value);
      },
      (reader) => {
        const path = readPath(reader);
        checkSearchKey(key);
        verifyNeighbour(root, path, key);
        return null;
      },
    ]);
  },

  put({ root: rootText, key: keyText, value: valueText, proof }) {
    const [root, key, value] = [bytes(rootText), bytes(keyText), bytes(valueText)];
    return answer(proof, [
      () => hex(insert(root, key, value, null)),
      (reader) => hex(update(root, readPathOf(key, reader), value)),
      (reader) => hex(insert(root, key, value, readPath(reader))),
    ]);
  },

  delete({ root: rootText, key: keyText, proof }) {
    const [root, key] = [bytes(rootText), bytes(keyText)];
    return answer(proof, [
      () => (checkSearchKey(key), checkEmpty(root), hex(root)),
      (reader) => hex(remove(root, readPathOf(key, reader))),
      (reader) => {
        const path = readPath(reader);
        checkSearchKey(key);
        verifyNeighbour(root, path, key);
        return hex(root);
      },
    ]);
  },

  seek: (asked) => seek(asked, false),
  seek_back: (asked) => seek(asked, true),
};
