/* Hovering over a dot marks the dots of the same name (such as one task) in every box of the figure. No network. */
"use strict";
(() => {
  const SIZE = 7;
  const LARGER = 13;

  /** Makes the dots named `name` larger; null makes all dots equal again. Only their size changes, so the theme stays. */
  function mark(plot, name) {
    const indices = [];
    const sizes = [];
    plot.data.forEach((trace, i) => {
      if (!Array.isArray(trace.customdata) || trace.mode !== "markers") return;
      indices.push(i);
      sizes.push(trace.customdata.map((own) => (own === name ? LARGER : SIZE)));
    });
    if (indices.length > 0) Plotly.restyle(plot, { "marker.size": sizes }, indices);
  }

  function link(plot) {
    if (plot.dataset.linked === "yes" || typeof plot.on !== "function") return;
    plot.dataset.linked = "yes";
    plot.on("plotly_hover", ({ points }) => {
      const name = points[0]?.customdata;
      if (typeof name === "string") mark(plot, name);
    });
    plot.on("plotly_unhover", () => mark(plot, null));
  }

  // page.js draws the figures when plotly.js has been loaded, and marks each drawn figure with a class
  const watch = new MutationObserver((changes) => {
    for (const { target } of changes) {
      const plot = target.classList.contains("drawn") ? target.querySelector(".plot") : null;
      if (plot !== null) link(plot);
    }
  });
  for (const figure of document.querySelectorAll("figure[data-plotly]")) {
    watch.observe(figure, { attributes: true, attributeFilter: ["class"] });
  }
})();
