/* The live page: asks the worker and shows what it answers. Every text is set as text, never as markup. No network. */
"use strict";
(() => {
  const BITS = 1 / Math.LN2; // of a nat
  const FULL_BAR_BITS = 16; // a taller bar only where a word needs it
  const ENGINES = { webgpu: "WebGPU", wasm: "WebAssembly", cpu: "plain JavaScript" };
  const find = (selector, within = document) => within.querySelector(selector);
  /** What the page carries under a name; large, so its text does not stay. */
  const carried = (name) =>
    [...document.querySelectorAll(`script[data-live="${name}"]`)].map((script) => {
      script.remove();
      return JSON.parse(script.textContent);
    });

  const [workerScript] = carried("worker");
  const [kernels] = carried("kernels");
  const models = carried("model");

  // ------------------------------------------------------------------------------------------------------- the worker

  let worker = null;
  let asked = 0;
  const waiting = new Map(); // by number of the question

  function ask(question, onPiece = () => {}) {
    return new Promise((resolve, reject) => {
      const id = asked++;
      waiting.set(id, { resolve, reject, onPiece });
      worker.postMessage({ id, question });
    });
  }

  function fail(message) {
    for (const { reject } of waiting.values()) reject(new Error(message));
    waiting.clear();
  }

  async function start() {
    worker?.terminate();
    fail("stopped: another engine was chosen");
    const status = find("#engine");
    status.textContent = "starting …";
    status.classList.remove("failed");
    delete document.documentElement.dataset.engine;
    const address = URL.createObjectURL(new Blob([workerScript], { type: "text/javascript" }));
    worker = new Worker(address);
    worker.onerror = (event) => fail(event.message || "the worker could not be started");
    worker.onmessage = ({ data: { id, answer, error, piece } }) => {
      const { resolve, reject, onPiece } = waiting.get(id) ?? {};
      if (resolve === undefined) return; // its worker was stopped
      if (piece !== undefined) return onPiece(piece);
      waiting.delete(id);
      if (error === undefined) resolve(answer);
      else reject(new Error(error));
    };
    try {
      const { backend, reason } = await ask({ kind: "start", backend: find("#backend").value || null, kernels, models });
      status.textContent = `computing with ${ENGINES[backend]} (${reason})`;
      document.documentElement.dataset.engine = backend;
    } catch (error) {
      status.textContent = `no engine: ${error.message}`;
      status.classList.add("failed");
    } finally {
      URL.revokeObjectURL(address);
    }
  }

  /** `compute` again after each change, one at a time; changes meanwhile are answered by one more run. */
  function whenChanged(compute) {
    let isDirty = false;
    let isBusy = false;
    return async () => {
      isDirty = true;
      if (isBusy) return;
      isBusy = true;
      while (isDirty) {
        isDirty = false;
        await compute();
      }
      isBusy = false;
    };
  }

  /** Shows the answer, or why there is none; `section.dataset.state` tells which. */
  async function answerIn(section, work) {
    const sum = find(".sum", section);
    section.dataset.state = "busy";
    const from = performance.now();
    try {
      await work(sum);
      sum.classList.remove("failed");
      section.dataset.milliseconds = String(Math.round(performance.now() - from));
      section.dataset.state = "done";
    } catch (error) {
      sum.textContent = error.message;
      sum.classList.add("failed");
      for (const shown of section.querySelectorAll(".words, table")) shown.replaceChildren();
      section.dataset.state = "failed";
    }
  }

  // -------------------------------------------------------------------------------------------------------- the parts

  /** An element; strings among the children become text. */
  function element(name, properties, ...children) {
    const made = Object.assign(document.createElement(name), properties);
    made.append(...children);
    return made;
  }

  const bits = (nats, digits = 1) => (nats === null ? "–" : (nats * BITS).toFixed(digits).replace(/^-/, "−"));
  const signed = (nats) => (nats > 0 ? "+" : "") + bits(nats);
  const cell = (text, isNumber = true) => element("td", { className: isNumber ? "number" : "" }, text);
  const headRow = (...titles) =>
    element("tr", {}, ...titles.map((title, i) => element("th", { scope: "col", className: i > 0 ? "number" : "" }, title)));
  const beginsWithBos = () => find("#bos").checked;

  function fillModels(select, list) {
    select.replaceChildren(...list.map(({ name, label }) => element("option", { value: name }, label)));
  }

  // ------------------------------------------------------------------------------------------------------- surprisal

  const surprisal = find("#surprisal");
  const showSurprisal = whenChanged(() =>
    answerIn(surprisal, async (sum) => {
      const { text, model } = find("form", surprisal).elements;
      const question = { kind: "surprisal", model: model.value, text: text.value, beginsWithBos: beginsWithBos() };
      const { words, nats, tokens } = await ask(question);
      const full = Math.max(FULL_BAR_BITS, ...words.map((word) => (word.nats ?? 0) * BITS));
      find(".words", surprisal).replaceChildren(
        ...words.map((word) => {
          const bar = element("span", { className: "column" });
          bar.style.height = `${(6 * (word.nats ?? 0) * BITS) / full}rem`;
          const item = element(
            "li",
            {},
            element("span", { className: "bits" }, bits(word.nats)),
            bar,
            element("span", { className: "word" }, word.word),
          );
          item.setAttribute("aria-label", `${word.word}: ${bits(word.nats)} bits`);
          item.dataset.nats = String(word.nats);
          return item;
        }),
      );
      sum.textContent =
        `Together ${bits(nats)} bits (${nats.toFixed(2)} nats), ` +
        `${bits(nats / tokens, 2)} bits a token over ${tokens} token${tokens === 1 ? "" : "s"}.`;
      sum.dataset.nats = String(nats);
      find(".tokens", surprisal).replaceChildren(
        headRow("Token", "bits"),
        ...words.flatMap((word) =>
          word.tokens.map((token) => element("tr", {}, cell(token.text.replace(/ /g, "␣"), false), cell(bits(token.nats, 2)))),
        ),
      );
    }),
  );

  // ------------------------------------------------------------------------------------------------------------ pairs

  const pair = find("#pair");
  const SIDES = ["first", "second"];
  const showPair = whenChanged(() =>
    answerIn(pair, async (sum) => {
      const { first, second, model } = find("form", pair).elements;
      const texts = [first.value, second.value];
      const judged = [];
      for (const { name, label } of models) {
        judged.push({ name, label, ...(await ask({ kind: "pair", model: name, texts, beginsWithBos: beginsWithBos() })) });
      }
      find(".verdicts", pair).replaceChildren(
        element("caption", {}, "Surprisal of the whole sentence, in bits"),
        headRow("Model", "First", "Second", "Prefers"),
        ...judged.map(({ name, label, sentences, preferred }) => {
          const verdict = preferred === null ? "neither" : `the ${SIDES[preferred]}`;
          const row = element("tr", {}, cell(label, false), ...sentences.map((s) => cell(bits(s.nats))), cell(verdict));
          if (preferred !== null) row.lastChild.classList.add(`prefers-${SIDES[preferred]}`);
          row.dataset.model = name;
          row.dataset.nats = sentences.map((s) => s.nats).join(" ");
          return row;
        }),
      );
      const chosen = judged.find(({ name }) => name === model.value);
      const total = chosen.sentences[1].nats - chosen.sentences[0].nats;
      sum.textContent =
        chosen.preferred === null
          ? `${chosen.label} gives both the same probability.`
          : `${chosen.label} finds the ${SIDES[chosen.preferred]} ${bits(Math.abs(total))} bits more probable: ` +
            `${oddsOf(Math.abs(total))} times as likely.`;
      const most = Math.max(1 / BITS, ...chosen.rows.map((row) => Math.abs(row.difference)));
      find(".rows", pair).replaceChildren(
        element("caption", {}, `Word by word for ${chosen.label}, in bits`),
        headRow("First", "bits", "Second", "bits", "Second less first"),
        ...chosen.rows.map(({ words, difference }) => {
          const sides = words.flatMap((word) => [cell(word?.word ?? "", false), cell(word === null ? "" : bits(word.nats))]);
          const row = element("tr", {}, ...sides, swing(difference, most));
          row.dataset.difference = String(difference);
          return row;
        }),
      );
    }),
  );

  /** A bar to the right where a word speaks for the first sentence, to the left where it speaks for the second. */
  function swing(difference, most) {
    const bar = element("span", { className: difference > 0 ? "for-first" : "for-second" });
    const percent = (50 * Math.abs(difference)) / most;
    bar.style.width = `${percent}%`;
    bar.style.left = `${difference > 0 ? 50 : 50 - percent}%`;
    const shown = element("span", { className: "number" }, signed(difference));
    const track = element("span", { className: "track" }, bar);
    return element("td", { className: "difference" }, element("div", { className: "swing" }, track, shown));
  }

  function oddsOf(nats) {
    const odds = Math.exp(nats);
    if (odds < 10) return odds.toFixed(1);
    return odds < 1e6 ? Math.round(odds).toLocaleString("en-US") : "over a million";
  }

  // ------------------------------------------------------------------------------------------------------------- talk

  const talk = find("#talk");
  const talkers = models.filter((model) => model.talks);
  let talking = Promise.resolve();

  async function send() {
    const { prompt, how, temperature, seed } = find("form", talk).elements;
    const message = prompt.value.trim();
    if (message === "") return;
    const asking = { kind: "reply", prompt: message, temperature: how.value === "greedy" ? 0 : Number(temperature.value), seed: seed.value };
    const cards = talkers.map((model) => {
      const text = element("p", {});
      const note = element("small", {});
      const card = element("article", {}, element("h3", {}, model.label), text, note);
      card.dataset.model = model.name;
      card.style.borderLeftColor = model.colour;
      return { model, text, note, card };
    });
    const replies = element("div", { className: "replies" }, ...cards.map(({ card }) => card));
    const turns = find(".turns", talk);
    const turn = element("li", { ariaBusy: "true" }, element("p", { className: "message" }, message), replies);
    turns.append(turn);
    while (turns.children.length > 20) turns.firstChild.remove();
    prompt.select();
    await answerIn(talk, async (sum) => {
      sum.textContent = "";
      for (const { model, text, note } of cards) {
        const { text: reply, ended } = await ask({ ...asking, model: model.name }, (piece) => {
          text.textContent += piece;
        });
        text.textContent = reply;
        note.textContent = reply === "" ? "(said nothing)" : ended ? "" : "(cut off)";
      }
    });
    turn.ariaBusy = "false"; // whole replies are read aloud, not their pieces
  }

  // --------------------------------------------------------------------------------------------------------- together

  const labels = models.map(({ label }) => label);
  const sizes = [...new Set(models.map(({ parameters }) => parameters.toLocaleString("en-US")))];
  find("#models").textContent = `${labels.join(", ")}, of ${sizes.join(" or ")} parameters each`;
  fillModels(find("select[name=model]", surprisal), models);
  fillModels(find("select[name=model]", pair), models);
  if (talkers.length === 0) talk.hidden = true;
  for (const [section, show] of [
    [surprisal, showSurprisal],
    [pair, showPair],
  ]) {
    const form = find("form", section);
    form.addEventListener("input", show);
    form.addEventListener("submit", (event) => {
      event.preventDefault();
      show();
    });
    find("#bos").addEventListener("change", show);
    for (const button of section.querySelectorAll(".examples button")) {
      button.addEventListener("click", () => {
        form.elements[section === pair ? "first" : "text"].value = button.textContent;
        if (section === pair) form.elements.second.value = button.dataset.second;
        show();
      });
    }
  }
  const message = find("form", talk);
  message.addEventListener("submit", (event) => {
    event.preventDefault();
    talking = talking.then(send);
  });
  for (const name of ["temperature", "seed"]) {
    message.elements[name].addEventListener("input", () => {
      message.elements.how.value = "sample";
    });
  }

  async function restart() {
    await start();
    if (document.documentElement.dataset.engine === undefined) return;
    showSurprisal();
    showPair();
  }
  find("#backend").addEventListener("change", restart);
  restart();
})();
