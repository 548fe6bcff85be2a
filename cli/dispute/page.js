"use strict";

// What the page can do beyond being read: whole hashes, and all points at once. Without this script
// everything is there as well, behind its own summary.
const details = () => [...document.querySelectorAll("details")];

function pressed(button, on) {
  button.setAttribute("aria-pressed", String(on));
}

const points = document.getElementById("all-points");
points.addEventListener("click", () => {
  const open = points.getAttribute("aria-pressed") !== "true";
  for (const each of details()) each.open = open;
  pressed(points, open);
});

const hashes = document.getElementById("whole-hashes");
hashes.addEventListener("click", () => {
  pressed(hashes, document.body.classList.toggle("whole"));
});

document.querySelector(".tools").hidden = false;
