// What is beside the fields: the sentence, the edit as a diff, the findings, the numbers and the charts.

import { element, show } from "./answer.js";
import { goTo, sayAtFields } from "./fields.js";

const byId = (id) => document.getElementById(id);

export function showEdit({ diff }) {
  byId("edit").hidden = !diff;
  byId("diff").replaceChildren(
    ...diff.split(/(?<=\n)/).map((line) => element("span", { class: toneOf(line) }, line)),
  );
}

const toneOf = (line) => (/^(---|\+\+\+|@@|\\)/.test(line) ? "head" : { "+": "new", "-": "old" }[line[0]] ?? "");

export function showFindings({ findings, mended }) {
  const [fresh, stay] = [findings.filter((one) => one.is_new), findings.filter((one) => !one.is_new)];
  byId("check").hidden = false;
  byId("findings").replaceChildren(...fresh.map((one) => item(one, one.level)), ...mended.map((one) => item(one, "mended")));
  byId("stay").hidden = !stay.length;
  byId("stay-title").textContent = `${stay.length} ${stay.length === 1 ? "finding" : "findings"} of the files in force`;
  byId("staying").replaceChildren(...stay.map((one) => item(one, one.level)));
  if (!fresh.length && !mended.length && (!stay.length || !byId("edit").hidden)) {
    const none = stay.length ? "The edit brings no new finding." : "Yes. The check found nothing wrong.";
    byId("findings").append(element("li", { class: "none" }, none));
  }
  const said = {};
  for (const { knob, what, advice, level } of fresh.filter((one) => one.knob)) {
    (said[knob] ??= []).push({ text: `${sentence(what)} ${sentence(advice)}`, level });
  }
  sayAtFields(said);
}

function item(finding, level) {
  const where = `${finding.file}:${finding.line}`;
  const place = finding.knob
    ? element("button", { type: "button", class: "place" }, where)
    : element("span", { class: "place" }, where);
  if (finding.knob) {
    place.addEventListener("click", () => goTo(finding.knob));
  }
  const more = level === "mended" ? [] : [element("p", { class: "why" }, `${sentence(finding.why)} ${sentence(finding.advice)}`)];
  return element("li", { class: level }, element("span", { class: "level" }, level), place, element("p", {}, sentence(finding.what)), ...more);
}

const sentence = (text) => `${text[0].toUpperCase()}${text.slice(1)}${/[.!?]$/.test(text) ? "" : "."}`;

export function showAnswer({ title, sentences, numbers, data }) {
  byId("title").textContent = title;
  byId("verdict").innerHTML = sentences;
  byId("numbers").innerHTML = numbers;
  byId("drawn").hidden = false;
  show(data);
}

export function showReason(reason) {
  byId("title").textContent = "";
  byId("verdict").replaceChildren(element("p", { "data-kept": "no" }, reason));
  byId("drawn").hidden = true;
}

byId("copy").addEventListener("click", async () => {
  const text = byId("diff").textContent;
  try {
    await navigator.clipboard.writeText(text);
    byId("copy").textContent = "Copied";
    setTimeout(() => (byId("copy").textContent = "Copy"), 2000);
  } catch {
    getSelection().selectAllChildren(byId("diff")); // the browser forbids it: ready for Ctrl-C
  }
});
