// A picture in large.

import { byId } from "./dom.js";

const viewer = byId("viewer");

export function openPicture({ url, words, title }) {
  byId("viewer-picture").src = url;
  byId("viewer-picture").alt = words;
  byId("viewer-words").textContent = title ?? words;
  byId("viewer-link").href = url;
  viewer.showModal();
}

viewer.addEventListener("click", (event) => {
  if (!event.target.closest("img, figcaption")) viewer.close();
});
viewer.addEventListener("close", () => byId("viewer-picture").removeAttribute("src"));
