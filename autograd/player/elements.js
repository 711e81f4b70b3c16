// Elements from plain data. Text is always set as text, so no label can become markup.

const NAMESPACES = { svg: "http://www.w3.org/2000/svg", math: "http://www.w3.org/1998/Math/MathML" };

/** Make an HTML element: element("p", { class: "x" }, "text", child). */
function element(tag, attributes = {}, ...children) {
  return filled(document.createElement(tag), attributes, children);
}

function svg(tag, attributes = {}, ...children) {
  return filled(document.createElementNS(NAMESPACES.svg, tag), attributes, children);
}

/** Make a line of <math>s of a formula that notation.js wrote; it breaks between its parts where it must. */
function math(formula) {
  const parts = formula.map((part) => filled(document.createElementNS(NAMESPACES.math, "math"), { display: "block" }, [mathPart(part)]));
  return element("div", { class: "formula" }, ...parts);
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
