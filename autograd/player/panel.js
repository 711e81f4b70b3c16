// The panel beside the graph: the step in words and numbers, and every contribution to the node a reader asks about.

const MOST_LINES = 24; // formulas of one step; a node's own list has no limit

/** Write the current step: a sentence, then the chain rule with the numbers of this very step. */
function showStep(place, pass, step) {
  place.replaceChildren(element("p", { class: "told" }, told(pass, step)), ...linesOf(pass, step));
}

function linesOf(pass, step) {
  if (step === null) {
    return [element("p", { class: "hint" }, "Drag the slider, or press → to go on and ← to go back. Space plays. Click a node to see where its gradient comes from.")];
  }
  if (step.phase === "forward") return [math(forwardFormula(pass, step.node))];
  if (step.phase === "update") {
    return [math(updateFormula(pass, step)), element("p", { class: "after" }, "its gradient was ", figure(step.gradient, 6))];
  }
  const lines = step.contributions.slice(0, MOST_LINES).map((c) => lineOf(pass, step, c));
  const rest = step.contributions.length - MOST_LINES;
  return rest > 0 ? [...lines, element("p", { class: "hint" }, `… and ${rest} more: click a node to see its own.`)] : lines;
}

function lineOf(pass, step, contribution) {
  const { input, before, after, complete } = contribution;
  const standing = complete ? "complete" : "partial: other branches still owe their share";
  return element("div", { class: `line ${complete ? "complete" : "partial"}` },
    math(contributionFormula(pass, step.node, step.gradient, contribution)),
    ...localDerivative(pass, step.node, contribution),
    element("p", { class: "after" }, `${named(pass, input)}: `, figure(before, 6), " → ", figure(after, 6), element("span", { class: "standing" }, standing)));
}

/** Say where the local derivative comes from: ∂E/∂ŷ = 2 · ŷ = −3.8. */
function localDerivative(pass, n, { edge, input, partial }) {
  const words = textbook(pass, n, edge);
  if (!words || words === written(partial)) return [];
  return [element("p", { class: "after" }, `∂${whole(letter(pass, n))}/∂${whole(letter(pass, input))} = ${words} = ${written(partial)}`)];
}

/** Write all contributions that sum to a node's gradient; those still to come are told apart. `jump` goes to a step. */
function showContributions(place, pass, n, done, jump) {
  const all = contributionsTo(pass, n);
  const rows = all.map((c) =>
    element("tr", { class: c.step <= done ? "done" : "pending" },
      element("td", {}, stepButton(pass, c.step, jump)), element("td", { title: named(pass, c.from) }, letter(pass, c.from)),
      element("td", {}, figure(c.gradient)), element("td", {}, figure(c.partial)), element("td", {}, figure(c.amount))));
  if (!all.length) {
    place.replaceChildren(element("p", { class: "hint" }, emptyReason(pass, n)));
    return;
  }
  const heads = ["step", "from", "gradient", "× partial", "= amount"].map((head) => element("th", { scope: "col" }, head));
  const total = (words, x, kind) => element("tr", { class: kind }, element("th", { scope: "row", colspan: 4 }, words), element("td", {}, figure(x)));
  const sums = [total("sum", all[all.length - 1].after, "sum")];
  if (pass.earlier[n]) sums.push(total("from earlier passes, added at the end", pass.earlier[n], null));
  place.replaceChildren(
    math([gradientOf(pass, n)]),
    element("table", {}, element("thead", {}, element("tr", {}, ...heads)), element("tbody", {}, ...rows), element("tfoot", {}, ...sums)));
}

function stepButton(pass, step, jump) {
  const button = element("button", { type: "button", class: "link" }, String(pass.start + step));
  button.addEventListener("click", () => jump(pass.start + step));
  return button;
}

function emptyReason(pass, n) {
  const node = pass.graph.nodes[n];
  if (n === pass.root) return "It is the root: its derivative by itself is 1, and the backward pass starts here.";
  if (node.kind === "constant") return "It is a constant and takes no gradient.";
  const blocked = node.users.map((edge) => pass.graph.edges[edge]).find((edge) => pass.partials[edge.number] === null);
  if (!blocked) return "Its gradient is 0: no node that it feeds gets a gradient.";
  const words = textbook(pass, blocked.to, blocked.number);
  const rule = words ? ` Its local derivative is ${words}.` : "";
  return `Its gradient is 0: ${named(pass, blocked.to)} passes nothing on, at ${named(pass, n)} = ${written(pass.data[n])}.${rule}`;
}
