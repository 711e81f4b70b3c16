// Elements from plain data. Text is always set as text, so no label can become markup.

const NAMESPACES = { svg: "http://www.w3.org/2000/svg", math: "http://www.w3.org/1998/Math/MathML" };

/** Make an HTML element: element("p", { class: "x" }, "text", child). */
function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(NAMESPACES.svg, tag), attributes, children);
}

const BREAKS = ["+", "−", "=", "+=", "←", "→"]; // signs before which a line may break
const LONG = 24; // characters: in a longer piece it may also break before × and within parentheses

/** Make a line of <math>s of a formula that notation.js wrote; it breaks before a sign, never within a name. */
function math(formula) {
  const pieces = broken(formula.flatMap(flattened), BREAKS, 0).flatMap((piece) => (lettersOf(piece) > LONG ? broken(piece, [...BREAKS, "×", ","], Infinity) : [piece]));
  return element("div", { class: "formula" }, ...pieces.map((piece) => {
    const row = mathPart(["mrow", ...piece]);
    if (piece.length > 1 && piece[0][0] === "mo") row.firstChild.setAttribute("form", "infix"); // at the start of a line too
    return filled(document.createElementNS(NAMESPACES.math, "math"), { display: "block" }, [row]);
  }));
}

/** Break a formula's parts before these signs, in parentheses only to a depth; a sign that stands first in its piece stays. */
function broken(parts, signs, deepest) {
  const pieces = [[]];
  let depth = 0;
  for (const part of parts) {
    const piece = pieces.at(-1);
    const sign = part[0] === "mo" ? part[1] : null;
    const infix = piece.length && (piece.at(-1)[0] !== "mo" || piece.at(-1)[1] === ")");
    if (infix && signs.includes(sign) && depth <= deepest) pieces.push([part]);
    else piece.push(part);
    depth += { "(": 1, ")": -1 }[sign] ?? 0;
  }
  return pieces;
}

const lettersOf = (part) => (typeof part === "string" ? [...part].length : part.reduce((sum, child, i) => sum + (i || typeof child !== "string" ? lettersOf(child) : 0), 0));

/** Take the groups of a formula apart, down to names, numbers, signs and fractions. */
function flattened(part) {
  return part[0] === "mrow" ? part.slice(1).flatMap(flattened) : [part];
}

function mathPart([tag, ...parts]) {
  const made = document.createElementNS(NAMESPACES.math, tag === "mstyle" ? "mrow" : tag);
  if (tag === "mstyle") made.setAttribute("class", "result");
  made.append(...parts.map((part) => (typeof part === "string" ? part : mathPart(part))));
  return made;
}

function filled(made, attributes, children) {
  for (const [name, value] of Object.entries(attributes)) if (value !== null) made.setAttribute(name, value);
  made.append(...children);
  return made;
}

/** A number to read, whose tooltip and value have every digit. */
function figure(x, digits = 4) {
  return element("data", { value: exact(x), title: exact(x) }, written(x, digits));
}
