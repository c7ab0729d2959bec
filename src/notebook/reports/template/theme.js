/* Before the page is drawn: the theme that the reader chose last, else the system's. */
"use strict";
(() => {
  let chosen = null;
  try {
    chosen = localStorage.getItem("class-it-theme");
  } catch {
    // no storage for pages from the disk in this browser: the choice lasts as long as the page
  }
  const system = matchMedia("(prefers-color-scheme: dark)").matches ? "dark" : "light";
  document.documentElement.dataset.theme = chosen === "dark" || chosen === "light" ? chosen : system;
})();
