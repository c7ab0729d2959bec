/**
 * @file The kernel's conversation with Jupyter: executing cells, errors, displays. The rest of the protocol is tslab's.
 *
 * Protocol: https://jupyter-client.readthedocs.io/en/stable/messaging.html
 */
"use strict";

const path = require("node:path");
const util = require("node:util");
const vm = require("node:vm");

/** Where `show()` of src/notebook/display/show.ts finds the kernel: `hook(data, metadata)` sends one mime bundle. */
const DISPLAY_HOOK = Symbol.for("class-it.display");
/** After an error: how long to wait for cells that the client has already sent, before they are aborted. */
const ON_THE_WIRE_MS = 50;

function createServer({ root, connection, compiler, modules }) {
  const dist = (name) => require(path.join(root, "node_modules/tslab/dist", name));
  const { createExecutor } = dist("executor.js");
  const jupyter = dist("jupyter.js");

  let cell = { number: 0, code: "", failures: [] };
  let running = false;

  /** tslab reports what went wrong to a console: a thrown value, or a type error as ("%s%d:%d - %s", ...). */
  const executor = createExecutor(root, compiler.converters, {
    log: (value) => console.log(value),
    error(...args) {
      if (args[0] === "%s%d:%d - %s") addTypeError(cell, ...args.slice(1));
      else cell.failures.push(thrown(root, args[0]));
    },
  });
  nameCells(() => cell.number);

  class Server extends jupyter.ZmqServer {
    queue = Promise.resolve();
    received = 0;
    abortUpTo = 0;

    send(parent, type, content) {
      const message = parent.createReply();
      message.header.msg_type = type;
      message.content = content;
      message.signAndSend(this.connInfo.key, this.iopub);
    }

    reply(socket, request, type, content) {
      const message = request.createReply();
      message.header.msg_type = type;
      message.content = content;
      message.signAndSend(this.connInfo.key, socket);
    }

    /** One cell at a time, in the order received. */
    handleExecute(socket, request) {
      const position = ++this.received;
      const turn = this.queue.then(() => this.execute(socket, request, position));
      this.queue = turn.catch(() => {});
      return turn;
    }

    async execute(socket, request, position) {
      const { code, silent = false, stop_on_error: stopOnError = true } = request.content;
      if (position <= this.abortUpTo) {
        this.reply(socket, request, "execute_reply", { status: "aborted" });
        return;
      }
      cell = { number: silent ? cell.number : cell.number + 1, code, failures: [] };
      running = true;
      const stream = (name) => (text) => {
        this.send(request, "stream", { name, text: typeof text === "string" ? text : Buffer.from(text).toString() });
        return true;
      };
      process.stdout.write = stream("stdout");
      process.stderr.write = stream("stderr");
      globalThis[DISPLAY_HOOK] = (data, metadata = {}) =>
        this.send(request, "display_data", { data, metadata, transient: {} });
      jupyter.lastWriteDisplayData = (data, update) =>
        this.send(request, update ? "update_display_data" : "display_data", data); // tslab's own display API
      if (!silent) this.send(request, "execute_input", { code, execution_count: cell.number });

      modules.forgetEdited();
      compiler.noticeEdits();
      let ok = false;
      try {
        ok = await executor.execute(code);
      } catch (error) {
        cell.failures.push(thrown(root, error));
      }
      // Rejections that nobody awaits surface a turn later: let them fail the cell that caused them.
      await new Promise((resolve) => setTimeout(resolve, 1));
      await new Promise((resolve) => setImmediate(resolve));
      modules.remember();
      running = false;

      const count = { execution_count: cell.number };
      if (ok && cell.failures.length === 0) {
        this.reply(socket, request, "execute_reply", { status: "ok", ...count, user_expressions: {}, payload: [] });
        return;
      }
      const [first = { ename: "Error", evalue: "the cell failed", traceback: [] }] = cell.failures;
      const error = {
        ename: first.ename,
        evalue: first.evalue,
        traceback: cell.failures.flatMap((failure) => failure.traceback),
      };
      this.send(request, "error", error);
      this.reply(socket, request, "execute_reply", { status: "error", ...count, ...error });
      if (stopOnError) {
        await new Promise((resolve) => setTimeout(resolve, ON_THE_WIRE_MS));
        this.abortUpTo = this.received;
      }
    }

    async handleShellMessage(socket, ...frames) {
      try {
        await super.handleShellMessage(socket, ...frames);
      } catch (error) {
        process.stderr.write(`${util.inspect(error)}\n`);
      }
    }

    handleKernelInfo(socket, request) {
      const info = this.handler.handleKernel();
      info.implementation = "class-it-tslab";
      info.language_info = { ...info.language_info, version: compiler.typescriptVersion, pygments_lexer: "typescript" };
      this.reply(socket, request, "kernel_info_reply", { status: "ok", ...info });
    }

    handleCommInfoRequest(socket, request) {
      this.reply(socket, request, "comm_info_reply", { status: "ok", comms: {} }); // tslab answers with a wrong type
    }

    handleShutdown(socket, request) {
      this.reply(socket, request, "shutdown_reply", { status: "ok", restart: request.content.restart === true });
      setTimeout(() => process.exit(0), 100).unref(); // worker threads of an engine must not keep the kernel alive
    }
  }

  /** What nobody caught: it fails the running cell; when none runs, it is shown under the last one. */
  const uncaught = (error) => {
    const failure = thrown(root, error);
    if (running) cell.failures.push(failure);
    else process.stderr.write(`${failure.traceback.join("\n")}\n`);
  };
  process.on("SIGINT", () => executor.interrupt());
  process.on("uncaughtException", uncaught);
  process.on("unhandledRejection", uncaught);
  process.removeAllListeners("warning"); // Node's own printer adds the process id, which changes from run to run
  process.on("warning", (warning) => {
    if (warning.name !== "ExperimentalWarning") process.stderr.write(`${warning.name}: ${warning.message}\n`);
  });
  return new Server(new jupyter.JupyterHandlerImpl(executor, false), connection);
}

/**
 * A diagnostic with its cell or file, its line, and the line's text with a caret under the place. tslab reports the
 * details of a message as further messages at the same place: they are put under the first.
 */
function addTypeError(cell, file, line, column, message) {
  const at = `${file} ${line} ${column}`;
  const last = cell.failures[cell.failures.length - 1];
  if (last?.at === at) {
    last.traceback.push(`  ${message}`);
    return;
  }
  const where = file === "" ? `cell ${cell.number}, line ${line}` : `${file.trim()}:${line}`;
  const source = file === "" ? cell.code.split("\n")[line - 1] : undefined;
  const shown = source === undefined ? [] : [`  ${source}`, `  ${" ".repeat(Math.max(0, column - 1))}^`];
  const evalue = `${where}: ${message}`;
  cell.failures.push({ at, ename: "TypeScriptError", evalue, traceback: [`TypeScriptError: ${evalue}`, ...shown] });
}

/** Any thrown value; frames inside tslab, Node and packages are left out, paths are relative to the root. */
function thrown(root, value) {
  if (value instanceof Error || typeof value?.stack === "string") {
    const ename = value.code === "ERR_SCRIPT_EXECUTION_INTERRUPTED" ? "Interrupted" : value.name || "Error";
    const evalue = String(value.message);
    const frames = String(value.stack)
      .split("\n")
      .filter((line) => /^\s+at /.test(line) && !/node:|node_modules|notebook\/jupyter|<anonymous>\)?$/.test(line))
      .map((line) => line.replaceAll(`${root}${path.sep}`, "").replace(/\(?\bcell (\d+):\d+:\d+\)?/, "cell $1"))
      .filter((line, i, lines) => line !== lines[i - 1]);
    const cause = value.cause === undefined ? [] : [`caused by ${thrown(root, value.cause).traceback[0]}`];
    return { ename, evalue, traceback: [`${ename}: ${evalue}`, ...frames, ...cause] };
  }
  const text = util.inspect(value);
  return { ename: "Error", evalue: `${text} was thrown`, traceback: [`${text} was thrown, which is not an Error`] };
}

/** Give each cell's script a name for stack traces. */
function nameCells(number) {
  const run = vm.runInThisContext;
  vm.runInThisContext = (code, options) =>
    typeof options === "object" && options.breakOnSigint
      ? run(code, { ...options, filename: `cell ${number()}` })
      : run(code, options);
}

module.exports = { createServer };
