// Elements of HTML and SVG, colours of the style sheet, and what is drawn again when the width changes.

function element(name, attributes = {}, ...children) {
  const made = document.createElement(name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

function svg(name, attributes = {}, ...children) {
  const made = document.createElementNS("http://www.w3.org/2000/svg", name);
  for (const [key, value] of Object.entries(attributes)) {
    made.setAttribute(key, value);
  }
  made.append(...children);
  return made;
}

const colour = (name) => getComputedStyle(document.documentElement).getPropertyValue(`--${name}`).trim();

// The label of a line or an area: a spot of its colour, its name, its value.
function key(label, kind, tone) {
  const value = element("b", { class: "value" });
  const spot = element("i", { class: `spot ${kind}` });
  spot.style.setProperty("--tone", `var(--${tone})`);
  return { item: element("span", { class: "key" }, spot, `${label} `, value), value };
}

// Calls draw(width) now and whenever the element's width changes.
function onWidth(box, draw) {
  let last = 0;
  new ResizeObserver(() => {
    const width = Math.floor(box.clientWidth);
    if (width > 0 && width !== last) {
      last = width;
      draw(width);
    }
  }).observe(box);
}
