// What the theme leaves out for those who use a keyboard or a screen reader: parts that scroll take the focus, and
// groups inside the navigation, and the buttons beside code, are no landmarks of their own.
function mend() {
  for (const part of document.querySelectorAll(".md-typeset__scrollwrap, .wide, math[display=block], .md-typeset pre > code")) {
    if (part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight) part.tabIndex = 0;
  }
  for (const part of document.querySelectorAll(".md-nav .md-nav, .md-code__nav")) {
    part.setAttribute("role", "none");
    for (const name of ["aria-label", "aria-labelledby", "aria-expanded"]) part.removeAttribute(name);
  }
}

// What a copy button copies of a block with prompts: the reader's own lines, as Python takes them when they are pasted.
// An indented block ends with an empty line.
function statements(text) {
  if (!/^>>> /m.test(text)) return null;
  const lines = [];
  let indented = false;
  for (const line of text.split("\n")) {
    if (!/^(>>>|\.\.\.)( |$)/.test(line)) continue;
    if (line.startsWith(">>>") && indented) lines.push("");
    indented = line.startsWith("...");
    lines.push(line.slice(4));
  }
  return lines.join("\n") + (indented ? "\n\n" : "\n");
}

function copyStatements() {
  for (const button of document.querySelectorAll("[data-clipboard-target]")) {
    const text = statements(document.querySelector(button.dataset.clipboardTarget)?.textContent ?? "");
    if (text) button.dataset.clipboardText = text;
  }
}

// A live page is also found on a page of its own, where it has more room.
function linkLivePages() {
  for (const frame of document.querySelectorAll("iframe.live")) {
    const link = document.createElement("a");
    [link.href, link.className, link.textContent] = [frame.src, "own-page", "Open this on a page of its own"];
    frame.after(link);
  }
}

addEventListener("load", () => setTimeout(mend));
addEventListener("load", () => setTimeout(copyStatements));
addEventListener("load", linkLivePages);
addEventListener("resize", mend);
