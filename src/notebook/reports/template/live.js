/* The live page: asks the worker and shows its answers. All text is inserted as text, never as markup. No network. */
"use strict";
(() => {
  const BITS = 1 / Math.LN2; // of a nat
  const FULL_BAR_BITS = 16; // height of the scale, unless a word needs more
  const MOST_CHARACTERS = 4000; // per text; the page removes the rest and reports it
  const ENGINES = { webgpu: "WebGPU", wasm: "WebAssembly", cpu: "plain JavaScript" };
  const find = (selector, within = document) => within.querySelector(selector);
  /** Data embedded in the page under a name. It is large, so its text is removed after reading. */
  const carried = (name) =>
    [...document.querySelectorAll(`script[data-live="${name}"]`)].map((script) => {
      script.remove();
      return JSON.parse(script.textContent);
    });

  const [workerScript] = carried("worker");
  const [kernels] = carried("kernels");
  const [lesson] = carried("lesson");
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
      const { backend, reason } = await ask({ kind: "start", backend: find("#backend").value || null, kernels, models, lesson });
      status.textContent = `computing with ${ENGINES[backend]} (${reason})`;
      document.documentElement.dataset.engine = backend;
    } catch (error) {
      status.textContent = `no engine: ${error.message}`;
      status.classList.add("failed");
    } finally {
      URL.revokeObjectURL(address);
    }
  }

  /** Runs `compute` after each change, one run at a time; changes during a run cause one more run. */
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

  /** Shows the answer or the error; `section.dataset.state` is `done` or `failed`. */
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
      find(".cut", section)?.toggleAttribute("hidden", true);
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

  /** Texts of at most `MOST_CHARACTERS`, and the number of characters removed. */
  function shortened(texts) {
    const kept = texts.map((text) => [...text].slice(0, MOST_CHARACTERS).join(""));
    return { texts: kept, cut: texts.reduce((sum, text, i) => sum + [...text].length - [...kept[i]].length, 0) };
  }

  /** Reports that a text was cut at the page's limit or the model's context, and by how much. */
  function showCut(section, characters, answers) {
    const note = find(".cut", section);
    const tokens = Math.max(0, ...answers.map(({ cutTokens }) => cutTokens));
    const parts = [
      characters > 0 ? `the limit is ${MOST_CHARACTERS.toLocaleString("en-US")} characters, ${characters} removed at the end` : "",
      tokens > 0 ? `the model's context is full, ${tokens} token${tokens === 1 ? "" : "s"} removed at the end` : "",
    ].filter((part) => part !== "");
    note.hidden = parts.length === 0;
    note.textContent = parts.length === 0 ? "" : `The text was cut: ${parts.join("; ")}.`;
  }

  function fillModels(select, list) {
    select.replaceChildren(...list.map(({ name, label }) => element("option", { value: name }, label)));
  }

  // ------------------------------------------------------------------------------------------------------- surprisal

  const surprisal = find("#surprisal");
  const showSurprisal = whenChanged(() =>
    answerIn(surprisal, async (sum) => {
      const { text, model, other } = find("form", surprisal).elements;
      const { texts, cut } = shortened([text.value]);
      const chosen = [model.value, other.value].map((name) => models.find((one) => one.name === name)).filter(Boolean);
      const answers = [];
      for (const { name, label, colour } of chosen) {
        const question = { kind: "surprisal", model: name, text: texts[0], beginsWithBos: beginsWithBos() };
        answers.push({ label, colour, ...(await ask(question)) });
      }
      showCut(surprisal, cut, answers);
      const [first, second] = answers;
      // Models with different context lengths can cut at different words: only words that both have are shown.
      const count = Math.min(...answers.map(({ words }) => words.length));
      const shown = first.words.slice(0, count);
      const most = Math.max(...answers.flatMap(({ words }) => words.map((word) => (word.nats ?? 0) * BITS)));
      const full = Math.max(FULL_BAR_BITS, most);
      find(".words", surprisal).replaceChildren(
        ...shown.map(({ word }, i) => {
          const item = element("li", {}, element("span", { className: "columns" }, ...answers.map((one) => column(one, i, full))));
          item.append(element("span", { className: "word" }, word));
          item.setAttribute("aria-label", `${word}: ${answers.map(({ label, words }) => `${label} ${bits(words[i].nats)} bits`).join(", ")}`);
          item.dataset.nats = String(first.words[i].nats);
          if (second !== undefined) item.dataset.otherNats = String(second.words[i].nats);
          return item;
        }),
      );
      sum.replaceChildren(
        ...answers.map(({ label, colour, nats, tokens }) =>
          element(
            "span",
            { className: "line" },
            swatch(colour),
            `${label}: ${bits(nats)} bits (${nats.toFixed(2)} nats), ` +
              `${bits(nats / tokens, 2)} bits per token over ${tokens} token${tokens === 1 ? "" : "s"}`,
          ),
        ),
        ...(second === undefined ? [] : [element("span", { className: "line" }, difference(first, second))]),
      );
      sum.dataset.nats = String(first.nats);
      if (second === undefined) delete sum.dataset.otherNats;
      else sum.dataset.otherNats = String(second.nats);
      showTokens(answers);
    }),
  );

  /** The bar of a word for one model, with its bits above. */
  function column({ words, colour }, i, full) {
    const bar = element("span", { className: "column" });
    bar.style.height = `${(6 * (words[i].nats ?? 0) * BITS) / full}rem`;
    bar.style.background = colour;
    return element("span", { className: "stack" }, element("span", { className: "bits" }, bits(words[i].nats)), bar);
  }

  function swatch(colour) {
    const made = element("span", { className: "swatch" });
    made.style.background = colour;
    return made;
  }

  function difference(first, second) {
    const nats = second.nats - first.nats;
    if (first.tokens !== second.tokens) return "The models counted different numbers of tokens: compare words, not sums.";
    if (nats === 0) return "The sentence is equally surprising for both.";
    const [less, more] = nats > 0 ? [first, second] : [second, first];
    return `The sentence is ${bits(Math.abs(nats))} bits less surprising for ${less.label} than for ${more.label}.`;
  }

  /** Tokens of both models in one table if they are the same, else those of the first. */
  function showTokens(answers) {
    const lists = answers.map(({ words }) => words.flatMap(({ tokens }) => tokens));
    const texts = (list) => list.map(({ text }) => text).join("\u0000");
    const same = lists.filter((list) => texts(list) === texts(lists[0]));
    find(".tokens", surprisal).replaceChildren(
      headRow("Token", ...same.map((_, i) => `bits, ${answers[i].label}`)),
      ...lists[0].map((token, t) =>
        element("tr", {}, cell(token.text.replace(/ /g, "␣"), false), ...same.map((list) => cell(bits(list[t].nats, 2)))),
      ),
    );
  }

  // ------------------------------------------------------------------------------------------------------------ pairs

  const pair = find("#pair");
  const SIDES = ["first", "second"];
  const showPair = whenChanged(() =>
    answerIn(pair, async (sum) => {
      const { first, second, model } = find("form", pair).elements;
      const { texts, cut } = shortened([first.value, second.value]);
      const judged = [];
      for (const { name, label } of models) {
        judged.push({ name, label, ...(await ask({ kind: "pair", model: name, texts, beginsWithBos: beginsWithBos() })) });
      }
      showCut(pair, cut, judged.flatMap(({ sentences }) => sentences));
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
          : `For ${chosen.label} the ${SIDES[chosen.preferred]} sentence is ${oddsOf(Math.abs(total))} times as probable: ` +
            `a difference of ${bits(Math.abs(total))} bits.`;
      const most = Math.max(1 / BITS, ...chosen.rows.map((row) => Math.abs(row.difference)));
      find(".rows", pair).replaceChildren(
        element("caption", {}, `Word by word for ${chosen.label}, in bits`),
        headRow("First", "bits", "Second", "bits", "Second − first"),
        ...chosen.rows.map(({ words, difference }) => {
          const sides = words.flatMap((word) => [cell(word?.word ?? "", false), cell(word === null ? "" : bits(word.nats))]);
          const row = element("tr", {}, ...sides, swing(difference, most));
          row.dataset.difference = String(difference);
          return row;
        }),
      );
    }),
  );

  /** A bar to the right if a word favours the first sentence, to the left if it favours the second. */
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
    const { texts, cut } = shortened([prompt.value.trim()]);
    const [message] = texts;
    if (message === "") return;
    if (how.value === "sample" && temperature.value === "") {
      await answerIn(talk, () => {
        throw new Error("to sample, type a temperature from 0.1 to 2");
      });
      return;
    }
    showCut(talk, cut, []);
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
        note.textContent = reply === "" ? "(empty reply)" : ended ? "" : "(cut at the maximum length)";
      }
    });
    turn.ariaBusy = "false"; // screen readers read complete replies, not their parts
  }

  // ------------------------------------------------------------------------------------------------------------ train

  const train = find("#train");
  const TRAIN_MILLISECONDS = 400; // per question, so that other questions can be answered in between
  const SCORED_AT_ONCE = 40; // pairs
  const MEAN_OF = 20; // losses
  let losses = [];
  let totalSteps = 1;
  let isTraining = false;
  let trainingNumber = 0; // increases when the engine starts: answers of an older engine are not shown

  /** Shows the state before the first update. */
  function resetTraining() {
    trainingNumber++;
    isTraining = false;
    losses = [];
    const { elements } = find("form", train);
    elements.size.disabled = false;
    elements.again.hidden = true;
    elements.score.disabled = true;
    find("button[type=submit]", train).textContent = "Start";
    find("button[type=submit]", train).disabled = false;
    find(".progress", train).textContent = "";
    find(".sum", train).textContent = "";
    find(".scores", train).replaceChildren();
    find(".curve", train).toggleAttribute("hidden", true);
    train.dataset.state = "new";
    delete train.dataset.step;
  }

  async function trainOn(isFresh) {
    const form = find("form", train).elements;
    const button = find("button[type=submit]", train);
    const number = trainingNumber;
    if (isFresh) {
      losses = [];
      find(".scores", train).replaceChildren();
    }
    isTraining = true;
    form.size.disabled = true;
    form.again.hidden = true;
    form.score.disabled = true;
    button.textContent = "Stop";
    await answerIn(train, async (sum) => {
      sum.textContent = "";
      let fresh = isFresh;
      let isDone = false;
      while (isTraining && !isDone) {
        const from = performance.now();
        const question = { kind: "train", size: form.size.value, isFresh: fresh, milliseconds: TRAIN_MILLISECONDS };
        const { step, losses: more, tokensSeen, parameters, totalSteps: all } = await ask(question);
        if (number !== trainingNumber) return;
        fresh = false;
        totalSteps = all;
        losses.push(...more);
        isDone = step === all;
        const tokensPerSecond = ((tokensSeen / step) * more.length * 1000) / (performance.now() - from);
        showProgress(step, parameters, tokensPerSecond);
        showCurve();
        train.dataset.step = String(step);
      }
      isTraining = false;
      button.textContent = isDone ? "Start" : "Continue";
      button.disabled = isDone;
      if (isDone) sum.textContent = "Training is complete.";
      form.again.hidden = false;
      form.score.disabled = false;
    });
    if (train.dataset.state === "failed" && number === trainingNumber) resetAfterFailure(button, form);
  }

  function resetAfterFailure(button, form) {
    isTraining = false;
    button.textContent = "Start";
    button.disabled = true;
    form.again.hidden = false;
  }

  function meanLoss(to) {
    const last = losses.slice(Math.max(0, to - MEAN_OF), to);
    return last.reduce((sum, x) => sum + x, 0) / last.length;
  }

  function showProgress(step, parameters, tokensPerSecond) {
    const mean = meanLoss(losses.length);
    find(".progress", train).textContent =
      `Update ${step} of ${totalSteps}: loss ${mean.toFixed(2)} nats per token (mean of ${Math.min(MEAN_OF, losses.length)} updates), ` +
      `${Math.round(tokensPerSecond).toLocaleString("en-US")} tokens per second, ${parameters.toLocaleString("en-US")} parameters.`;
  }

  /** Loss of each update, its running mean, and the loss of a uniform guess. */
  function showCurve() {
    const svg = find(".curve", train);
    svg.toggleAttribute("hidden", false);
    const { width, height } = svg.getBoundingClientRect();
    const [left, right, top, bottom] = [34, 8, 8, 22];
    const uniform = Math.log(models[0].config.vocabSize);
    const most = Math.max(uniform, ...losses) * 1.04;
    const x = (step) => left + ((width - left - right) * step) / totalSteps;
    const y = (loss) => top + (height - top - bottom) * (1 - loss / most);
    const shape = (name, attributes, text) => {
      const made = document.createElementNS("http://www.w3.org/2000/svg", name);
      for (const [key, value] of Object.entries(attributes)) made.setAttribute(key, String(value));
      if (text !== undefined) made.textContent = text;
      return made;
    };
    const line = (name, points) => shape("polyline", { class: name, points: points.map(([a, b]) => `${x(a).toFixed(1)},${y(b).toFixed(1)}`).join(" ") });
    const ticks = [0, 2, 4, 6, 8].filter((loss) => loss < most);
    svg.setAttribute("viewBox", `0 0 ${width} ${height}`);
    svg.replaceChildren(
      ...ticks.flatMap((loss) => [
        shape("line", { x1: left, x2: width - right, y1: y(loss), y2: y(loss) }),
        shape("text", { x: left - 8, y: y(loss) + 4, "text-anchor": "end" }, String(loss)),
      ]),
      shape("text", { x: left, y: height - 6 }, "0"),
      shape("text", { x: width - right, y: height - 6, "text-anchor": "end" }, `${totalSteps} updates`),
      shape("line", { class: "uniform", x1: left, x2: width - right, y1: y(uniform), y2: y(uniform) }),
      shape("text", { x: width - right, y: y(uniform) + 15, "text-anchor": "end" }, `uniform guess: ln V = ${uniform.toFixed(2)}`),
      line("each", losses.map((loss, i) => [i + 1, loss])),
      line("mean", losses.map((_, i) => [i + 1, meanLoss(i + 1)])),
    );
  }

  async function scoreLesson() {
    const form = find("form", train).elements;
    const number = trainingNumber;
    form.score.disabled = true;
    await answerIn(train, async (sum) => {
      const { pairs } = lesson;
      const compared = [{ name: null, label: "your model" }, models[0]];
      const rights = [];
      for (const { name } of compared) {
        const own = [];
        for (let from = 0; from < pairs.length; from += SCORED_AT_ONCE) {
          const some = await ask({ kind: "lesson", model: name, from, to: from + SCORED_AT_ONCE });
          if (number !== trainingNumber) return;
          own.push(...some);
          sum.textContent = `Scored ${rights.length * pairs.length + own.length} of ${compared.length * pairs.length} …`;
        }
        rights.push(own);
      }
      const percent = (own, chosen) => {
        const some = own.filter((_, i) => chosen(pairs[i]));
        return ((100 * some.reduce((all, right) => all + right, 0)) / some.length).toFixed(1);
      };
      const paradigms = [...new Set(pairs.map(({ paradigm }) => paradigm))];
      const row = (text, chosen) => element("tr", {}, cell(text, false), ...rights.map((own) => cell(percent(own, chosen))));
      const all = row("all", () => true);
      find(".scores", train).replaceChildren(
        element("caption", {}, "Pairs whose good sentence is more probable, percent"),
        element("thead", {}, headRow("Paradigm", ...compared.map(({ label }) => label))),
        element("tbody", {}, ...paradigms.map((name) => row(name.replaceAll("_", " "), ({ paradigm }) => paradigm === name))),
        element("tfoot", {}, all),
      );
      const own = percent(rights[0], () => true);
      sum.textContent = `After ${losses.length} updates your model is correct on ${own} % of ${pairs.length} pairs; chance is 50 %.`;
      train.dataset.rights = rights[0].join("");
    });
    form.score.disabled = false;
  }

  // --------------------------------------------------------------------------------------------------------- together

  const labels = models.map(({ label }) => label);
  const sizes = [...new Set(models.map(({ parameters }) => parameters.toLocaleString("en-US")))];
  find("#models").textContent = `${labels.join(", ")}, of ${sizes.join(" or ")} parameters each`;
  fillModels(find("select[name=model]", surprisal), models);
  fillModels(find("select[name=other]", surprisal), [...models, { name: "", label: "none" }]);
  find("select[name=other]", surprisal).value = models[1]?.name ?? "";
  find("#other").hidden = models.length < 2;
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

  if (lesson === null) train.hidden = true;
  find("form", train).addEventListener("submit", (event) => {
    event.preventDefault();
    if (isTraining) isTraining = false;
    else trainOn(losses.length === 0);
  });
  find("form", train).elements.again.addEventListener("click", resetTraining);
  find("form", train).elements.score.addEventListener("click", scoreLesson);
  window.addEventListener("resize", () => losses.length > 0 && showCurve());

  async function restart() {
    trainingNumber++; // answers of the previous engine are not shown
    await start();
    resetTraining();
    const { engine } = document.documentElement.dataset;
    if (engine === undefined) return;
    find("form", train).elements.size.value = engine === "webgpu" ? "large" : "small";
    showSurprisal();
    showPair();
  }
  find("#backend").addEventListener("change", restart);
  restart();
})();
