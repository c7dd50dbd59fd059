// The moment that is read and the stretch of time that is shown: one of each for all charts, and the time line above them.

const PLOT = { left: 52, right: 10 }; // px beside every plot; the same for all, so that moments stand below each other

const times = { begin: 0, end: 1, from: 0, to: 1, at: null, watchers: [] };

function tellWatchers(source) {
  times.watchers.forEach((watcher) => watcher(source));
}

// source: the chart that was pointed at, which knows already.
function readAt(at, source) {
  times.at = at === null ? null : Math.min(times.to, Math.max(times.from, at));
  tellWatchers(source);
}

function showStretch(from, to, source) {
  if (from === times.from && to === times.to) {
    return;
  }
  Object.assign(times, { from: Math.max(times.begin, from), to: Math.min(times.end, to) });
  tellWatchers(source);
}

// box: the element; faults: of the first run; step: seconds of one press of an arrow key; say: the values at the moment.
function timeline(box, faults, step, say) {
  const now = element("span", { class: "now" });
  const left = (at, width) => PLOT.left + ((at - times.from) / (times.to - times.from)) * (width - PLOT.left - PLOT.right);

  function draw() {
    const width = box.clientWidth;
    const ticks = timeTicks(times.from, times.to, Math.max(2, Math.floor(width / 110)));
    const parts = ticks.map((at) => {
      const made = element("span", { class: "tick" }, durationText(at));
      made.style.left = `${left(at, width)}px`;
      return made;
    });
    const shown = faults.filter((fault) => fault.begins_s < times.to && fault.ends_s > times.from);
    const begins = shown.map((fault) => left(Math.max(fault.begins_s, times.from), width));
    shown.forEach((fault, index) => {
      const bar = element("span", { class: "fault" });
      bar.style.left = `${begins[index]}px`;
      bar.style.width = `${Math.max(2, left(Math.min(fault.ends_s, times.to), width) - begins[index])}px`;
      const words = element("span", { class: "words", title: fault.label }, fault.label);
      const room = (begins[index + 1] ?? width) - begins[index];
      Object.assign(words.style, { left: `${begins[index]}px`, maxWidth: `${room}px` });
      parts.push(bar, ...(room > 40 ? [words] : []));
    });
    now.hidden = times.at === null;
    box.replaceChildren(...parts, now);
    if (times.at !== null) {
      now.textContent = durationText(times.at);
      const half = now.offsetWidth / 2;
      now.style.left = `${Math.min(width - 2 * half, Math.max(0, left(times.at, width) - half))}px`;
    }
    const at = times.at ?? times.from;
    box.setAttribute("aria-valuemin", times.from);
    box.setAttribute("aria-valuemax", times.to);
    box.setAttribute("aria-valuenow", at);
    box.setAttribute("aria-valuetext", `${durationText(at)}: ${say(at)}`);
  }

  const moves = { ArrowLeft: -1, ArrowRight: 1, ArrowDown: -1, ArrowUp: 1, PageDown: -10, PageUp: 10 };
  box.addEventListener("keydown", (event) => {
    if (event.key in moves) {
      const by = moves[event.key] * (event.shiftKey ? 10 : 1);
      readAt(times.at === null ? times.from : times.at + by * step);
    } else if (event.key === "Home" || event.key === "End") {
      readAt(event.key === "Home" ? times.from : times.to);
    } else {
      return;
    }
    event.preventDefault();
  });
  times.watchers.push(draw);
  onWidth(box, draw);
}

document.addEventListener("keydown", (event) => {
  if (event.key === "Escape") {
    times.at = null;
    showStretch(times.begin, times.end);
    tellWatchers();
  }
});
