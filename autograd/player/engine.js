// A pass computed in the browser, from the leaves: forward, local derivatives, backward and an update. The functions of
// the ops are ROWS, which the rule table wrote (`lowering/javascript.py`): nothing here knows a derivative. What it gives
// has the shape of a recorded pass (`passOf` in record.js), so that all the rest of the page shows either.

/** Find each computed node's row: its function f and its partials d. A constant power has a row for each exponent. */
function rowsOf(graph, data) {
  const powers = new Map(Object.entries(ROWS).filter(([key]) => key.includes("^")).map(([key, row]) => [Number(key.split("^")[1]), row]));
  return graph.nodes.map(({ op, inputs }) => {
    if (!inputs.length) return null;
    return op === "constant_power" ? powers.get(data[inputs[1]]) : ROWS[`${op}/${inputs.length}`];
  });
}

/** List a node and all it depends on, inputs first. */
function below(graph, root) {
  const needed = new Set([root]);
  for (let n = root; n >= 0; n -= 1) if (needed.has(n)) for (const input of graph.nodes[n].inputs) needed.add(input);
  return [...needed].sort((a, b) => a - b);
}

/** Compute nodes from their inputs, in the order given, into `data`. */
function forward(graph, rows, data, order) {
  for (const n of order) if (rows[n]) data[n] = rows[n].f(...graph.nodes[n].inputs.map((input) => data[input]));
}

/** Compute every partial, every node's gradient, and which nodes pass theirs on, the root first. */
function backward(graph, rows, data) {
  const gradients = new Float64Array(graph.nodes.length);
  const partials = new Array(graph.edges.length).fill(null);
  const reached = new Uint8Array(graph.nodes.length);
  const passed = [];
  const root = graph.nodes.length - 1;
  gradients[root] = 1;
  reached[root] = 1;
  for (let n = root; n >= 0; n -= 1) {
    if (!rows[n]) continue;
    const { inputs, edges } = graph.nodes[n];
    const slopes = rows[n].d(data[n], ...inputs.map((input) => data[input]));
    inputs.forEach((input, i) => {
      if (graph.nodes[input].kind !== "constant") partials[edges[i]] = slopes[i];
    });
    if (!reached[n]) continue;
    passed.push(n);
    inputs.forEach((input, i) => {
      if (partials[edges[i]] === null) return;
      gradients[input] += gradients[n] * partials[edges[i]];
      reached[input] = 1;
    });
  }
  return { gradients, partials, passed };
}

/** What gradient descent with momentum adds to a parameter, as the paper of 1986 has it. */
function changeOf({ rate, momentum }, gradient, velocity) {
  return -rate * gradient + momentum * velocity;
}

/** Compute a whole pass from the leaves in `data`, with the update that `descent` would make next. */
function recomputed(recorded, rows, data, descent) {
  const { graph } = recorded;
  forward(graph, rows, data, graph.nodes.keys());
  const { gradients, partials, passed } = backward(graph, rows, data);
  const expected = graph.nodes.map(() => 0);
  for (const n of passed) for (const edge of graph.nodes[n].edges) if (partials[edge] !== null) expected[graph.edges[edge].from] += 1;
  const soFar = graph.nodes.map(() => 0);
  const waiting = [...expected];
  const backwardSteps = passed.map((n) => ({
    phase: "backward", node: n, gradient: gradients[n],
    contributions: graph.nodes[n].edges.filter((edge) => partials[edge] !== null).map((edge) => {
      const input = graph.edges[edge].from;
      const amount = gradients[n] * partials[edge];
      const before = soFar[input];
      soFar[input] += amount;
      waiting[input] -= 1;
      return { edge, input, partial: partials[edge], amount, before, after: soFar[input], complete: waiting[input] === 0 };
    }),
  }));
  const updates = graph.nodes.filter((node) => node.kind === "parameter").map(({ number: n }) => {
    const velocity = descent.velocities[n] ?? 0;
    const change = changeOf(descent, gradients[n], velocity);
    return { phase: "update", node: n, gradient: gradients[n], old: data[n], new: data[n] + change, rate: descent.rate, momentum: descent.momentum, velocity };
  });
  const steps = [...recorded.steps.filter((step) => step.phase === "forward"), ...backwardSteps, ...updates];
  return { graph, data: [...data], earlier: graph.nodes.map(() => 0), partials, steps, expected, root: recorded.root, start: 0, gradients };
}

/** Move the parameters in `data` by one step of descent, and compute all from them. */
function descend(graph, rows, data, descent) {
  const { gradients } = backward(graph, rows, data);
  for (const { number: n, kind } of graph.nodes) {
    if (kind !== "parameter") continue;
    descent.velocities[n] = changeOf(descent, gradients[n], descent.velocities[n] ?? 0);
    data[n] += descent.velocities[n];
  }
  forward(graph, rows, data, graph.nodes.keys());
}

/** Find the plane of a model of two inputs: its output, which of its leaves are x1 and x2, and each row's point and target.
 *
 * Rows are told by the labels that `nn` gives: leaves x1 and x2 (and no x3), and the last label that is there once a row.
 */
function planeOf(graph) {
  const called = (label) => graph.nodes.filter((node) => node.label === label).map((node) => node.number);
  if (!called("x1").length || !called("x2").length || called("x3").length) return null;
  const count = called("x1").length;
  const last = graph.nodes.findLast((node) => node.inputs.length && node.label && called(node.label).length === count);
  if (!last) return null;
  const rows = called(last.label).map((output) => {
    const inside = below(graph, output);
    const [x, y] = ["x1", "x2"].map((label) => inside.find((n) => graph.nodes[n].label === label));
    const user = graph.nodes[output].users.map((edge) => graph.nodes[graph.edges[edge].to])[0];
    const target = user ? user.inputs.find((n) => n !== output && !graph.nodes[n].inputs.length) : undefined;
    return { output, x, y, target };
  });
  return rows.every(({ x, y }) => x !== undefined && y !== undefined) ? rows : null;
}

if (typeof module === "object") module.exports = { rowsOf, below, forward, backward, recomputed, descend, planeOf };
