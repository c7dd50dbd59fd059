// The life of one request: a lane for each kind of stretch, and its bars over time.

const LANES = [["queue", "in a queue"], ["queued", "queued"], ["generate", "draw"], ["reply", "reply"], ["wait", "asleep"], ["tell", "tell"]];
const WAITING = new Set(["queue", "queued", "wait"]);
const ENDS = {
  pictures: "picture after",
  told: "told why not after",
  late: "picture, too late, after",
  lost: "lost after",
  unreachable: "unreachable for",
};
const LANE = { left: 76, right: 12, height: 22, bar: 12, failed: 20, bottom: 22 };

function lives(section, run) {
  for (const life of run.lives) {
    const title = `${life.title[0].toUpperCase()}${life.title.slice(1)}: ${ENDS[life.end] ?? `${life.end} after`} ${durationText(life.ended_s - life.sent_s)}`;
    const place = element("span", { class: "key" }, `request ${countText(life.request)}, sent at ${durationText(life.sent_s)}`);
    const caption = element("figcaption", {}, element("h3", {}, title), place);
    const box = element("div");
    const readout = element("p", { class: "readout" });
    section.append(element("figure", {}, caption, box, readout));
    onWidth(box, (width) => drawLife(box, readout, life, title, width));
  }
  const keys = [["failed", "bad"], ["waits", "wait"], ["succeeded", "good"]].map(([label, tone]) => key(label, "area", tone).item);
  section.append(element("figcaption", { class: "keys" }, ...keys));
}

function drawLife(box, readout, life, title, width) {
  const lanes = LANES.filter(([kind]) => life.bars.some((bar) => bar.kind === kind));
  const height = lanes.length * LANE.height + LANE.bottom;
  const drawing = svg("svg", { class: "life", height, "aria-label": title });
  const length = Math.max(life.ended_s - life.sent_s, 1e-3);
  const x = (s) => LANE.left + (s / length) * (width - LANE.left - LANE.right);
  lanes.forEach(([, label], row) => {
    const y = (row + 0.5) * LANE.height;
    drawing.append(svg("line", { class: "grid", x1: LANE.left, x2: width - LANE.right, y1: y, y2: y }));
    drawing.append(svg("text", { x: 0, y: y + 4 }, label));
  });
  for (const tick of timeTicks(0, length, Math.max(2, Math.floor((width - LANE.left) / 90)))) {
    drawing.append(svg("line", { class: "grid", x1: x(tick), x2: x(tick), y1: 0, y2: height - LANE.bottom }));
    drawing.append(svg("text", { x: x(tick), y: height - 6, "text-anchor": "middle" }, durationText(tick)));
  }
  const items = life.bars.map((bar) => {
    const [begin, took] = [bar.begins_s - life.sent_s, bar.ends_s - bar.begins_s];
    const row = lanes.findIndex(([kind]) => kind === bar.kind);
    const tone = bar.ok ? (WAITING.has(bar.kind) ? "wait" : "good") : "failed";
    const size = Math.max(2, x(begin + took) - x(begin));
    const tall = bar.ok ? LANE.bar : LANE.failed; // not by colour alone
    const y = row * LANE.height + (LANE.height - tall) / 2;
    const shape = svg("rect", { class: tone, x: x(begin), y, width: size, height: tall, rx: Math.min(3, size / 2) });
    const end = WAITING.has(bar.kind) ? "" : bar.ok ? ", succeeded" : ", failed";
    return { x: x(begin), width: size, shape, text: `After ${durationText(begin)}: ${lanes[row][1]} for ${durationText(took)}${end}` };
  });
  drawing.append(...items.map(({ shape }) => shape));
  box.replaceChildren(drawing);
  const attempts = life.bars.filter((bar) => bar.kind === "reply").length;
  choosable(drawing, readout, items, `${countText(attempts)} ${attempts === 1 ? "attempt" : "attempts"} to reply`);
}
