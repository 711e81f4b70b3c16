// The panel beside the graph: the step in words and numbers, and every contribution to the node a reader asks about.

const MOST_PATHS = 6; // whose products are written out
const MOST_DEFINED = 4; // formulas that a page opens with
const MOST_PRINTED = 500; // steps
const MOST_LINES = 24; // formulas of one step; a node's own list has no limit

/** Write the current step: a sentence, then the chain rule with the numbers of this very step. */
function showStep(place, pass, step) {
  place.replaceChildren(element("p", { class: "told" }, told(pass, step)), ...linesOf(pass, step));
}

function linesOf(pass, step) {
  if (step === null) {
    return [...definitionLines(pass), element("p", { class: "hint" }, "Press Play, or → to go on and ← to go back. Click a node to see where its gradient comes from.")];
  }
  if (step.phase === "forward") return [math(forwardFormula(pass, step.node))];
  if (step.phase === "update") {
    return [math(updateFormula(pass, step)), element("p", { class: "after" }, "its gradient was ", figure(step.gradient, 6))];
  }
  const lines = step.contributions.slice(0, MOST_LINES).map((c) => lineOf(pass, step, c));
  const rest = step.contributions.length - MOST_LINES;
  return rest > 0 ? [...lines, element("p", { class: "hint" }, `… and ${rest} more: click a node to see its own.`)] : lines;
}

/** Write the root's formula, and those of what it depends on behind a summary if they are many. */
function definitionLines(pass) {
  const all = definitions(pass).map(math);
  if (all.length <= MOST_DEFINED) return all;
  const rest = all.splice(MOST_DEFINED - 1);
  return [...all, element("details", {}, element("summary", {}, `${rest.length} more formulas`), ...rest)];
}

function lineOf(pass, step, contribution) {
  const { input, before, after, complete } = contribution;
  const standing = complete ? "complete" : "partial: other branches still owe their share";
  return element("div", { class: `line ${complete ? "complete" : "partial"}` },
    math(contributionFormula(pass, step.node, step.gradient, contribution)),
    ...localDerivative(pass, step.node, contribution),
    element("p", { class: "after" }, `${letter(pass, input)}: `, figure(before, 6), " → ", figure(after, 6), element("span", { class: "standing" }, standing)));
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
  if (!all.length) {
    place.replaceChildren(element("p", { class: "hint" }, emptyReason(pass, n)));
    return;
  }
  const heads = ["gradient", "× partial", "= amount"].map((head) => element("th", { scope: "col" }, head));
  const total = (words, x, kind) => element("tr", { class: kind }, element("th", { scope: "row", colspan: 2 }, words), element("td", {}, figure(x)));
  const sums = [total("sum", all[all.length - 1].after, "sum")];
  if (pass.earlier[n]) sums.push(total("from earlier passes, added at the end", pass.earlier[n], null));
  place.replaceChildren(
    math([gradientOf(pass, n)]),
    element("table", {}, element("thead", {}, element("tr", {}, ...heads)), ...all.map((c) => shareRows(pass, c, done, jump)), element("tfoot", {}, ...sums)),
    ...pathLines(pass, n));
}

/** Write one contribution as two rows, so that a narrow panel keeps all of its numbers: who passes it on, then the product. */
function shareRows(pass, c, done, jump) {
  return element("tbody", { class: c.step <= done ? "done" : "pending" },
    element("tr", { class: "from" }, element("th", { scope: "rowgroup", colspan: 3, title: named(pass, c.from) }, "step ", stepButton(pass, c.step, jump), ` from ${letter(pass, c.from)}`)),
    element("tr", {}, element("td", {}, figure(c.gradient)), element("td", {}, figure(c.partial)), element("td", {}, figure(c.amount))));
}

/** Write the whole product along each path from the root to a node: they sum to its gradient. */
function pathLines(pass, n) {
  const { count, paths } = pathsTo(pass, n, MOST_PATHS);
  if (!paths.some((path) => path.length > 1)) return [];
  if (count > MOST_PATHS) return [element("p", { class: "after" }, `${written(count)} paths lead here from ${letter(pass, pass.root)}.`)];
  const lines = paths.map((path) => {
    const names = [pass.root, ...path.map(({ from }) => from)].flatMap((m, i) => [i ? " → " : "", element("span", {}, letter(pass, m))]);
    const product = path.reduce((sum, { partial }) => sum * partial, 1);
    const factors = path.map(({ partial }) => (partial < 0 ? `(${written(partial)})` : written(partial))).join(" × ");
    return element("li", {}, ...names, element("br"), `${factors} = `, figure(product));
  });
  return [element("h3", {}, count > 1 ? `Along each of the ${count} paths` : "Along the whole path"), element("ol", { class: "paths" }, ...lines)];
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

/** Write down the steps up to k of the pass it is in, for paper. */
function stepsSoFar(recording, k) {
  const { pass, done } = located(recording, k);
  const first = Math.max(0, done - MOST_PRINTED);
  const items = pass.steps.slice(first, done).map((step) => element("li", {}, element("p", {}, told(pass, step)), ...linesOf(pass, step)));
  return items.length ? [element("h2", {}, "The steps so far"), element("ol", { start: pass.start + first + 1 }, ...items)] : [];
}
