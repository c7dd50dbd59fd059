// The knobs of the files as fields: a section a file, a row a line.  Which of them are edited, and what is said of each.

import { element } from "./answer.js";

const form = document.getElementById("form");
const place = document.getElementById("knobs");
const inForce = new Map(); // the text of each knob in the files, by its name

const inputOf = (name) => document.getElementById(`knob:${name}`);

// Shows the sections; what was edited stays edited.
export function showFields(sections) {
  const edits = edited();
  const wasOpen = new Map([...place.querySelectorAll("details")].map((one) => [one.id, one.open]));
  inForce.clear();
  place.replaceChildren(...sections.map((section) => sectionOf(section, sections)));
  for (const one of place.querySelectorAll("details")) {
    one.open = wasOpen.get(one.id) ?? (matchMedia("(min-width: 64rem)").matches && !one.id.startsWith("file:deploy/"));
  }
  for (const [name, text] of Object.entries(edits)) {
    if (inputOf(name)) {
      inputOf(name).value = text;
    }
  }
  markEdits();
}

// The texts of the knobs that differ from the files, by name.
export function edited() {
  const differ = [...inForce].filter(([name, text]) => inputOf(name).value.trim() !== text);
  return Object.fromEntries(differ.map(([name]) => [name, inputOf(name).value.trim()]));
}

export function markEdits() {
  const edits = edited();
  for (const name of inForce.keys()) {
    inputOf(name).classList.toggle("edited", name in edits);
    document.getElementById(`back:${name}`).hidden = !(name in edits);
  }
  for (const one of place.querySelectorAll("details")) {
    const count = one.querySelectorAll(".edited").length;
    one.querySelector(".count").textContent = count ? `${count} edited` : "";
  }
}

// messages: { knob or setting: [{ text, level }] }; what was said before is forgotten.
export function sayAtFields(messages) {
  for (const box of form.querySelectorAll(".wrong")) {
    box.hidden = true;
    box.replaceChildren();
  }
  for (const input of form.querySelectorAll("[aria-invalid]")) {
    input.removeAttribute("aria-invalid");
  }
  let isFirst = true;
  for (const [name, said] of Object.entries(messages)) {
    const [input, box] = [inputOf(name) ?? form.elements[name], document.getElementById(`wrong-${name}`)];
    if (!input || !box) {
      continue;
    }
    box.hidden = false;
    box.append(...said.map(({ text, level }) => element("span", { class: level }, text)));
    if (said.some(({ level }) => level === "error")) {
      input.setAttribute("aria-invalid", "true");
      const around = input.closest("details");
      if (around) {
        around.open = true;
      }
      if (isFirst && document.activeElement?.form !== form) {
        input.focus();
      }
      isFirst = false;
    }
  }
}

export function goTo(name) {
  inputOf(name).closest("details").open = true;
  inputOf(name).focus();
  inputOf(name).scrollIntoView({ block: "center" });
}

function sectionOf({ file, name, rows }, sections) {
  const isOne = sections.filter((other) => other.file === file).length === 1;
  const label = file === "queue.yaml" || !isOne ? name : "";
  const count = element("span", { class: "count" });
  const title = element("h2", {}, file, label ? " " : "", element("small", {}, label));
  return element(
    "details",
    { id: `file:${file}:${name}` },
    element("summary", {}, title, count),
    element("div", { class: "rows", role: "group", "aria-label": `${file} ${label}` }, ...rows.map((row) => rowOf(row, label))),
  );
}

// part: of the file, where several have fields of the same label.
function rowOf({ label, help, knobs }, part) {
  const isOne = knobs.length === 1;
  const helpId = `help:${knobs[0].name}`;
  const name = isOne ? element("label", { class: "name", for: `knob:${knobs[0].name}` }, ...breakable(label)) : element("legend", { class: "name" }, ...breakable(label));
  const fields = element("span", { class: "fields" }, ...knobs.map((knob) => fieldOf(knob, isOne, helpId, part && `${label} of ${part}`)));
  const unit = element("span", { class: "unit" }, knobs[0].unit);
  const wrong = knobs.map((knob) => element("p", { class: "wrong", id: `wrong-${knob.name}`, hidden: "" }));
  const about = element("p", { class: "help", id: helpId }, help);
  return element(isOne ? "div" : "fieldset", { class: "row" }, name, fields, unit, ...wrong, about);
}

// A long name breaks after an underscore.
const breakable = (name) => name.split(/(?<=_)/).flatMap((part) => [element("wbr"), part]);

function fieldOf(knob, isOne, helpId, fullLabel) {
  inForce.set(knob.name, knob.value);
  const attributes = { id: `knob:${knob.name}`, "aria-describedby": `wrong-${knob.name} ${helpId}` };
  const input = knob.choices.length
    ? element("select", attributes, ...knob.choices.map((choice) => element("option", {}, choice)))
    : element("input", { ...attributes, inputmode: "decimal", size: isOne ? 6 : 3 });
  input.value = knob.value;
  if (!isOne || fullLabel) {
    input.setAttribute("aria-label", isOne ? fullLabel : knob.name);
  }
  const part = /^[a-z]/.test(knob.part) ? [element("span", { class: "unit" }, `${knob.part} `)] : [];
  const back = element("button", { type: "button", class: "back", id: `back:${knob.name}`, title: `Back to ${knob.value}`, "aria-label": `${knob.name} back to ${knob.value}` }, `↺ ${knob.value}`);
  back.addEventListener("click", () => {
    input.value = knob.value;
    input.focus();
    input.dispatchEvent(new Event("change", { bubbles: true }));
  });
  return element("span", { class: "field" }, back, ...part, input);
}
