// The record, and what it says of every node at a given step. Nothing here touches the page, and nothing computes a
// derivative: data, partials and gradients are looked up. `encoding.py` writes the format.

/** Read the page's data into passes of steps; steps are numbered from 1 through all passes, 0 is before the first. */
function decoded(page) {
  const numbers = page.numbers.map(Number);
  const graphs = page.graphs.map(graphOf);
  const passes = page.passes.map((pass) => passOf(pass, graphs[pass.graph], numbers));
  for (const pass of passes) {
    pass.graph.ops = page.ops;
    const rate = recordedRate(pass);
    if (rate !== null) for (const step of pass.steps) if (step.phase === "update") step.rate = rate;
  }
  let length = 0;
  for (const pass of passes) {
    pass.start = length;
    length += pass.steps.length;
  }
  return { title: page.title, step: page.step, ops: page.ops, passes, length };
}

function graphOf(graph) {
  const nodes = graph.nodes.map(([label, kind, op, symbol, inputs, source, name], number) => ({
    number, label, kind, op, symbol, inputs, source, name, box: graph.boxes[number], edges: [], users: [], own: new Set(),
  }));
  const edges = [];
  for (const node of nodes) {
    for (const input of node.inputs) {
      const edge = { number: edges.length, from: input, to: node.number, path: graph.edges[edges.length] };
      node.edges.push(edge.number);
      nodes[input].users.push(edge.number);
      edges.push(edge);
    }
  }
  for (const { number, inputs, users } of nodes) {
    const [to] = users.map((edge) => edges[edge].to);
    if (users.length && !inputs.length && !edges[users[0]].path && users.every((edge) => edges[edge].to === to)) nodes[to].own.add(number);
  }
  return { nodes, edges, size: graph.size };
}

function passOf(pass, graph, numbers) {
  const look = (place) => (place === null ? null : numbers[place]);
  const updates = pass.update.map(([node, ...row]) => {
    const [gradient, old, fresh] = row.map(look);
    return { node, gradient, old, new: fresh };
  });
  const passed = pass.backward.map(([node, gradient]) => [node, look(gradient)]);
  return { ...passFrom(graph, pass.data.map(look), pass.partials.map(look), pass.forward, passed, updates), earlier: pass.earlier.map(look) };
}

/** Make a pass of its numbers, the order of its forward steps, and the nodes that pass their gradients on: [node, gradient].
 *
 * It repeats the engine's own sums, after = before + gradient * partial, and so has its bits.
 */
function passFrom(graph, data, partials, order, passed, updates) {
  const flowing = passed.map(([n]) => graph.nodes[n].edges.filter((edge) => partials[edge] !== null));
  const expected = graph.nodes.map(() => 0);
  for (const edge of flowing.flat()) expected[graph.edges[edge].from] += 1;
  const waiting = [...expected];
  const soFar = graph.nodes.map(() => 0); // what leaves had from earlier passes is added when the pass ends
  const backward = passed.map(([node, gradient], i) => ({
    node, gradient,
    contributions: flowing[i].map((edge) => {
      const { from: input } = graph.edges[edge];
      const partial = partials[edge];
      const [before, amount] = [soFar[input], gradient * partial];
      const after = (soFar[input] = before + amount);
      waiting[input] -= 1;
      return { edge, input, partial, amount, before, after, complete: !waiting[input] };
    }),
  }));
  const phases = Object.entries({ forward: order.map((node) => ({ node })), backward, update: updates });
  const steps = phases.flatMap(([phase, all]) => all.map((step) => ({ phase, ...step })));
  const computed = order.length + backward.length; // steps, before the updates
  return { graph, data, partials, order, steps, computed, expected, earlier: graph.nodes.map(() => 0), root: graph.nodes.length - 1, start: 0 };
}

/** Find where a step is: its pass, how many of that pass's steps are done, and the step itself (null at 0). */
function located(recording, k) {
  let p = recording.passes.length - 1;
  while (p > 0 && recording.passes[p].start >= k) p -= 1;
  const pass = recording.passes[p];
  const done = k - pass.start;
  return { number: p, pass, done, step: done > 0 ? pass.steps[done - 1] : null };
}

/** Say of every node and edge how it stands when `done` steps of a pass are done, the last of them being the current one.
 *
 * A node's place is "pending", "current" or "done" in the phase that runs. Its gradient is "none" (a constant takes
 * none), "waiting", "partial" (other branches still owe their share), "complete" or "unreached".
 */
function states(pass, done) {
  const phase = done > 0 ? pass.steps[done - 1].phase : "forward";
  const nodes = pass.graph.nodes.map((node, n) => ({
    data: node.inputs.length ? null : pass.data[n],
    old: null,
    gradient: 0,
    status: node.kind === "constant" ? "none" : "waiting",
    got: 0,
    expected: pass.expected[n],
    place: node.inputs.length ? "pending" : "done", // a leaf has its number from the start, and a constant no gradient to wait for
  }));
  const edges = pass.graph.edges.map((edge) => (phase === "forward" || pass.partials[edge.number] !== null ? "pending" : "blocked"));
  if (phase !== "forward") enterBackward(pass, nodes);
  pass.steps.slice(0, done).forEach((step, i) => apply(pass, step, i === done - 1, phase, nodes, edges));
  return { phase, nodes, edges };
}

function enterBackward(pass, nodes) {
  nodes.forEach((node, n) => {
    if (node.status !== "none") node.place = "pending";
    if (n !== pass.root && node.status === "waiting" && !node.expected) Object.assign(node, { status: "unreached", place: "done" });
  });
}

function apply(pass, step, current, phase, nodes, edges) {
  const node = nodes[step.node];
  const place = current ? "current" : "done";
  if (step.phase === "forward") {
    node.data = pass.data[step.node];
    if (phase === "forward") {
      node.place = place;
      for (const edge of pass.graph.nodes[step.node].edges) edges[edge] = place;
    }
  } else if (step.phase === "backward") {
    Object.assign(node, { gradient: step.gradient, status: "complete", place });
    for (const { edge, input, after, complete } of step.contributions) {
      const taker = nodes[input];
      Object.assign(taker, { gradient: after, status: complete ? "complete" : "partial", got: taker.got + 1 });
      if (complete && !pass.graph.nodes[input].inputs.length) taker.place = "done";
      edges[edge] = place;
    }
  } else {
    Object.assign(node, { data: step.new, old: step.old, place });
  }
}

/** List every contribution to a node's gradient in the order of the pass: who passed it on, and at which step. */
function contributionsTo(pass, n) {
  const found = [];
  pass.steps.forEach((step, i) => {
    if (step.phase !== "backward") return;
    for (const contribution of step.contributions) {
      if (contribution.input === n) found.push({ ...contribution, from: step.node, gradient: step.gradient, step: i + 1 });
    }
  });
  return found;
}

/** Count the paths from the root to a node along which gradient flows, and list up to `most` of them, the root first. */
function pathsTo(pass, n, most) {
  const { nodes, edges } = pass.graph;
  const flowing = nodes.map((node) => node.users.filter((edge) => pass.partials[edge] !== null && pass.partials[edge] !== undefined));
  const counts = nodes.map(() => 0);
  counts[pass.root] = 1;
  for (let m = pass.root - 1; m >= n; m -= 1) for (const edge of flowing[m]) counts[m] += counts[edges[edge].to];
  const paths = [];
  const stack = counts[n] <= most ? [{ at: n, path: [] }] : [];
  while (stack.length) {
    const { at, path } = stack.pop();
    if (at === pass.root) paths.push(path);
    for (const edge of [...flowing[at]].reverse()) {
      const { to } = edges[edge];
      if (counts[to]) stack.push({ at: to, path: [{ from: at, partial: pass.partials[edge] }, ...path] });
    }
  }
  return { count: counts[n], paths };
}

/** Read the learning rate off a recorded update, where all parameters moved by the same multiple of their gradients. */
function recordedRate(recorded) {
  const ratios = recorded.steps.filter((step) => step.phase === "update" && step.gradient).map((step) => (step.old - step.new) / step.gradient);
  const [first] = ratios;
  return ratios.length && ratios.every((ratio) => Math.abs(ratio - first) < 1e-9 * Math.abs(first)) ? Number(first.toPrecision(6)) : null;
}

if (typeof module === "object") module.exports = { decoded, located, states, contributionsTo, pathsTo, recordedRate };
