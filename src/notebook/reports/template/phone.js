/*
 * The layout of a figure on a phone: panels below each other, crowded bars in several panels, the names of rows above them, the
 * legend on top, so that no text covers another one. Figures and notebooks stay as they are. No network.
 */
"use strict";
globalThis.phoneFigure = (() => {
  // all in pixels
  const SIDE = 8; //            left and right of the figure
  const PANEL = 170; //         height of a panel among others
  const ALONE = 240; //         height of the only panel
  const CELL = 22; //           height of a heat map's row
  const BAR = 6; //             least width of a bar; the categories of narrower ones are divided among panels
  const COLUMN = 68; //         least width of panels that share their axis of values
  const TICKS_LEFT = 50; //     room for the labels of an axis of values
  const NAMES_LEFT = 110; //    longest name of a row that stands beside it; longer ones stand above
  const LINE = 15; //           of text
  const NAME = { first: 18, line: 12, size: 10 }; // names of dots: distance of the nearest line, of lines, letter
  const FONT = '"Open Sans", verdana, arial, sans-serif'; // plotly's own

  /**
   * @param figure - plotly's data and layout, without a title
   * @param width - of the figure
   * @returns data and layout, and the height that the area inside its margins should have
   */
  function phoneFigure(figure, width) {
    const { data, layout } = structuredClone(figure);
    const rows = hasRows(data, layout) ? layout.yaxis : null;
    const isAbove =
      rows !== null &&
      (data.some(({ mode }) => mode === "text") || rows.ticktext.some((text) => widthOf(text) > NAMES_LEFT));
    const left = isAbove ? 0 : rows === null ? TICKS_LEFT : NAMES_LEFT;
    const room = width - 2 * SIDE - left;
    layout.margin = { l: SIDE, r: SIDE, t: 16, b: 16 };
    const legend = { ...layout.legend, orientation: "h", x: 0, xanchor: "left", yanchor: "bottom", maxheight: 1000 };
    Object.assign(layout, { legend, autosize: true });
    const panels = panelsOf(layout).flatMap((panel) => dividedBars(data, layout, panel, room));
    if (panels.length === 0) return alone(data, layout);
    const ticks = rows === null ? null : rowsOf(panels, data, rows);
    if (rows !== null)
      panels.sort((a, b) => rows.tickvals.indexOf(ticks.get(a)[0]) - rows.tickvals.indexOf(ticks.get(b)[0]));
    const isShared = new Set(panels.map(({ y }) => y)).size < panels.length;
    const perLine = isShared && rows === null ? Math.max(1, Math.floor(room / COLUMN)) : 1;
    const lines = Array.from({ length: Math.ceil(panels.length / perLine) }, (_, i) => ({
      panels: panels.slice(i * perLine, (i + 1) * perLine),
      y: isShared ? `y${i === 0 ? "" : i + 1}` : panels[i].y,
    }));
    const valueAxis = layout.yaxis;
    const shapes = layout.shapes ?? [];
    if (rows !== null) layout.shapes = []; // each panel adds its own
    for (const line of lines) {
      if (isShared) layout[keyOf(line.y)] = structuredClone(valueAxis);
      layout[keyOf(line.y)].anchor = line.panels[0].x;
      line.top = titlesAbove(layout, line);
      line.height =
        rows === null
          ? heightOf(layout, data, line, panels.length)
          : setRows(data, layout, line, { ticks: ticks.get(line.panels[0]), rows, shapes, room, isAbove });
      line.panels.forEach((panel, i) => {
        const share = 1 / perLine;
        const domain = [i * share, (i + (perLine === 1 ? 1 : 0.88)) * share];
        Object.assign(layout[keyOf(panel.x)], { domain, anchor: line.y });
      });
      line.below = Math.max(...line.panels.map(({ x }) => setLabels(layout[keyOf(x)], room / perLine)));
      const { title } = layout[keyOf(line.y)];
      if (title?.text) title.text = broken(title.text, line.height);
    }
    if (rows === null) for (const line of lines) moveTo(line, data, layout, lines.length > 1);
    const plotHeight = stack(layout, lines);
    layout.height = plotHeight + 150;
    layout.legend.y = 1 + (lines[0].top + 6) / plotHeight;
    layout.margin.t += lines[0].top;
    return { data, layout, plotHeight };
  }

  /** A figure whose axes plotly chooses. */
  function alone(data, layout) {
    Object.assign(layout, { height: ALONE + 150, legend: { ...layout.legend, y: 1.02 } });
    return { data, layout, plotHeight: ALONE };
  }

  /** Whether the axis of values is a list of named rows, at whole numbers. */
  function hasRows(data, { yaxis }) {
    if (yaxis?.ticktext === undefined || yaxis.showgrid !== false) return false;
    return data.every(
      ({ type, y = [] }) =>
        type !== "heatmap" &&
        Array.isArray(y) &&
        y.every((one) => one === null || yaxis.tickvals.includes(Math.round(one))),
    );
  }

  const keyOf = (id) => id.replace(/^[xy]/, "$&axis"); // x2: xaxis2

  /** Pairs of axes, in their order. */
  function panelsOf(layout) {
    const keys = Object.keys(layout).filter((key) => /^xaxis\d*$/.test(key));
    const panels = keys.map((key) => ({ x: key.replace("axis", ""), y: layout[key].anchor ?? "y" }));
    for (const { y } of panels) layout[keyOf(y)] ??= {};
    return panels;
  }

  /** A panel of crowded bars as several, with the same axis of values and some of the categories each. */
  function dividedBars(data, layout, panel, room) {
    const { x, y } = panel;
    const axis = layout[keyOf(x)];
    const { ticktext = [], tickvals = [] } = axis;
    const bars = onPanel(data, panel).filter(({ type }) => type === "bar");
    const parts = Math.ceil((bars.length * ticktext.length * BAR) / room);
    if (parts < 2 || axis.range === undefined) return [panel];
    const size = Math.ceil(ticktext.length / parts);
    const shapes = (layout.shapes ?? []).filter(({ xref, yref }) => xref === x && yref === y);
    const place = (part) => {
      const [from, to] = [part * size, (part + 1) * size];
      return { range: [from - 0.5, to - 0.5], ticktext: ticktext.slice(from, to), tickvals: tickvals.slice(from, to) };
    };
    for (const bar of bars) bar.legendgroup ??= bar.name;
    const further = Array.from({ length: parts - 1 }, (_, i) => {
      const number = panelsOf(layout).length + 1;
      const [xaxis, yaxis] = [`x${number}`, `y${number}`];
      layout[keyOf(xaxis)] = { ...structuredClone(axis), ...place(i + 1), anchor: yaxis };
      layout[keyOf(yaxis)] = { ...structuredClone(layout[keyOf(y)]), anchor: xaxis };
      data.push(...structuredClone(bars).map((bar) => ({ ...bar, xaxis, yaxis, showlegend: false })));
      layout.shapes?.push(...shapes.map((shape) => ({ ...shape, xref: xaxis, yref: yaxis })));
      return { x: xaxis, y: yaxis };
    });
    Object.assign(axis, place(0));
    return [panel, ...further];
  }

  const onPanel = (data, { x }) => data.filter((trace) => (trace.xaxis ?? "x") === x);

  // --------------------------------------------------------------------------------------------------------------- texts

  const pen = document.createElement("canvas").getContext("2d");
  const linesOf = (text) => String(text).split(/<br ?\/?>/);

  /** Width of a label's longest line. */
  function widthOf(text, size = 12) {
    pen.font = `${size}px ${FONT}`;
    const shown = linesOf(text).map((line) => line.replace(/<[^>]*>/g, "").replace(/&\w+;/g, "&"));
    return Math.max(...shown.map((line) => pen.measureText(line).width));
  }

  /** A label in lines of at most `width`, broken at blanks. */
  function broken(text, width, size = 14) {
    const lines = [""];
    for (const word of linesOf(text).join(" ").split(" ")) {
      const last = lines[lines.length - 1];
      if (last !== "" && widthOf(`${last} ${word}`, size) > width) lines.push(word);
      else lines[lines.length - 1] = last === "" ? word : `${last} ${word}`;
    }
    return lines.join("<br>");
  }

  /** Room for titles of panels that stand above them; these are tied to their panel. */
  function titlesAbove(layout, line) {
    const titles = line.panels.flatMap(({ x, y }) =>
      (layout.annotations ?? [])
        .filter(({ xref, yref, yanchor, x: at, y: height }) => {
          if (yanchor !== "bottom" || yref !== "paper") return false;
          if (xref !== "paper") return xref === x;
          const [across, up] = [layout[keyOf(x)].domain, layout[keyOf(y)].domain];
          return across?.[0] === at && up?.[1] === height;
        })
        .map((title) => {
          if (title.xref === "paper") Object.assign(title, { xref: `${x} domain`, x: 0 });
          return Object.assign(title, { yref: `${line.y} domain`, y: 1 });
        }),
    );
    return titles.length === 0 ? 0 : LINE + 5;
  }

  /** Breaks an axis's title and slants its labels where they do not fit. @returns the height of both */
  function setLabels(axis, room) {
    const { ticktext } = axis;
    let ticks = 20;
    if (ticktext !== undefined) {
      const longest = Math.max(...ticktext.map((text) => widthOf(text)));
      const lines = Math.max(...ticktext.map((text) => linesOf(text).length));
      const isSlanted = axis.tickangle || longest > room / ticktext.length - 4;
      if (isSlanted) axis.tickangle ||= -40;
      const angle = ((axis.tickangle ?? 0) * Math.PI) / 180;
      ticks = 6 + Math.abs(Math.sin(angle)) * longest + Math.cos(angle) * LINE * lines;
    }
    if (!axis.title?.text) return ticks;
    axis.title.text = broken(axis.title.text, room);
    return ticks + 12 + 18 * linesOf(axis.title.text).length;
  }

  // -------------------------------------------------------------------------------------------------------------- panels

  function heightOf(layout, data, line, count) {
    const { ticktext } = layout[keyOf(line.y)];
    if (ticktext !== undefined && onPanel(data, line.panels[0])[0]?.type === "heatmap") return CELL * ticktext.length;
    return count === 1 ? ALONE : PANEL;
  }

  /** Puts the traces and shapes of a line's panels on its axis of values. */
  function moveTo(line, data, layout, isOneOfMany) {
    for (const panel of line.panels) {
      for (const trace of onPanel(data, panel)) trace.yaxis = line.y;
      for (const shape of layout.shapes ?? []) {
        if (shape.xref === panel.x && shape.yref === panel.y) shape.yref = line.y;
        if (isOneOfMany && shape.xref === "paper" && shape.yref === panel.y) {
          Object.assign(shape, { xref: `${panel.x} domain`, x0: 0, x1: 1 });
        }
      }
    }
  }

  /** Gives each line its part of the height. @returns the height of all */
  function stack(layout, lines) {
    const gaps = lines.map((line, i) => (i === 0 ? 0 : lines[i - 1].below + 14 + line.top));
    const total = lines.reduce((sum, { height }, i) => sum + gaps[i] + height, 0);
    let at = 0;
    lines.forEach((line, i) => {
      at += gaps[i];
      layout[keyOf(line.y)].domain = [Math.max(0, 1 - (at + line.height) / total), 1 - at / total];
      at += line.height;
    });
    return total;
  }

  // ---------------------------------------------------------------------------------------------------------------- rows

  /** Places the rows of a panel, whose axis then counts pixels from its top. @returns its height */
  function setRows(data, layout, line, { ticks, rows, shapes, room, isAbove }) {
    const [panel] = line.panels;
    const traces = onPanel(data, panel);
    const pixels = (layout.height - 130) / rows.tickvals.length; // of a row in the figure's own layout
    const names = traces.filter(({ mode }) => mode === "text");
    const toPixels =
      names.length > 0
        ? rangeFor(
            layout[keyOf(panel.x)],
            traces,
            shapes.filter(({ xref }) => xref === panel.x),
            room,
          )
        : null;
    const placed = [];
    let at = 0;
    for (const tick of ticks) {
      const text = rows.ticktext[rows.tickvals.indexOf(tick)];
      const label = isAbove ? broken(text, room - 8, 12) : text;
      const own = toPixels === null ? null : namesIn(names, tick, toPixels, room);
      const [up, down] = own === null ? [pixels / 2, pixels / 2] : own.reach;
      const row = { tick, label, top: at, marks: at + (isAbove ? 5 + LINE * linesOf(label).length : 0) };
      Object.assign(row, { middle: row.marks + up, bottom: row.marks + up + down });
      for (const { trace, offsets, positions } of own?.places ?? []) {
        Object.assign(trace, { x: positions, y: offsets.map((offset) => row.middle + offset), yaxis: line.y });
        trace.textfont = { ...trace.textfont, size: NAME.size };
      }
      placed.push(row);
      at = row.bottom;
    }
    for (const trace of traces.filter(({ mode }) => mode !== "text")) {
      const rowOf = (y) => placed.find(({ tick }) => tick === Math.round(y));
      trace.y = trace.y.map((y) => (y === null ? null : rowOf(y).middle - (y - Math.round(y)) * pixels));
      trace.yaxis = line.y;
      if (trace.type === "box") trace.width *= pixels;
    }
    const [tickvals, ticktext] = [placed.map(({ middle }) => middle), placed.map(({ label }) => label)];
    Object.assign(layout[keyOf(line.y)], {
      range: [at, 0],
      tickvals,
      ticktext,
      showticklabels: !isAbove,
      automargin: !isAbove,
    });
    layout.shapes.push(...ownShapes(shapes, panel, line.y, placed));
    if (isAbove) {
      layout.annotations = [
        ...(layout.annotations ?? []),
        ...placed.map(({ label, top }) => labelAbove(label, top + 3, line.y)),
      ];
    }
    return at;
  }

  function labelAbove(text, y, yref) {
    const font = { size: 12 };
    return {
      text,
      font,
      align: "left",
      showarrow: false,
      xref: "paper",
      x: 0,
      xanchor: "left",
      xshift: 2,
      yref,
      y,
      yanchor: "top",
    };
  }

  /** Per panel the rows with a mark in it; a row without any mark stays below the row before it. */
  function rowsOf(panels, data, { tickvals }) {
    const marked = panels.map((panel) => {
      const traces = onPanel(data, panel);
      return new Set(
        traces.flatMap(({ type, x, y }) => y.filter((_, i) => type === "box" || Number.isFinite(x[i])).map(Math.round)),
      );
    });
    let holders = [0];
    const holdersOf = tickvals.map((tick) => {
      const own = panels.flatMap((_, p) => (marked[p].has(tick) ? [p] : []));
      if (own.length > 0) holders = own;
      return holders;
    });
    return new Map(panels.map((panel, p) => [panel, tickvals.filter((_, i) => holdersOf[i].includes(p))]));
  }

  /** Bands behind rows of the panel, and its lines across them. */
  function ownShapes(shapes, panel, yref, placed) {
    return shapes.flatMap((shape) => {
      if (shape.xref === panel.x) return placed.map(({ marks, bottom }) => ({ ...shape, yref, y0: marks, y1: bottom }));
      const inside = placed.filter(({ tick }) => tick > shape.y0 && tick < shape.y1);
      if (shape.xref !== "paper" || inside.length === 0) return [];
      return [{ ...shape, yref, y0: inside[0].top, y1: inside[inside.length - 1].bottom }];
    });
  }

  /** Sets the range of the axis of a panel with named dots. @returns the pixel of a value, and the value of a pixel */
  function rangeFor(axis, traces, shapes, room) {
    const numbers = [
      ...traces.flatMap((trace) => [trace.x, trace.lowerfence, trace.upperfence].flat()),
      ...shapes.map(({ x0 }) => x0),
    ];
    const values = numbers.filter(Number.isFinite);
    const [low, high] = [Math.min(...values), Math.max(...values)];
    const perPixel = (high - low || 1) / (room - 28);
    axis.range = [low - 14 * perPixel, high + 14 * perPixel];
    return { toPixel: (value) => 14 + (value - low) / perPixel, toValue: (pixel) => low + (pixel - 14) * perPixel };
  }

  /** Names of a row's dots in lines alternately above and below, as many as needed: from left to right on the first free one. */
  function namesIn(traces, tick, { toPixel, toValue }, room) {
    const ends = [];
    const offsetOf = (k) => (k % 2 === 0 ? -1 : 1) * (NAME.first + NAME.line * Math.floor(k / 2));
    const places = traces
      .filter(({ y }) => Math.round(y[0]) === tick)
      .map((trace) => {
        const [offsets, positions] = [[], []];
        for (const i of trace.x.map((_, n) => n).sort((a, b) => trace.x[a] - trace.x[b])) {
          const half = widthOf(trace.text[i], NAME.size) / 2 + 2;
          const middle = Math.min(Math.max(toPixel(trace.x[i]), half), room - half);
          const free = ends.findIndex((end) => end <= middle - half);
          const k = free < 0 ? ends.length : free;
          ends[k] = middle + half;
          offsets[i] = offsetOf(k);
          positions[i] = toValue(middle);
        }
        return { trace, offsets, positions };
      });
    const sides = [Math.ceil(ends.length / 2), Math.floor(ends.length / 2)];
    return { places, reach: sides.map((lines) => (lines === 0 ? 15 : NAME.first + NAME.line * lines - 4)) };
  }

  return phoneFigure;
})();
