// A pass computed in the browser, from the leaves: forward, local derivatives, backward and an update. The functions of
// the ops are ROWS, which the rule table wrote (`lowering/javascript.py`): nothing here knows a derivative. What it gives
// has the shape of a recorded pass (`passFrom` in record.js), so that all the rest of the page shows either.

/** Compile a recorded pass: its value and local derivatives for each computed node, and null for each leaf.
 *
 * `takers` are the inputs that take a gradient: which of the node's inputs, its number and the edge's.
 */
function compiled({ graph, data, order }) {
  const nodes = graph.nodes.map(({ number, op, inputs, edges }) => {
    if (!inputs.length) return null;
    const { f, d } = ROWS[`${op}/${inputs.length}${op === "constant_power" ? data[inputs[1]] : ""}`];
    const takers = inputs.map((input, i) => ({ i, input, edge: edges[i] })).filter(({ input }) => graph.nodes[input].kind !== "constant");
    return { number, value: reading(f, inputs), slopes: reading(d, [number, ...inputs]), takers };
  });
  const parameters = graph.nodes.filter((node) => node.kind === "parameter").map((node) => node.number);
  return { graph, order, nodes, parameters };
}

/** Return a function of all nodes' numbers that gives `f` some of them; a few without making a list. */
function reading(f, places) {
  const [a, b, c] = places;
  if (places.length === 1) return (data) => f(data[a]);
  if (places.length === 2) return (data) => f(data[a], data[b]);
  if (places.length === 3) return (data) => f(data[a], data[b], data[c]);
  const xs = [...places];
  return (data) => {
    for (let i = 0; i < xs.length; i += 1) xs[i] = data[places[i]];
    return f(...xs);
  };
}

/** List what computes a node, inputs first. */
function below({ nodes, graph }, root) {
  const needed = new Set([root]);
  for (let n = root; n >= 0; n -= 1) if (needed.has(n)) for (const input of graph.nodes[n].inputs) needed.add(input);
  return nodes.filter((node) => node && needed.has(node.number));
}

/** Compute nodes from their inputs, into `data`. */
function forward(nodes, data) {
  for (const node of nodes) if (node) data[node.number] = node.value(data);
}

/** Compute every node's gradient; with `partials`, fill that list too, and return the nodes that pass theirs on, the root first. */
function backward({ nodes }, data, gradients, partials = null) {
  const root = nodes.length - 1;
  const reached = new Uint8Array(nodes.length);
  const passed = [];
  gradients.fill(0);
  gradients[root] = reached[root] = 1;
  for (let n = root; n >= 0; n -= 1) {
    if (!nodes[n] || !(reached[n] || partials)) continue;
    const slopes = nodes[n].slopes(data);
    const gradient = gradients[n];
    if (reached[n] && partials) passed.push([n, gradient]);
    for (const { i, input, edge } of nodes[n].takers) {
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
function changeOf({ rate, momentum, velocities }, n, gradient) {
  return -rate * gradient + momentum * velocities[n];
}

/** Move the parameters in `data` by one step of descent, and compute all from them. */
function descend(code, data, gradients, descent) {
  backward(code, data, gradients);
  for (const n of code.parameters) data[n] += descent.velocities[n] = changeOf(descent, n, gradients[n]);
  forward(code.nodes, data);
}

/** Make the whole pass of the numbers in `data`, with the update that `descent` would make next. */
function passOn(code, data, descent) {
  const { graph, order, parameters } = code;
  const gradients = [...data];
  const partials = graph.edges.map(() => null);
  const passed = backward(code, data, gradients, partials);
  const updates = parameters.map((node) => {
    const gradient = gradients[node];
    return { ...descent, node, gradient, old: data[node], new: data[node] + changeOf(descent, node, gradient), velocity: descent.velocities[node] };
  });
  return { ...passFrom(graph, [...data], partials, order, passed, updates), gradients };
}
