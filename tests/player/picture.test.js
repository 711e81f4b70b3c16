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
  const graph = { edges: [{ from: 0 }, { from: 0 }], nodes: [{ box: [0, 0, 10, 10] }, { box: [30, 0, 10, 12], edges: [0, 1], own: new Set() }] };
  const edge = (number, path = "") => pathOf(graph, { number, from: 0, to: 1, path });
  assert.equal(edge(0, "M1 1C1 1 1 1 1 1"), "M1 1C1 1 1 1 1 1");
  assert.equal(edge(0), "M10 5C20 5 20 4 30 4");
  assert.equal(edge(1), "M10 5C20 5 20 8 30 8");
});

test("where a leaf stands beside its node, other edges pass below it", () => {
  const boxes = [[0, 70, 10, 10], [60, 0, 20, 60], [100, 28, 20, 68]];
  const graph = { edges: [{ from: 0 }, { from: 1 }], nodes: boxes.map((box) => ({ box, edges: [0, 1], own: new Set([1]) })) };
  const ends = [0, 1].map((from) => pathOf(graph, { number: from, from, to: 2, path: "" }).split(" ").pop());
  assert.deepEqual(ends, ["84H100", "50"]); // in the lane of 24 below y = 72, and above it
});
