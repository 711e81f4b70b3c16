// What the theme leaves out for those who use a keyboard or a screen reader: parts that scroll take the focus, and
// groups inside the navigation, and the buttons beside code, are no landmarks of their own.
function mend() {
  for (const part of document.querySelectorAll(".md-typeset__scrollwrap, math[display=block], .md-typeset pre > code")) {
    if (part.scrollWidth > part.clientWidth || part.scrollHeight > part.clientHeight) part.tabIndex = 0;
  }
  for (const part of document.querySelectorAll(".md-nav .md-nav, .md-code__nav")) {
    part.setAttribute("role", "none");
    for (const name of ["aria-label", "aria-labelledby", "aria-expanded"]) part.removeAttribute(name);
  }
}

addEventListener("load", () => setTimeout(mend));
addEventListener("resize", mend);
