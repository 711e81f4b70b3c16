"use strict";
const assert = require("node:assert/strict");
const test = require("node:test");
const { decoded, located, states, contributionsTo } = require("../../autograd/player/record.js");

// E = x * x + relu(v), with x = 3 and v = -1, where relu passes nothing; then x changes to 2. A second pass follows.
const graph = {
  nodes: [["x", "parameter", "", "", [], ""], ["", "computed", "multiply", "*", [0, 0], ""], ["v", "leaf", "", "", [], ""],
    ["r", "computed", "relu", "relu", [2], ""], ["E", "computed", "add", "+", [1, 3], ""]],
  boxes: [[0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1], [0, 0, 1, 1]],
  edges: ["", "", "", "", ""],
  size: [1, 1],
};
const numbers = [3, 9, -1, 0, 1, 6, 2, "NaN", "Infinity"];
const pass = {
  graph: 0, data: [0, 1, 2, 3, 1], earlier: [3, 3, 3, 3, 3], partials: [0, 0, null, 4, 4], forward: [1, 3, 4],
  backward: [[4, 4], [3, 4], [1, 4]], update: [[0, 5, 0, 6]],
};
const recording = decoded({ title: "t", step: 0, numbers, graphs: [graph], passes: [pass, { ...pass, earlier: [5, 3, 3, 3, 3], update: [] }] });
const [first] = recording.passes;

test("numbers come out of the table, nan and infinity too", () => {
  assert.deepEqual(first.data, [3, 9, -1, 0, 9]);
  const odd = decoded({ title: "", step: 0, numbers, graphs: [graph], passes: [{ ...pass, data: [7, 8, 2, 3, 1] }] });
  assert.ok(Number.isNaN(odd.passes[0].data[0]));
  assert.equal(odd.passes[0].data[1], Infinity);
});

test("each contribution knows its edge, and what was there before it", () => {
  const step = first.steps[5];
  assert.deepEqual(step.contributions.map((c) => [c.edge, c.before, c.amount, c.after, c.complete]), [[0, 0, 3, 3, false], [1, 3, 3, 6, true]]);
  assert.deepEqual(first.steps[4].contributions, []);
});

test("every pass starts from 0; what leaves had from earlier ones stands apart", () => {
  assert.equal(recording.passes[1].steps[5].contributions[0].before, 0);
  assert.equal(recording.passes[1].earlier[0], 6);
  assert.equal(states(recording.passes[1], 0).nodes[0].gradient, 0);
});

test("steps are numbered through all passes", () => {
  assert.equal(recording.length, 13);
  const at = (k) => [located(recording, k).number, located(recording, k).done];
  assert.deepEqual([0, 1, 7, 8, 13].map(at), [[0, 0], [0, 1], [0, 7], [1, 1], [1, 6]]);
  assert.equal(located(recording, 0).step, null);
});

test("before the first step only leaves have data, and no gradient has run", () => {
  const { nodes } = states(first, 0);
  assert.deepEqual(nodes.map((n) => n.data), [3, null, -1, null, null]);
  assert.ok(nodes.every((n) => n.status === "waiting"));
});

test("forward, one node after the other gets its number", () => {
  const { phase, nodes, edges } = states(first, 2);
  assert.equal(phase, "forward");
  assert.deepEqual(nodes.map((n) => n.place), ["done", "done", "done", "current", "pending"]);
  assert.deepEqual(edges, ["done", "done", "current", "pending", "pending"]);
});

test("backward, what nothing flows to is told from what still waits", () => {
  const { nodes, edges } = states(first, 4);
  assert.deepEqual(nodes.map((n) => n.status), ["waiting", "complete", "unreached", "complete", "complete"]);
  assert.deepEqual(nodes.map((n) => n.gradient), [0, 1, 0, 1, 1]);
  assert.equal(edges[2], "blocked");
  assert.deepEqual(edges.slice(3), ["current", "current"]);
});

test("a gradient that other branches still owe to is partial", () => {
  const halved = { ...first, steps: first.steps.map((s, i) => (i === 5 ? { ...s, contributions: s.contributions.slice(0, 1) } : s)) };
  const { nodes } = states(halved, 6);
  assert.deepEqual([nodes[0].status, nodes[0].got, nodes[0].expected, nodes[0].gradient], ["partial", 1, 2, 3]);
});

test("an update shows the old number and the new one, and keeps the gradients", () => {
  const { phase, nodes } = states(first, 7);
  assert.equal(phase, "update");
  assert.deepEqual([nodes[0].old, nodes[0].data, nodes[0].gradient, nodes[0].place], [3, 2, 6, "current"]);
});

test("all contributions to a node are found, with the step each happens at", () => {
  assert.deepEqual(contributionsTo(first, 0).map((c) => [c.step, c.from, c.gradient, c.partial, c.amount]), [[6, 1, 1, 3, 3], [6, 1, 1, 3, 3]]);
  assert.deepEqual(contributionsTo(first, 2), []);
});
