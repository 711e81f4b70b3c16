"use strict";
const assert = require("node:assert/strict");
const test = require("node:test");
const { written, exact, whole, named, letter, shortened, contributionFormula, forwardFormula, updateFormula, definitions, told, gradientTold, gradientCaption } =
  require("../../autograd/player/notation.js");

const text = (formula) => (typeof formula === "string" ? formula : formula.slice(typeof formula[0] === "string" ? 1 : 0).map(text).join(" "));
const node = (label, kind, symbol, inputs, op = "", name = label) => ({ label, kind, symbol, inputs, op, name });
const passOf = (nodes, data) => ({ graph: { nodes: nodes.map((each, number) => ({ ...each, number })) }, data, root: nodes.length - 1 });

test("numbers are written to four digits with a true minus", () => {
  const table = [[-7.9799999999999995, "−7.98"], [2.1, "2.1"], [0, "0"], [-0, "0"], [100000, "100000"], [123456, "123500"], [1e6, "1×10⁶"],
    [999999, "1×10⁶"], [0.0001, "0.0001"], [-0.00001, "−1×10⁻⁵"], [1.23456e-9, "1.23×10⁻⁹"], [1e308, "1×10³⁰⁸"], [5e-324, "4.94×10⁻³²⁴"],
    [NaN, "NaN"], [Infinity, "∞"], [-Infinity, "−∞"]];
  for (const [x, expected] of table) assert.equal(written(x), expected);
  assert.equal(written(-7.9799999999999995, 6), "−7.98");
});

test("an exact number reads back as the same float", () => {
  for (const x of [0.1 + 0.2, -7.9799999999999995, 5e-324, 1e22]) assert.equal(Number(exact(x)), x);
  assert.equal(exact(-0), "-0.0");
});

test("a node is named by its label, a constant by its number, others by their formula or number", () => {
  const nodes = [node("w", "leaf", "", []), node("", "constant", "", []), node("", "computed", "*", [0, 1], "", "#2"), node("h", "computed", "+", [0, 1], "", "h⁽²⁾")];
  const pass = passOf(nodes, [1, 0.5, 0.5, 1.5]);
  assert.deepEqual([0, 1, 2, 3].map((n) => named(pass, n)), ["w", "0.5", "#2", "h⁽²⁾"]);
  assert.deepEqual([0, 1, 2, 3].map((n) => letter(pass, n)), ["w", "0.5", "#2", "h⁽²⁾"]);
});

test("a name that is itself a formula gets parentheses in a fraction", () => {
  const pass = passOf([node("w", "leaf", "", []), node("ŷ−y", "computed", "-", [0]), node("E", "computed", "*", [1])], [1, 2, 3]);
  const formula = text(contributionFormula(pass, 1, 2, { input: 0, partial: 1, amount: 2 }));
  assert.match(formula, /∂ \(ŷ−y\)/);
  assert.match(formula, /∂ w/);
});

test("the root's formula writes nodes without a label out, and those it depends on follow", () => {
  const nodes = [node("w", "parameter", "", []), node("x", "leaf", "", []), node("ŷ", "computed", "*", [0, 1], "multiply"), node("y", "leaf", "", []),
    node("", "computed", "-", [2, 3], "subtract"), node("", "constant", "", []), node("E", "computed", "**", [4, 5], "constant_power")];
  const lines = definitions(passOf(nodes, [1, 2, 2, 5, -3, 2, 9])).map((line) => text(line).replace(/ /g, ""));
  assert.deepEqual(lines, ["E=(ŷ−y)2", "ŷ=w×x"]);
});

test("a long name keeps both of its ends, and whole letters", () => {
  assert.equal([...shortened("😀".repeat(40))].length, 22);
  assert.equal(shortened("abcdefghijklmnopqrstuvwxyz"), "abcdefghijkl…rstuvwxyz");
  assert.equal(shortened("ŷ"), "ŷ");
});

test("the chain rule is written with names and with the numbers of the step", () => {
  const pass = passOf([node("w", "leaf", "", []), node("ŷ", "computed", "*", [0, 0]), node("E", "computed", "**", [1, 1])], [1, 2.1, 3.61]);
  const formula = contributionFormula(pass, 1, -3.8, { input: 0, partial: 2.1, amount: -7.98 });
  assert.equal(text(formula).replace(/ /g, ""), "∂E∂w+=∂E∂ŷ×∂ŷ∂w=−3.8×2.1=−7.98");
  const negative = contributionFormula(pass, 1, 2, { input: 0, partial: -3, amount: -6 });
  assert.match(text(negative).replace(/ /g, ""), /=2×\(−3\)=−6$/);
});

test("ops are written as people write them", () => {
  const a = node("a", "leaf", "", []);
  const leaves = (n) => Array.from({ length: n }, (_, i) => node(`x${i}`, "leaf", "", []));
  const shown = (symbol, op, n) => text(forwardFormula(passOf([...leaves(n), node("y", "computed", symbol, [...Array(n).keys()], op)], [...Array(n).fill(2), 9]), n)).replace(/ /g, "");
  const table = [["+", "add", 2, "y=x0+x1=2+2=9"], ["-", "subtract", 2, "y=x0−x1=2−2=9"], ["*", "multiply", 2, "y=x0×x1=2×2=9"], ["neg", "negative", 1, "y=−x0=−2=9"],
    ["tanh", "tanh", 1, "y=tanh(x0)=tanh(2)=9"], ["max", "maximum", 2, "y=max(x0,x1)=max(2,2)=9"], ["dot", "dot", 3, "y=x0×x1+x2=2×2+2=9"],
    ["dot", "dot", 4, "y=x0×x2+x1×x3=2×2+2×2=9"], ["sum", "sum", 6, "y=x0+x1+⋯+x5=2+2+⋯+2=9"]];
  for (const [symbol, op, n, expected] of table) assert.equal(shown(symbol, op, n), expected);
  assert.equal(a.label, "a");
});

test("an update and the sentences", () => {
  const pass = passOf([node("w", "leaf", "", []), node("E", "computed", "*", [0, 0])], [1, 1]);
  assert.equal(text(updateFormula(pass, { node: 0, old: 1, new: 1.0798 })).replace(/ /g, ""), "w:1→1.0798");
  assert.equal(told(pass, null), "E = 1 is computed from w in 1 step. Going back from E, the chain rule then tells how it changes with it.");
  assert.equal(told(pass, { phase: "forward", node: 1 }), "E is computed: 1.");
  const share = { input: 0, amount: 1 };
  assert.equal(told(pass, { phase: "backward", node: 1, gradient: 1, contributions: [share, share] }), "E passes its gradient 1 on: w gets 1 and w gets 1.");
  const dead = passOf([node("a", "leaf", "", []), node("h", "computed", "relu", [0], "relu")], [-1, 0]);
  assert.equal(told(dead, { phase: "backward", node: 1, gradient: -3, contributions: [] }), "h has the gradient −3, and passes nothing on: relu is flat at a = −1.");
  const fixed = passOf([node("", "constant", "", [], "", ""), node("h", "computed", "relu", [0], "relu")], [2, 2]);
  assert.equal(told(fixed, { phase: "backward", node: 1, gradient: 1, contributions: [] }), "h has the gradient 1, and passes nothing on: its inputs are constants.");
  assert.match(told(pass, { phase: "backward", node: 1, gradient: 1, contributions: Array(9).fill(share) }), /and 6 more get theirs\.$/);
});

test("what a gradient is, is told apart", () => {
  const told = (status, gradient = 0) => [gradientTold({ status, gradient }), gradientCaption({ status, gradient, got: 2, expected: 3 })];
  assert.deepEqual(told("waiting"), ["not run yet", "grad"]);
  assert.deepEqual(told("partial", -1.5), ["−1.5", "◔ 2/3"]);
  assert.deepEqual(told("complete", 0), ["0", "grad"]);
  assert.deepEqual(told("unreached"), ["0: none arrives", "grad"]);
  assert.deepEqual(told("none"), ["takes none", "grad"]);
});

test("a name that is a formula has parentheses where it would be misread", () => {
  assert.deepEqual(["w", "net_input[0,1]⁽²⁾", "sigmoid(x)", "(ŷ−y)²", "(f(a)−1)²", "tanh(…)⁽²⁾"].filter((name) => whole(name) !== name), []);
  assert.deepEqual(["ŷ−y", "(a+b)·(c+d)", "w₁ h₁"].map(whole), ["(ŷ−y)", "((a+b)·(c+d))", "(w₁ h₁)"]);
  const squared = (name) => text(forwardFormula(passOf([node(name, "leaf", "", []), node("", "constant", "", [], "", ""), node("E", "computed", "**", [0, 1], "constant_power")], [3, 2, 9]), 2));
  assert.match(squared("w₁"), /E = w₁ 2/);
  assert.match(squared("ŷ−y"), /E = \(ŷ−y\) 2/);
  assert.match(squared("x²"), /E = \(x²\) 2/);
});
