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

  const PANEL = { height: 170, gap: 75 }; // pixels of a panel in a narrow figure, and below it for its labels
  const PHONE = { plot: 290, letter: 7, line: 26 }; // pixels of the plot and of a letter; letters of a label in one line

  /** The layout for a phone: panels are stacked, long labels are broken into lines or rotated. */
  function narrowed(wide) {
    const layout = structuredClone(wide);
    const axes = (letter) => Object.keys(layout).filter((key) => new RegExp(`^${letter}axis\\d*$`).test(key));
    for (const key of [...axes("x"), ...axes("y")]) {
      const axis = layout[key];
      if (axis.title?.text) axis.title.text = broken(axis.title.text, PHONE.line + 8);
    }
    for (const key of axes("y")) {
      const { ticktext } = layout[key];
      if (ticktext === undefined || longest(ticktext) <= PHONE.line) continue;
      layout[key].ticktext = ticktext.map((text) => broken(text, PHONE.line));
      layout.height *= 1.3;
    }
    const panels = axes("x")
      .map((key) => ({ x: layout[key], y: layout[(layout[key].anchor ?? "y").replace("y", "yaxis")] }))
      .filter(({ x, y }) => x.domain !== undefined && y !== undefined && y.domain === undefined && y.anchor !== undefined);
    const rows = panels.length > 1 && panels.length === axes("x").length ? panels.length : 1;
    if (rows > 1) {
      const step = PANEL.height + PANEL.gap;
      panels.forEach(({ x, y }, i) => {
        x.domain = [0, 1];
        y.domain = [1 - (i * step + PANEL.height) / (rows * step), 1 - (i * step) / (rows * step)];
      });
      layout.height += rows * step - 300;
      if (layout.legend?.y < 0) layout.legend.y = -10 / (rows * step);
    }
    for (const key of axes("x")) {
      const { ticktext, domain = [0, 1] } = layout[key];
      if (ticktext === undefined) continue;
      const room = ((domain[1] - domain[0]) * PHONE.plot) / ticktext.length / PHONE.letter;
      if (longest(ticktext) <= room) continue;
      layout[key].tickangle = -40;
      if (rows > 1 || !(layout.legend?.y < 0)) continue;
      layout.legend.y -= 0.2; // below the rotated labels
      layout.height += PANEL.gap;
    }
    return layout;
  }

  const linesOf = (text) => String(text).split(/<br ?\/?>/);
  const longest = (texts) => Math.max(...texts.flatMap(linesOf).map((line) => line.length));

  /** A label in lines of at most `length` letters, broken at blanks. */
  function broken(text, length) {
    const lines = [""];
    for (const word of String(text).split(" ")) {
      const last = lines[lines.length - 1];
      if (last !== "" && last.length + 1 + word.length > length) lines.push(word);
      else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
    }
    return lines.join("<br>");
  }

  function draw() {
    if (typeof Plotly === "undefined") return;
    for (const { element, ground, json } of figures) {
      const { data, layout } = root.dataset.theme === "dark" ? dark(json) : json;
      const { title, height = 450, margin, meta, ...rest } = layout;
      ground.style.minWidth = narrow.matches || meta?.minWidth === undefined ? "" : `${meta.minWidth}px`;
      const shown = { ...rest, autosize: true, margin: { ...margin, t: 16 }, height: height - (margin?.t ?? 48) + 16 };
      const fitted = narrow.matches ? narrowed(shown) : structuredClone(shown);
      Plotly.react(ground, structuredClone(data), fitted, { ...config, displayModeBar: touch.matches ? false : "hover" });
      element.classList.add("drawn");
    }
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

  // -------------------------------------------------------------------------------------------------------------- tables

  /** Marks the edge of a table that is wider than its box. */
  for (const box of document.querySelectorAll(".table")) {
    const mark = () => box.classList.toggle("more", box.scrollLeft + box.clientWidth < box.scrollWidth - 1);
    box.addEventListener("scroll", mark, { passive: true });
    new ResizeObserver(mark).observe(box);
  }
})();
