// A pass computed in the browser, from the leaves: forward, local derivatives, backward and an update. The functions of
// the ops are ROWS, which the rule table wrote (`lowering/javascript.py`): nothing here knows a derivative. What it gives
// has the shape of a recorded pass (`passOf` in record.js), so that all the rest of the page shows either.

/** Compile a graph: for each computed node a function that computes it and one that gives its local derivatives.
 *
 * Both read the numbers of their inputs from an array of all nodes' numbers; leaves have null. A constant power has a row
 * for each exponent.
 */
function compiled(graph, data) {
  const powers = new Map(Object.entries(ROWS).filter(([key]) => key.includes("^")).map(([key, row]) => [Number(key.split("^")[1]), row]));
  return graph.nodes.map(({ number, op, inputs }) => {
    if (!inputs.length) return null;
    const { f, d } = op === "constant_power" ? powers.get(data[inputs[1]]) : ROWS[`${op}/${inputs.length}`];
    return { compute: computing(f, number, inputs), slopes: sloping(d, number, inputs), takers: takersOf(graph, number), inputs };
  });
}

/** Return the function that computes node n; with few inputs it makes no list of them. */
function computing(f, n, inputs) {
  const [a, b, c] = inputs;
  if (inputs.length === 1) return (data) => (data[n] = f(data[a]));
  if (inputs.length === 2) return (data) => (data[n] = f(data[a], data[b]));
  if (inputs.length === 3) return (data) => (data[n] = f(data[a], data[b], data[c]));
  const xs = inputs.map(() => 0);
  return (data) => {
    for (let i = 0; i < xs.length; i += 1) xs[i] = data[inputs[i]];
    return (data[n] = f(...xs));
  };
}

function sloping(d, n, inputs) {
  const [a, b] = inputs;
  if (inputs.length === 1) return (data) => d(data[n], data[a]);
  if (inputs.length === 2) return (data) => d(data[n], data[a], data[b]);
  const xs = inputs.map(() => 0);
  return (data) => {
    for (let i = 0; i < xs.length; i += 1) xs[i] = data[inputs[i]];
    return d(data[n], ...xs);
  };
}

/** List the inputs that take a gradient from a node: which of its inputs, the input's number and the edge's. */
function takersOf(graph, n) {
  const { inputs, edges } = graph.nodes[n];
  return inputs.map((input, i) => ({ i, input, edge: edges[i] })).filter(({ input }) => graph.nodes[input].kind !== "constant");
}

/** List a node and all it depends on, inputs first. */
function below(graph, root) {
  const needed = new Set([root]);
  for (let n = root; n >= 0; n -= 1) if (needed.has(n)) for (const input of graph.nodes[n].inputs) needed.add(input);
  return [...needed].sort((a, b) => a - b);
}

/** Return the functions that compute the given nodes, in their order. */
function computers(code, order) {
  return order.filter((n) => code[n]).map((n) => code[n].compute);
}

/** Compute nodes from their inputs, into `data`. */
function forward(functions, data) {
  for (let i = 0; i < functions.length; i += 1) functions[i](data);
}

/** Compute every node's gradient; with `partials`, fill that list too, and return the nodes that pass theirs on, the root first. */
function backward(code, data, gradients, partials = null) {
  const root = code.length - 1;
  const reached = new Uint8Array(code.length);
  const passed = [];
  gradients.fill(0);
  gradients[root] = reached[root] = 1;
  for (let n = root; n >= 0; n -= 1) {
    if (!code[n] || !(reached[n] || partials)) continue;
    const slopes = code[n].slopes(data);
    const gradient = gradients[n];
    if (reached[n] && partials) passed.push(n);
    for (const { i, input, edge } of code[n].takers) {
      const slope = slopes[i];
      if (partials) partials[edge] = slope;
      if (slope === null || !reached[n]) continue;
      gradients[input] += gradient * slope;
      reached[input] = 1;
    }
  }
  return passed;
}

/** What gradient descent with momentum adds to a parameter, as the paper of 1986 has it. */
function changeOf({ rate, momentum }, gradient, velocity) {
  return -rate * gradient + momentum * velocity;
}

/** Compute a whole pass from the leaves in `data`, with the update that `descent` would make next. */
function recomputed(recorded, code, data, descent) {
  const { graph } = recorded;
  const gradients = new Float64Array(graph.nodes.length);
  const partials = new Array(graph.edges.length).fill(null);
  forward(computers(code, [...code.keys()]), data);
  const passed = backward(code, data, gradients, partials);
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
    const velocity = descent.velocities[n];
    const change = changeOf(descent, gradients[n], velocity);
    return { phase: "update", node: n, gradient: gradients[n], old: data[n], new: data[n] + change, rate: descent.rate, momentum: descent.momentum, velocity };
  });
  const steps = [...recorded.steps.filter((step) => step.phase === "forward"), ...backwardSteps, ...updates];
  return { graph, data: [...data], earlier: graph.nodes.map(() => 0), partials, steps, expected, root: recorded.root, start: 0, gradients };
}

/** Return a function that moves the parameters in an array of numbers by one step of descent, and computes all from them. */
function descending(graph, code) {
  const parameters = graph.nodes.filter((node) => node.kind === "parameter").map((node) => node.number);
  const functions = computers(code, [...code.keys()]);
  const gradients = new Float64Array(code.length);
  return (data, descent) => {
    backward(code, data, gradients);
    for (const n of parameters) {
      const change = changeOf(descent, gradients[n], descent.velocities[n]);
      descent.velocities[n] = change;
      data[n] += change;
    }
    forward(functions, data);
  };
}

/** Find the plane of a model of two inputs: its output, the leaves that are its two axes, and each row's point and target.
 *
 * Rows are told by labels: the two of `axes`, or x1 and x2 (and no x3), which `nn` gives; the output is the last label
 * that is there once a row.
 */
function planeOf(graph, axes) {
  const called = (label) => graph.nodes.filter((node) => node.label === label).map((node) => node.number);
  const [across, up] = axes ?? ["x1", "x2"];
  if (!called(across).length || !called(up).length || (!axes && called("x3").length)) return null;
  const count = called(across).length;
  const root = graph.nodes.length - 1;
  const last = graph.nodes.findLast((node) => node.inputs.length && node.label && node.number !== root && called(node.label).length === count) ?? graph.nodes[root];
  const rows = called(last.label).map((output) => {
    const inside = below(graph, output);
    const [x, y] = [across, up].map((label) => inside.find((n) => graph.nodes[n].label === label));
    const user = graph.nodes[output].users.map((edge) => graph.nodes[graph.edges[edge].to])[0];
    const target = user ? user.inputs.find((n) => n !== output && !graph.nodes[n].inputs.length) : undefined;
    return { output, x, y, target };
  });
  return rows.length && rows.every(({ x, y }) => x !== undefined && y !== undefined) ? { rows, across, up } : null;
}

if (typeof module === "object") module.exports = { compiled, below, computers, forward, backward, recomputed, descending, planeOf };
