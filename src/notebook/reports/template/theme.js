/* Sets the theme before the page is drawn: the reader's last choice, else the system's. */
"use strict";
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("class-it-theme");
  } catch {
    // this browser has no storage for pages from the disk: the choice is not remembered
  }
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  document.documentElement.dataset.theme = chosen === "dark" || chosen === "light" ? chosen : system;
})();
