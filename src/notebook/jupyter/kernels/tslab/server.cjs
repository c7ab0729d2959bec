/**
 * @file The kernel's side of the Jupyter protocol: execute cells, report errors, display values. tslab does the rest.
 *
 * Protocol: https://jupyter-client.readthedocs.io/en/stable/messaging.html
 */
"use strict";

const { randomBytes } = require("node:crypto");
const util = require("node:util");
const vm = require("node:vm");
const { addTypeError, thrown } = require("./failures.cjs");
const { createStreams } = require("./streams.cjs");

/** Hook of the kernel for `show()` of src/notebook/display/show.ts: `hook(data, metadata)` sends one mime bundle. */
const DISPLAY_HOOK = Symbol.for("class-it.display");
/** Hook of the kernel for `startProgress()` of src/util/progress.ts: `hook()` returns a replaceable line. */
const PROGRESS_HOOK = Symbol.for("class-it.progress");
/** Marks an output as progress, so that `notebooks clean` and the regression test leave it out. */
const PROGRESS_METADATA = { "class-it": { progress: true } };
/** After an error: how long to wait for cells that the client has already sent, before they are aborted. */
const ON_THE_WIRE_MS = 50;

/** @param displaysOf value of a cell's last expression -> mime bundles, the first of them the result itself */
function createServer({ root, connection, compiler, modules, displaysOf }) {
  const { tslab } = compiler;
  const cells = new Map(); // number -> { code, lineOf }, to name lines in tracebacks
  let cell = { number: 0, code: "", failures: [] };
  let isRunning = false;
  let result = null; // of the running cell: { value }
  let isRepair = false; // while the imports of a failed cell are kept

  /** tslab reports errors to a console: a thrown value, or a type error as ("%s%d:%d - %s", ...). */
  const executor = tslab.createExecutor(root, compiler.converters, {
    log(value) {
      result = { value };
    },
    error(...args) {
      if (isRepair) return;
      if (args[0] === "%s%d:%d - %s") addTypeError(cell, ...args.slice(1));
      else cell.failures.push(thrown(root, cells, args[0]));
    },
  });
  nameScripts(() => {
    if (!isRepair) cells.set(cell.number, { code: cell.code, lineOf: compiler.lineMapper() });
    return isRepair ? "imports" : `cell ${cell.number}`;
  });

  class Server extends tslab.Server {
    queue = Promise.resolve();
    received = 0;
    abortUpTo = 0;

    /** The socket of all outputs, which tslab opens in `init`. */
    set iopub(socket) {
      this.outputs = queued(socket);
    }
    get iopub() {
      return this.outputs;
    }

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
      const execution = this.queue.then(() => this.execute(socket, request, position));
      this.queue = execution.catch(() => {});
      return execution;
    }

    async execute(socket, request, position) {
      const { code, silent = false, stop_on_error: stopOnError = true } = request.content;
      if (position <= this.abortUpTo) {
        this.reply(socket, request, "execute_reply", { status: "aborted" });
        return;
      }
      cell = { number: silent ? cell.number : cell.number + 1, code, failures: [] };
      result = null;
      isRunning = true;
      const streams = createStreams((name, text) => this.send(request, "stream", { name, text }));
      /** Outputs arrive in the order in which the cell made them. */
      const output = (type, content) => {
        streams.flush();
        this.send(request, type, content);
      };
      process.stdout.write = streams.stdout;
      process.stderr.write = streams.stderr;
      globalThis[DISPLAY_HOOK] = (data, metadata = {}) => output("display_data", { data, metadata, transient: {} });
      globalThis[PROGRESS_HOOK] = process.env.CLASS_IT_PROGRESS === "0" ? undefined : () => progressLine(output);
      tslab.onDisplay((data, isUpdate) => output(isUpdate ? "update_display_data" : "display_data", data));
      if (!silent) output("execute_input", { code, execution_count: cell.number });

      modules.forgetEdited();
      compiler.noticeEdits();
      let ok = false;
      try {
        ok = await executor.execute(code);
        if (ok && !silent && result !== null) {
          const [first, ...more] = displaysOf(result.value);
          output("execute_result", { execution_count: cell.number, data: first, metadata: {} });
          for (const data of more) output("display_data", { data, metadata: {}, transient: {} });
        }
      } catch (error) {
        cell.failures.push(thrown(root, cells, error));
      }
      if (!ok) await keepImports(code);
      // Unhandled rejections appear after the event loop turns; they fail the cell that caused them.
      await new Promise((resolve) => setTimeout(resolve, 1));
      await new Promise((resolve) => setImmediate(resolve));
      modules.remember();
      isRunning = false;
      streams.flush();

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
      output("error", error);
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
      setTimeout(() => process.exit(0), 100).unref(); // worker threads must not keep the kernel alive
    }
  }

  /**
   * tslab forgets all names of a failed cell. Its imports are declared again, one by one if one of them is the fault.
   */
  async function keepImports(code) {
    const imports = compiler.importsOf(code);
    if (imports.length === 0) return;
    isRepair = true;
    try {
      if (await executor.execute(imports.join("\n"))) return;
      for (const statement of imports) await executor.execute(statement);
    } catch {
      // report the failure of the cell itself
    } finally {
      isRepair = false;
    }
  }

  /** An uncaught error fails the running cell; if none is running, it is shown under the last one. */
  const uncaught = (error) => {
    const failure = thrown(root, cells, error);
    if (isRunning) cell.failures.push(failure);
    else process.stderr.write(`${failure.traceback.join("\n")}\n`);
  };
  process.on("SIGINT", () => executor.interrupt());
  process.on("uncaughtException", uncaught);
  process.on("unhandledRejection", uncaught);
  process.removeAllListeners("warning"); // Node's own warning includes the process id, which changes between runs
  process.on("warning", (warning) => {
    if (warning.name !== "ExperimentalWarning") process.stderr.write(`${warning.name}: ${warning.message}\n`);
  });
  return new Server(new tslab.Handler(executor, false), connection);
}

/**
 * A publishing socket that drops nothing when Jupyter reads more slowly than a cell writes.
 *
 * ZeroMQ's own socket refuses to send (EBUSY) after about 500 messages without a turn of the event loop; refused
 * messages wait here, in order.
 */
function queued(socket) {
  socket.sendHighWaterMark = 0; // the number of waiting messages is limited only by memory
  const waiting = [];
  const drain = async () => {
    while (waiting.length > 0) {
      try {
        await socket.send(waiting[0]);
        waiting.shift();
      } catch (error) {
        if (error.code !== "EBUSY") throw error;
        await new Promise((resolve) => setImmediate(resolve));
      }
    }
  };
  const send = (frames) => {
    if (waiting.length === 0) {
      try {
        return socket.send(frames);
      } catch (error) {
        if (error.code !== "EBUSY") throw error;
        setImmediate(drain);
      }
    }
    waiting.push(frames);
  };
  return { send, bind: (address) => socket.bind(address), close: () => socket.close() };
}

/** A line of text in the cell's output that the next call replaces. */
function progressLine(output) {
  const id = { display_id: randomBytes(8).toString("hex") };
  let isShown = false;
  return (text) => {
    const data = { "text/plain": text };
    output(isShown ? "update_display_data" : "display_data", { data, metadata: PROGRESS_METADATA, transient: id });
    isShown = true;
  };
}

/**
 * Give each cell's script a name for stack traces. tslab wraps the cell into a function, whose head must not shift the
 * columns of the first line.
 */
function nameScripts(name) {
  const run = vm.runInThisContext;
  vm.runInThisContext = (code, options) => {
    if (typeof options !== "object" || !options.breakOnSigint) return run(code, options);
    const [head = ""] = /^\((?:async )?function\(exports, require\) \{ /.exec(code) ?? [];
    return run(code, { ...options, filename: name(), columnOffset: -head.length });
  };
}

module.exports = { createServer };
