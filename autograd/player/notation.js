// How numbers, names and formulas are written. Formulas are MathML as nested arrays, ["mrow", ...], so that they can be
// read without a page; `elements.js` makes elements of them.

const SUPERSCRIPTS = { "-": "⁻", 0: "⁰", 1: "¹", 2: "²", 3: "³", 4: "⁴", 5: "⁵", 6: "⁶", 7: "⁷", 8: "⁸", 9: "⁹" };
const INFIX = { "+": "+", "-": "−", "*": "×" };
const LONGEST = { named: 22, formula: 16 }; // characters of a name on a card, as in layout.py
const MOST_TERMS = 4; // of a sum: longer ones are shortened to their first ones and the last

/** Write a number to so many significant digits, one less where it needs a power of ten: −7.98, 1.25×10⁻⁹, ∞, NaN. */
function written(x, digits = 4) {
  if (Number.isNaN(x)) return "NaN";
  const sign = x < 0 ? "−" : "";
  const size = Math.abs(x);
  if (size === Infinity) return `${sign}∞`;
  if (size === 0) return "0";
  const [mantissa, exponent] = size.toExponential(digits - 1).split("e");
  if (exponent >= 6 || exponent <= -5) {
    const [shorter, power] = size.toExponential(digits - 2).split("e");
    return `${sign}${Number(shorter)}×10${[...String(Number(power))].map((c) => SUPERSCRIPTS[c]).join("")}`;
  }
  return `${sign}${plain(Number(`${mantissa}e${exponent}`))}`;
}

/** Write a number of ordinary size without an exponent, which String() gives to those below 1e-6. */
function plain(size) {
  return size < 1e-6 ? size.toFixed(12).replace(/0+$/, "") : String(size);
}

/** Write a number with all its digits: the shortest text that reads back as the same float. */
function exact(x) {
  return Object.is(x, -0) ? "-0.0" : String(x);
}

/** Name a node in full: its label, with the raised number that tells it from others of that label; or as in a formula. */
function named(pass, n) {
  const { label, name } = pass.graph.nodes[n];
  return label ? label + (/⁽[⁰-⁹¹²³]+⁾$/.exec(name)?.[0] ?? "") : letter(pass, n);
}

/** Name a node by the short name that `names.py` gave it; a constant by its number. */
function nameOf(pass, n) {
  const { name, label } = pass.graph.nodes[n];
  return name || label || written(pass.data[n]);
}

/** Name a node in a formula and on its card. */
function letter(pass, n) {
  return pass.graph.nodes[n].name ? shortened(nameOf(pass, n)) : nameOf(pass, n);
}

/** Keep both ends of a long name. */
function shortened(text, longest = LONGEST.named) {
  const letters = [...text];
  const half = Math.floor((longest + 2) / 2);
  return letters.length <= longest ? text : [...letters.slice(0, half), "…", ...letters.slice(half + 1 - longest)].join("");
}

// Formulas ------------------------------------------------------------------------------------------------------------

const mo = (text) => ["mo", text];
const mrow = (...parts) => ["mrow", ...parts];
const mn = (x) => (x < 0 ? ["mn", `−${written(-x, 6)}`] : ["mn", written(x, 6)]);
const enclosed = (x) => (x < 0 ? mrow(mo("("), mn(x), mo(")")) : mn(x));
const derivative = (of, by) => ["mfrac", mrow(mo("∂"), ["mi", whole(of)]), mrow(mo("∂"), ["mi", whole(by)])];

/** Put parentheses around a name that is itself a formula, such as "ŷ−y", but is no call or power of a whole one. */
function whole(name) {
  return /^[\p{L}\p{M}\p{N}_#.…'[\],⁽⁾]*(?:\((?:[^()]|\([^()]*\))*\)[⁰¹²³⁴-⁹⁽⁾]*)?$/u.test(name) ? name : `(${name})`;
}

/** Write a node's gradient as a derivative of the root: ∂E/∂w. */
function gradientOf(pass, n) {
  return derivative(letter(pass, pass.root), letter(pass, n));
}

// A formula is a list of parts: lines may break between them.

/** Write one contribution: ∂E/∂w += ∂E/∂ŷ × ∂ŷ/∂w = −3.8 × 2.1 = −7.98.
 *
 * From the root itself, the last factor would look like the sum on the left: there it is called direct.
 */
function contributionFormula(pass, from, gradient, { input, partial, amount }) {
  const local = derivative(letter(pass, from), letter(pass, input));
  const factor = from === pass.root ? ["msub", mrow(mo("("), local, mo(")")), ["mi", "direct"]] : local;
  return [
    mrow(gradientOf(pass, input), mo("+="), gradientOf(pass, from), mo("×"), factor),
    mrow(mo("="), mn(gradient), mo("×"), enclosed(partial)),
    mrow(mo("="), ["mstyle", mn(amount)]),
  ];
}

/** Write how a node is computed: ŷ = w × x = 1 × 2.1 = 2.1. */
function forwardFormula(pass, n) {
  const node = pass.graph.nodes[n];
  const number = isFunction(node) ? mn : enclosed; // relu(−1), but 2 × (−1)
  const names = node.inputs.map((input) => {
    const { kind, name } = pass.graph.nodes[input];
    return kind === "constant" && !name ? number(pass.data[input]) : ["mi", nameFor(pass, input, node)];
  });
  const numbers = node.inputs.map((input) => number(pass.data[input]));
  return [
    mrow(["mi", letter(pass, n)], mo("="), expression(node, names)),
    mrow(mo("="), expression(node, numbers)),
    mrow(mo("="), ["mstyle", mn(pass.data[n])]),
  ];
}

const MOST_DEFINITIONS = 12;
const DEEPEST = 3; // operations within each other
const MOST_OPERANDS = 12; // names and numbers in one definition

/** Define the root and what it depends on, each label once: E = ½ (ŷ − t)², ŷ = w × x. Nodes without a label are written out. */
function definitions(pass) {
  const { nodes } = pass.graph;
  const bodies = []; // of each computed node: its formula, how many operands it has, and whether it is a sum or product
  nodes.forEach((node, n) => {
    if (!node.inputs.length) return;
    const parts = node.inputs.map((input) => operandOf(pass, input, bodies, node));
    const size = parts.reduce((sum, part) => sum + part.size, 0);
    const depth = 1 + Math.max(...parts.map((part) => part.depth));
    bodies[n] = { formula: expression(node, parts.map((part) => part.formula)), size: Math.min(size, MOST_OPERANDS + 1), depth, op: node.op, symbol: node.symbol };
  });
  const seen = new Set();
  const defined = nodes.filter((node) => node.inputs.length && (node.number === pass.root || (node.label && !seen.has(node.label) && seen.add(node.label))));
  return defined.reverse().slice(0, MOST_DEFINITIONS).map(({ number: n }) => [mrow(["mi", letter(pass, n)], mo("=")), bodies[n].formula]);
}

/** Write an input of a node in a definition: by its name, or written out, in parentheses where it needs them. */
function operandOf(pass, n, bodies, user) {
  const node = pass.graph.nodes[n];
  const body = bodies[n];
  if (!body || node.label || body.size > MOST_OPERANDS || body.depth > DEEPEST) {
    return { formula: node.kind === "constant" && !node.name ? enclosed(pass.data[n]) : ["mi", nameFor(pass, n, user)], size: 1, depth: 0 };
  }
  const compound = body.symbol in INFIX || ["sum", "dot", "negative", "divide", "constant_power"].includes(body.op);
  const tight = body.op === "constant_power" || body.symbol === "*" ? user.symbol === "**" : isTight(user);
  return { formula: compound && tight ? mrow(mo("("), body.formula, mo(")")) : body.formula, size: body.size, depth: body.depth };
}

/** Name an operand in a formula; a name that is itself a formula, such as ŷ−y, stands in parentheses where it needs them. */
function nameFor(pass, n, user) {
  const name = letter(pass, n);
  if (user.symbol === "**" && /[⁰¹²³⁴-⁹]$/.test(name)) return `(${name})`;
  return isTight(user) ? whole(name) : name;
}

/** Whether an op binds tighter than a sum, or takes one away. */
function isTight({ op, symbol }) {
  return ["-", "*", "**"].includes(symbol) || ["negative", "dot"].includes(op);
}

/** Whether an op is written as a function of its operands. */
function isFunction({ op, symbol }) {
  return !(symbol in INFIX) && !["/", "**"].includes(symbol) && !["negative", "sum", "dot"].includes(op);
}

/** Write one op applied to operands: infix where people write it so, else as a function. */
function expression(node, operands) {
  const [a, b] = operands;
  if (node.symbol in INFIX) return mrow(a, mo(INFIX[node.symbol]), b);
  if (node.symbol === "/") return ["mfrac", a, b];
  if (node.symbol === "**") return ["msup", mrow(a), mrow(b)];
  if (node.op === "negative") return mrow(mo("−"), a);
  if (node.op === "sum") return summed(operands);
  if (node.op === "dot") return summed(products(operands));
  return mrow(["mi", node.symbol], mo("("), ...operands.flatMap((x, i) => (i ? [mo(","), x] : [x])), mo(")"));
}

/** Pair the inputs of a dot: n weights, n xs and perhaps a bias. */
function products(operands) {
  const n = Math.floor(operands.length / 2);
  const pairs = Array.from({ length: n }, (_, i) => mrow(operands[i], mo("×"), operands[n + i]));
  return [...pairs, ...operands.slice(2 * n)];
}

function summed(terms) {
  const shown = terms.length <= MOST_TERMS ? terms : [...terms.slice(0, MOST_TERMS - 2), mo("⋯"), terms[terms.length - 1]];
  return mrow(...shown.flatMap((term, i) => (i ? [mo("+"), term] : [term])));
}

/** Write an optimizer's change: w ← w − η ∂E/∂w = 1 − 0.01 × (−7.98) = 1.0798; of an unknown rule, w: 1 → 1.0798. */
function updateFormula(pass, step) {
  const name = ["mi", letter(pass, step.node)];
  const [old, fresh] = apart(step.old, step.new, 6).map((text) => ["mn", text]);
  if (step.rate === undefined) return [mrow(name, mo(":"), old, mo("→"), ["mstyle", fresh])];
  const momentum = step.momentum && step.velocity;
  return [
    mrow(name, mo("←"), name, mo("−"), ["mi", "η"], gradientOf(pass, step.node), ...(momentum ? [mo("+"), ["mi", "α"], ["mi", "Δ"], name] : [])),
    mrow(mo("="), old, mo("−"), mn(step.rate), mo("×"), enclosed(step.gradient), ...(momentum ? [mo("+"), mn(step.momentum), mo("×"), enclosed(step.velocity)] : [])),
    mrow(mo("="), ["mstyle", fresh]),
  ];
}

/** Write two numbers with as many digits as it takes to tell them apart. */
function apart(a, b, digits = 4) {
  if (Object.is(a, b) || digits > 16) return [written(a, digits), written(b, digits)];
  const texts = [written(a, digits), written(b, digits)];
  return texts[0] === texts[1] ? apart(a, b, digits + 1) : texts;
}

/** Write a node's local derivative by one of its inputs as the textbook has it, in the nodes' names; "" if it says nothing. */
function textbook(pass, n, edge) {
  const node = pass.graph.nodes[n];
  const row = pass.graph.ops?.[node.op];
  const k = node.edges.indexOf(edge);
  if (!row || row.inputs.some((name) => name.startsWith("*")) || !row.derivatives[k]) return "";
  const names = Object.fromEntries(row.inputs.map((name, i) => [name, operandName(pass, node.inputs[i])]));
  const word = new RegExp(`(?<![\\p{L}\\p{N}_.])(${row.inputs.join("|")})(?![\\p{L}\\p{N}_(])`, "gu");
  const power = (_, n) => (Number(n) === 2 ? "" : `^${written(Number(n) - 1)}`);
  return row.derivatives[k].replace(word, (name) => names[name]).replace(/\^\(([\d.]+) − 1\)/, power);
}

function operandName(pass, n) {
  const node = pass.graph.nodes[n];
  return node.kind === "constant" ? written(pass.data[n]) : whole(letter(pass, n));
}

// Sentences -----------------------------------------------------------------------------------------------------------

/** Tell a step in one sentence, which a screen reader reads. */
function told(pass, step) {
  if (step === null) return problem(pass);
  const name = letter(pass, step.node);
  if (step.phase === "forward") return `${name} is computed: ${written(pass.data[step.node])}.`;
  if (step.phase === "update") return `The optimizer changes ${name} from ${apart(step.old, step.new).join(" to ")}.`;
  const shares = step.contributions.map((c) => `${letter(pass, c.input)} gets ${written(c.amount)}`);
  if (!shares.length) return `${name} has the gradient ${written(step.gradient)}, and passes nothing on: ${reasonOf(pass, step.node)}.`;
  return `${name} passes its gradient ${written(step.gradient)} on: ${listed(shares)}.`;
}

/** Tell why a node passes no gradient on: it is flat where its input is, or depends on constants only. */
function reasonOf(pass, n) {
  const { inputs, op } = pass.graph.nodes[n];
  const taker = inputs.find((input) => pass.graph.nodes[input].kind !== "constant");
  return taker === undefined ? "its inputs are constants" : `${op} is flat at ${letter(pass, taker)} = ${written(pass.data[taker])}`;
}

/** Tell what a pass is about, before its first step. */
function problem(pass) {
  const { nodes } = pass.graph;
  const root = `${named(pass, pass.root)} = ${written(pass.data[pass.root])}`;
  const of = (kinds) => nodes.filter((node) => kinds.includes(node.kind));
  const leaves = of(["parameter"]).length ? of(["parameter"]) : of(["leaf"]);
  if (!nodes[pass.root].inputs.length || !leaves.length) return `${root}.`;
  const kind = leaves[0].kind === "parameter" ? "parameters" : "leaves";
  const from = leaves.length > 4 ? `${leaves.length} ${kind}` : listed(leaves.map((node) => named(pass, node.number)));
  const count = of(["computed"]).length;
  const them = leaves.length > 1 ? "each of them" : "it";
  return `${root} is computed from ${from} in ${count} step${count > 1 ? "s" : ""}. Going back from ${named(pass, pass.root)}, the chain rule then tells how it changes with ${them}.`;
}

function listed(parts) {
  const shown = parts.length > 4 ? [...parts.slice(0, 3), `${parts.length - 3} more get theirs`] : parts;
  return shown.length > 1 ? `${shown.slice(0, -1).join(", ")} and ${shown[shown.length - 1]}` : shown[0];
}

/** Tell how a node's gradient stands, in a few words that fit on a card: the number, or why there is none. */
function gradientTold({ status, gradient }) {
  if (status === "none") return "takes none";
  if (status === "unreached") return "0: none arrives";
  return status === "waiting" ? "not run yet" : written(gradient);
}

/** Caption a gradient: how many of its contributions have come, where some are still owed. */
function gradientCaption({ status, got, expected }) {
  return status === "partial" ? `◔ ${got}/${expected}` : "grad";
}

if (typeof module === "object") {
  module.exports = { written, exact, whole, named, letter, shortened, contributionFormula, forwardFormula, updateFormula, definitions, told, gradientTold, gradientCaption };
}
