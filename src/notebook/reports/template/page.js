/* Script of a report page: draws its figures, switches between light and dark, folds the code. No network. */
"use strict";
(() => {
  const root = document.documentElement;
  const carried = (id) => JSON.parse(document.getElementById(id).textContent);
  const inks = carried("dark-inks");
  const config = carried("plotly-config");
  const narrow = matchMedia("(max-width: 40rem)");
  const touch = matchMedia("(hover: none)"); // without a pointer the buttons would always cover the titles of panels
  const figures = [...document.querySelectorAll("figure[data-plotly]")].map((element) => ({
    element,
    ground: element.querySelector(".plot"),
    json: JSON.parse(element.querySelector("script").textContent),
  }));

  // ------------------------------------------------------------------------------------------------------------ figures

  /** A copy of the figure in the colours of the dark page. */
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
      const { title, height = 450, margin, meta, ...rest } = layout;
      ground.style.minWidth = narrow.matches || meta?.minWidth === undefined ? "" : `${meta.minWidth}px`;
      const settings = { ...config, displayModeBar: touch.matches ? false : "hover" };
      const wide = { autosize: true, margin: { ...margin, t: 16 }, height: height - (margin?.t ?? 48) + 16 };
      const shown = narrow.matches
        ? phoneFigure({ data, layout: { ...rest, height } }, ground.clientWidth)
        : structuredClone({ data, layout: { ...rest, ...wide } });
      Plotly.react(ground, shown.data, shown.layout, settings).then(async () => {
        if (shown.plotHeight !== undefined) await fitHeight(ground, shown.plotHeight);
        element.dataset.fitted = "yes"; // its height is final
      });
      element.classList.add("drawn");
    }
  }

  /** Gives the area inside the margins its height; plotly takes legend, labels and titles from it. */
  function fitHeight(ground, plotHeight) {
    const { height, _size } = ground._fullLayout;
    if (Math.abs(plotHeight - _size.h) >= 1) return Plotly.relayout(ground, { height: height + plotHeight - _size.h });
  }

  if (figures.length > 0) {
    const script = document.createElement("script");
    script.src = "plotly.js";
    script.onload = draw;
    document.head.append(script);
    narrow.addEventListener("change", draw);
  }

  // -------------------------------------------------------------------------------------------------------------- theme

  const button = document.getElementById("theme");
  function setTheme(theme) {
    root.dataset.theme = theme;
    button.textContent = theme === "dark" ? "Light" : "Dark";
    button.setAttribute("aria-label", `Switch to the ${theme === "dark" ? "light" : "dark"} theme`);
    draw();
  }
  function remembered(theme) {
    try {
      if (theme !== undefined) localStorage.setItem("class-it-theme", theme);
      return localStorage.getItem("class-it-theme");
    } catch {
      return null; // this browser has no storage for pages from the disk
    }
  }
  setTheme(root.dataset.theme);
  button.addEventListener("click", () => {
    setTheme(root.dataset.theme === "dark" ? "light" : "dark");
    remembered(root.dataset.theme);
  });
  matchMedia("(prefers-color-scheme: dark)").addEventListener("change", ({ matches }) => {
    if (remembered() === null) setTheme(matches ? "dark" : "light");
  });

  // --------------------------------------------------------------------------------------------------------------- code

  const fold = document.getElementById("fold");
  fold?.addEventListener("click", () => {
    const cells = [...document.querySelectorAll("details.code")];
    const open = !cells.some((cell) => cell.open);
    for (const cell of cells) cell.open = open;
    fold.textContent = open ? "Hide code" : "Show code";
  });

  // ------------------------------------------------------------------------------------------------------------ drawings

  /** Letters of a drawing made of text become so small that its lines fit; broken lines would destroy it. */
  for (const drawing of document.querySelectorAll(".prose pre")) {
    if (!/[\u2500-\u257f]/.test(drawing.textContent)) continue;
    drawing.classList.add("drawing");
    const text = drawing.querySelector("code") ?? drawing;
    const setSize = (size) => {
      for (const part of [drawing, text]) part.style.fontSize = size; // both have one of their own
    };
    const fit = () => {
      setSize("");
      const { paddingLeft, paddingRight } = getComputedStyle(drawing);
      const range = document.createRange();
      range.selectNodeContents(text);
      const room = drawing.clientWidth - Number.parseFloat(paddingLeft) - Number.parseFloat(paddingRight);
      const share = room / range.getBoundingClientRect().width;
      if (share < 1) setSize(`${Math.floor(10 * share * Number.parseFloat(getComputedStyle(text).fontSize)) / 10}px`);
    };
    fit();
    narrow.addEventListener("change", fit);
  }

  // -------------------------------------------------------------------------------------------------------------- tables

  /** Marks the edge of a table that is wider than its box. */
  for (const box of document.querySelectorAll(".table")) {
    const mark = () => box.classList.toggle("more", box.scrollLeft + box.clientWidth < box.scrollWidth - 1);
    box.addEventListener("scroll", mark, { passive: true });
    new ResizeObserver(mark).observe(box);
  }
})();
