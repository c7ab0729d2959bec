/* What a report page does: draws its figures, follows the reader's light or dark, folds the code. No network. */
"use strict";
(() => {
  const root = document.documentElement;
  const figures = [...document.querySelectorAll("figure[data-plotly]")].map((element) => ({
    element,
    ground: element.querySelector(".plot"),
    json: JSON.parse(element.querySelector("script").textContent),
  }));
  const inks = JSON.parse(document.getElementById("dark-inks").textContent);

  /** A copy of the figure in the inks of the dark page. */
  function dark(value) {
    if (typeof value === "string") return inks[value.toLowerCase()] ?? value;
    if (Array.isArray(value)) return value.map(dark);
    if (value === null || typeof value !== "object") return value;
    return Object.fromEntries(Object.entries(value).map(([key, inner]) => [key, dark(inner)]));
  }

  function draw() {
    if (typeof Plotly === "undefined") return;
    for (const { element, ground, json } of figures) {
      const { data, layout } = root.dataset.theme === "dark" ? dark(json) : json;
      const { title, height, margin, meta, ...rest } = layout;
      const shown = { ...rest, autosize: true, margin: { ...margin, t: 16 }, height: height - (margin?.t ?? 48) + 16 };
      Plotly.react(ground, structuredClone(data), structuredClone(shown), { responsive: true, displaylogo: false });
      element.classList.add("drawn");
    }
  }

  const prefersDark = matchMedia("(prefers-color-scheme: dark)");
  function setTheme(theme) {
    root.dataset.theme = theme;
    draw();
  }
  setTheme(prefersDark.matches ? "dark" : "light");
  prefersDark.addEventListener("change", () => setTheme(prefersDark.matches ? "dark" : "light"));
  document.getElementById("theme").addEventListener("click", () => {
    setTheme(root.dataset.theme === "dark" ? "light" : "dark");
  });

  const fold = document.getElementById("fold");
  fold?.addEventListener("click", () => {
    const cells = [...document.querySelectorAll("details.code")];
    const open = !cells.some((cell) => cell.open);
    for (const cell of cells) cell.open = open;
    fold.textContent = open ? "Hide code" : "Show code";
  });
})();
