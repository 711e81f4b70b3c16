"use strict";
const assert = require("node:assert/strict");
const test = require("node:test");
const { middleOf, pathOf } = require("../../autograd/player/picture.js");

test("the middle of a path of one, two and three curves", () => {
  assert.deepEqual(middleOf("M0 0C2 0 4 0 6 0"), [3, 0]);
  assert.deepEqual(middleOf("M0 -1C1 0 2 0 3 4 5 0 6 0 7 7"), [3, 4]);
  assert.deepEqual(middleOf("M0 0C1 0 2 0 3 0 4 8 5 8 6 0 7 0 8 0 9 9"), [4.5, 6]);
});

test("an edge that Graphviz drew is taken as it is, others arrive one below the other", () => {
  const graph = { nodes: [{ box: [0, 0, 10, 10] }, { box: [30, 0, 10, 12], edges: [0, 1] }] };
  const edge = (number, path = "") => pathOf(graph, { number, from: 0, to: 1, path });
  assert.equal(edge(0, "M1 1C1 1 1 1 1 1"), "M1 1C1 1 1 1 1 1");
  assert.equal(edge(0), "M10 5C20 5 20 4 30 4");
  assert.equal(edge(1), "M10 5C20 5 20 8 30 8");
});
