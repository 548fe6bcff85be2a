// Word trees and their windows. Specification: ../../formats/word_tree/README.md
//
// Indices have up to 34 bits: JavaScript's numbers hold them, its bit operators do not.

import { ZERO, bytes, fail, hex, join, keccak } from "./bytes.js";

const DEPTH_MAX = 32;

// M-6: the roots of zero trees.
const ZEROS = [ZERO];
for (let depth = 0; depth < DEPTH_MAX; depth++) ZEROS.push(keccak(join(ZEROS[depth], ZEROS[depth])));

const checkDepth = (depth) => depth <= DEPTH_MAX || fail("ProofError.DepthOutOfRange");

// M-9
function checkRange(index, count, depth) {
  checkDepth(depth);
  if (count < 1 || index + count > 2 ** depth) fail("ProofError.WindowOutOfRange");
}

// M-8: the leaves that are not absent.
function leavesOf(data, depth) {
  const leaves = [];
  for (let at = 0; at < data.length; at += 32) {
    const leaf = Buffer.alloc(32);
    data.copy(leaf, 0, at, at + 32);
    leaves.push(leaf);
  }
  if (leaves.length) checkRange(0, leaves.length, depth);
  else checkDepth(depth);
  return leaves;
}

// M-4: each level above the leaves; what is not in a level is zero there.
function levelsOf(leaves, depth) {
  const levels = [leaves];
  for (let level = 0; level < depth; level++) {
    const below = levels[level];
    const above = [];
    for (let i = 0; i < below.length; i += 2) above.push(keccak(join(below[i], below[i + 1] ?? ZEROS[level])));
    levels.push(above);
  }
  return levels;
}

const rootOf = (data, depth) => levelsOf(leavesOf(data, depth), depth)[depth][0] ?? ZEROS[depth];

// M-10, M-11: call `left` and `right` where the fold takes a sibling at a level.
function walk(index, count, depth, { left, right, level }) {
  let [first, last] = [index, index + count - 1];
  for (let height = 0; height < depth; height++) {
    if (first % 2 === 1) left(height, first - 1);
    if (last % 2 === 0) right(height, last + 1);
    level?.();
    first = Math.floor(first / 2);
    last = Math.floor(last / 2);
  }
}

function siblingCount(index, count, depth) {
  checkRange(index, count, depth);
  let total = 0;
  walk(index, count, depth, { left: () => total++, right: () => total++ });
  return total;
}

// M-10
function fold(leaves, siblings, index, depth) {
  if (siblings.length !== siblingCount(index, leaves.length, depth)) fail("ProofError.SiblingCountMismatch");
  // M-33: two words of 31 and 33 bytes would pass for two of 32.
  if ([...leaves, ...siblings].some((word) => word.length !== 32)) fail("ProofError.WordLengthMismatch");
  let nodes = [...leaves];
  let taken = 0;
  walk(index, leaves.length, depth, {
    left: () => nodes.unshift(siblings[taken++]),
    right: () => nodes.push(siblings[taken++]),
    level: () => (nodes = nodes.flatMap((node, i) => (i % 2 ? [] : [keccak(join(node, nodes[i + 1]))]))),
  });
  return nodes[0];
}

function open({ root, depth, index, leaves, siblings }) {
  const actual = fold(leaves.map(bytes), siblings.map(bytes), index, depth);
  return actual.equals(bytes(root)) || fail("ProofError.RootMismatch");
}

export default {
  depth({ leaf_count }) {
    let depth = 0;
    while (2 ** depth < leaf_count) depth++;
    checkDepth(depth);
    return depth;
  },

  zero_root: ({ depth }) => checkDepth(depth) && hex(ZEROS[depth]),

  root: ({ data, depth }) => hex(rootOf(bytes(data), depth)),

  // M-35
  deepened_root({ data, depth, new_depth }) {
    checkDepth(new_depth);
    let root = rootOf(bytes(data), depth);
    for (let level = depth; level < new_depth; level++) root = keccak(join(root, ZEROS[level]));
    return hex(root);
  },

  sibling_count: ({ index, count, depth }) => siblingCount(index, count, depth),

  prove({ data, depth, index, count }) {
    checkRange(index, count, depth);
    const levels = levelsOf(leavesOf(bytes(data), depth), depth);
    const node = (level, at) => hex(levels[level][at] ?? ZEROS[level]);
    const siblings = [];
    const take = (level, at) => siblings.push(node(level, at));
    walk(index, count, depth, { left: take, right: take });
    return { leaves: Array.from({ length: count }, (_, i) => node(0, index + i)), siblings };
  },

  open,

  // M-12: the window is opened before the leaves are replaced.
  update(window) {
    open(window);
    const { leaves, siblings, index, depth, new_leaves } = window;
    if (new_leaves.length !== leaves.length) fail("ProofError.LeafCountMismatch");
    return hex(fold(new_leaves.map(bytes), siblings.map(bytes), index, depth));
  },
};
