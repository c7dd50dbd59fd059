// Bars of a drawing that can be pointed at, or chosen with the arrow keys; the words about the chosen one stand below.

// items: { x, width, shape, text }, ascending; draws no bar itself.
function choosable(drawing, readout, items, hint) {
  let chosen = -1;

  function choose(index) {
    items[chosen]?.shape.classList.remove("chosen");
    chosen = index;
    items[chosen]?.shape.classList.add("chosen");
    readout.textContent = items[chosen]?.text ?? hint;
    drawing.setAttribute("aria-valuenow", Math.max(0, chosen));
    drawing.setAttribute("aria-valuetext", readout.textContent);
  }

  const attributes = { tabindex: 0, role: "slider", "aria-valuemin": 0, "aria-valuemax": Math.max(0, items.length - 1) };
  Object.entries(attributes).forEach(([name, value]) => drawing.setAttribute(name, value));
  drawing.addEventListener("pointermove", (event) => {
    const x = event.clientX - drawing.getBoundingClientRect().left;
    const away = items.map((item) => Math.max(item.x - x, x - item.x - item.width, 0));
    choose(away.indexOf(Math.min(...away)));
  });
  drawing.addEventListener("pointerleave", () => choose(-1));
  drawing.addEventListener("keydown", (event) => {
    const to = { ArrowLeft: chosen - 1, ArrowRight: chosen + 1, Home: 0, End: items.length - 1 }[event.key];
    if (to !== undefined && items.length) {
      choose(Math.min(items.length - 1, Math.max(0, to)));
      event.preventDefault();
    } else if (event.key === "Escape") {
      choose(-1);
    }
  });
  choose(-1);
}
