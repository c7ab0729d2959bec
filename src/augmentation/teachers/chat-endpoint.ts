/**
 * @file A client for OpenAI-compatible chat endpoints: Ollama, vLLM, llama.cpp's server, or OpenAI's.
 *
 * Each request ends in one answer or one error. Temporary failures are retried with growing pauses, time and size are
 * limited, and servers without JSON schemas get a simpler mode. A failure that would repeat for every article (no
 * server, wrong key, unknown model, budget spent) throws `TeacherStopped`.
 */

import { EnvHttpProxyAgent, getGlobalDispatcher, request } from "undici";
import { brief, messageOf } from "../../util/check";
import { Rng } from "../../util/rng";
import { TeacherStopped } from "../teacher";
import type { ChatMessage } from "./teaching-prompt";

export interface ChatEndpointOptions {
  /** Address up to and including `/v1`: `http://127.0.0.1:11434/v1` is Ollama on this machine. */
  baseUrl: string;
  model: string;
  /** Sent as a bearer token; never stored or printed. */
  apiKey?: string | null;
  /**
   * For one attempt, from the request to the last byte. Default five minutes, because a small machine generates slowly.
   */
  timeoutMs?: number;
  /** Maximum bytes of an answer; a longer one is aborted. Default one megabyte. */
  maxResponseBytes?: number;
  /** Default 5. */
  attempts?: number;
  /** Pause before the second attempt, doubled each time. Default one second. */
  pauseMs?: number;
  /** Stop the run after this number of consecutive requests that fail in every attempt. Default 3. */
  giveUpAfter?: number;
  /** Limit on the tokens of prompts and answers. Never exceeded: each request reserves its maximum. */
  tokenBudget?: number;
}

export interface ChatRequest {
  messages: readonly ChatMessage[];
  schema: { name: string; schema: object };
  maxTokens: number;
  temperature: number;
  seed: number;
}

export interface ChatAnswer {
  text: string;
  /** `stop`, `length`, ... as the server reports; null if it does not. */
  finishReason: string | null;
  promptTokens: number;
  completionTokens: number;
}

/** JSON modes, the strictest first. */
const MODES = ["json_schema", "json_object", "plain"] as const;
export type JsonMode = (typeof MODES)[number];

const LONGEST_PAUSE_MS = 60_000;

export class ChatEndpoint {
  readonly model: string;
  private readonly url: string;
  private readonly options: Required<Omit<ChatEndpointOptions, "apiKey">>;
  private readonly apiKey: string | null;
  private modeIndex = 0;
  private answered = false; // whether the server has answered at least once
  private failuresInRow = 0;
  private spent = 0; //             tokens
  private reserved = 0; // tokens reserved by running requests
  private readonly waiting: (() => void)[] = []; // requests that wait for budget
  private readonly agent: EnvHttpProxyAgent | null;

  /** @throws Error if the address is not one, or if the key would travel unencrypted */
  constructor({ apiKey = null, ...options }: ChatEndpointOptions) {
    this.options = {
      timeoutMs: 300_000,
      maxResponseBytes: 1 << 20,
      attempts: 5,
      pauseMs: 1000,
      giveUpAfter: 3,
      tokenBudget: Number.POSITIVE_INFINITY,
      ...options,
    };
    this.model = options.model;
    this.apiKey = apiKey;
    const base = parseUrl(options.baseUrl);
    this.url = `${base.href.replace(/\/+$/, "")}/chat/completions`;
    const isLocal = /^(localhost|127\.\d+\.\d+\.\d+|\[::1\])$/.test(base.hostname);
    if (apiKey !== null && base.protocol === "http:" && !isLocal) {
      throw new Error(`${base.origin}: the key would be sent over plain HTTP to another machine; use https`);
    }
    this.agent = isLocal ? null : new EnvHttpProxyAgent();
  }

  /** Tokens spent so far, as the server counts them (estimated if it does not). */
  get tokensSpent(): number {
    return this.spent;
  }

  /** The JSON mode that this server accepts, as far as known. */
  get jsonMode(): JsonMode {
    return MODES[this.modeIndex];
  }

  /**
   * @throws TeacherStopped if no other request could succeed either
   * @throws Error if this request failed after all attempts
   */
  async complete(chat: ChatRequest): Promise<ChatAnswer> {
    const most = promptEstimate(chat) + chat.maxTokens;
    while (this.reserved > 0 && this.spent + this.reserved + most > this.options.tokenBudget) {
      await new Promise<void>((resolve) => this.waiting.push(resolve)); // a running request may need less than it reserved
    }
    if (this.spent + most > this.options.tokenBudget) {
      throw new TeacherStopped(
        `the token budget of ${this.options.tokenBudget} is spent (${this.spent} used, the next request may need ${most}); ` +
          "answers so far are kept, run again with a larger budget to continue",
      );
    }
    this.reserved += most;
    try {
      return await this.withRetries(chat, most);
    } finally {
      this.reserved -= most;
      for (const resume of this.waiting.splice(0)) resume();
    }
  }

  private async withRetries(chat: ChatRequest, most: number): Promise<ChatAnswer> {
    const rng = Rng.fromSeed("chat-endpoint").fork(JSON.stringify(chat.messages)); // random length of the pauses
    const { attempts, pauseMs } = this.options;
    let failure = new Failure("retry", "not asked");
    for (let attempt = 0; attempt < attempts; attempt++) {
      if (attempt > 0) {
        const growing = pauseMs * 2 ** (attempt - 1) * (0.75 + 0.5 * rng.next());
        await sleep(Math.min(LONGEST_PAUSE_MS, Math.max(growing, failure.retryAfterMs)));
      }
      const answer = await this.inSomeMode(chat);
      if (!(answer instanceof Failure)) {
        this.answered = true;
        this.failuresInRow = 0;
        this.spent += answer.promptTokens + answer.completionTokens;
        return answer;
      }
      failure = answer;
      if (failure.mayHaveCost) this.spent += most; // the server may have spent these tokens before we gave up
      if (failure.kind === "stop") throw new TeacherStopped(failure.message);
      if (failure.kind === "request") throw new Error(failure.message);
    }
    this.failuresInRow++;
    if (!this.answered || this.failuresInRow >= this.options.giveUpAfter) {
      throw new TeacherStopped(
        `${this.url}: ${failure.message} (${attempts} attempts); is the server running, and is this its address? ` +
          "Answers so far are kept, run again to continue",
      );
    }
    throw new Error(`${failure.message} (${attempts} attempts)`);
  }

  /** Use the strictest JSON mode that the server is not known to lack; use the next one if it refuses. */
  private async inSomeMode(chat: ChatRequest): Promise<ChatAnswer | Failure> {
    for (let mode = this.modeIndex; ; mode++) {
      const answer = await this.once(chat, MODES[mode]);
      const refused = answer instanceof Failure && answer.kind === "request";
      if (!refused || mode === MODES.length - 1) {
        if (!(answer instanceof Failure)) this.modeIndex = Math.max(this.modeIndex, mode);
        return answer;
      }
    }
  }

  private async once(chat: ChatRequest, mode: JsonMode): Promise<ChatAnswer | Failure> {
    const { timeoutMs, maxResponseBytes } = this.options;
    const signal = AbortSignal.timeout(timeoutMs);
    let sent = false;
    try {
      const response = await request(this.url, {
        method: "POST",
        headers: {
          "content-type": "application/json",
          accept: "application/json",
          ...(this.apiKey === null ? {} : { authorization: `Bearer ${this.apiKey}` }),
        },
        body: JSON.stringify(bodyOf(this.model, chat, mode)),
        dispatcher: this.agent ?? getGlobalDispatcher(),
        headersTimeout: timeoutMs,
        bodyTimeout: timeoutMs,
        signal,
      });
      sent = response.statusCode === 200;
      const chunks: Buffer[] = [];
      let size = 0;
      for await (const chunk of response.body) {
        size += chunk.length;
        if (size > maxResponseBytes) {
          response.body.destroy();
          return new Failure("retry", `the answer has over ${maxResponseBytes} bytes`, { mayHaveCost: true });
        }
        chunks.push(chunk);
      }
      const text = Buffer.concat(chunks).toString("utf8");
      const { statusCode, headers } = response;
      return statusCode === 200
        ? readCompletion(this.clean(text), chat)
        : this.refusal(statusCode, text, headers["retry-after"]);
    } catch (error) {
      if (signal.aborted) return new Failure("retry", `no answer in ${timeoutMs / 1000} s`, { mayHaveCost: true });
      return new Failure("retry", this.clean(connectionMessage(error)), { mayHaveCost: sent });
    }
  }

  /** Whether a status other than 200 concerns this request only, or all requests. */
  private refusal(status: number, body: string, retryAfter: string | string[] | undefined): Failure {
    const said = this.clean(`HTTP ${status}${errorText(body)}`);
    if (status === 401 || status === 403) {
      return new Failure("stop", `${this.url}: ${said}; check the key (read from the environment) and the address`);
    }
    if (status === 404) {
      return new Failure(
        "stop",
        `${this.url}: ${said}; does the server know the model "${this.model}", and is /v1 in the address?`,
      );
    }
    if ([408, 409, 425, 429].includes(status) || (status >= 500 && status !== 501)) {
      return new Failure("retry", said, { retryAfterMs: retryAfterMs(retryAfter) });
    }
    return new Failure("request", said);
  }

  /** Remove the key from a message, in case the server repeats it. */
  private clean(message: string): string {
    return this.apiKey === null || this.apiKey === "" ? message : message.replaceAll(this.apiKey, "(key)");
  }
}

/** Why an attempt gave no answer, and whether to retry, to skip this request, or to stop. */
class Failure {
  readonly kind: "retry" | "request" | "stop";
  readonly message: string;
  readonly retryAfterMs: number;
  readonly mayHaveCost: boolean;

  constructor(
    kind: Failure["kind"],
    message: string,
    { retryAfterMs = 0, mayHaveCost = false }: { retryAfterMs?: number; mayHaveCost?: boolean } = {},
  ) {
    this.kind = kind;
    this.message = message;
    this.retryAfterMs = retryAfterMs;
    this.mayHaveCost = mayHaveCost;
  }
}

function bodyOf(
  model: string,
  { messages, schema, maxTokens, temperature, seed }: ChatRequest,
  mode: JsonMode,
): object {
  const formats = {
    json_schema: { response_format: { type: "json_schema", json_schema: { ...schema, strict: true } } },
    json_object: { response_format: { type: "json_object" } },
    plain: {},
  };
  return { model, messages, temperature, seed, max_tokens: maxTokens, stream: false, ...formats[mode] };
}

function readCompletion(text: string, chat: ChatRequest): ChatAnswer | Failure {
  let json: Completion;
  try {
    json = JSON.parse(text) as Completion;
  } catch {
    return new Failure("retry", `the server's reply is not JSON; it starts with ${brief(text)}`, {
      mayHaveCost: true,
    });
  }
  const choice = json?.choices?.[0];
  const content = choice?.message?.content;
  if (typeof content !== "string") {
    return new Failure("retry", `the server's reply has no message; it starts with ${brief(text)}`, {
      mayHaveCost: true,
    });
  }
  return {
    text: content,
    finishReason: choice?.finish_reason ?? null,
    promptTokens: count(json.usage?.prompt_tokens) ?? promptEstimate(chat),
    completionTokens: count(json.usage?.completion_tokens) ?? Math.ceil(content.length / 3),
  };
}

interface Completion {
  choices?: { message?: { content?: unknown }; finish_reason?: string | null }[];
  usage?: { prompt_tokens?: unknown; completion_tokens?: unknown };
}

function count(value: unknown): number | null {
  return typeof value === "number" && value >= 0 ? value : null;
}

/** Tokens of a prompt, estimated high for English: three characters per token, plus some per message. */
function promptEstimate({ messages }: ChatRequest): number {
  return messages.reduce((sum, { content }) => sum + Math.ceil(content.length / 3) + 8, 0);
}

/** `: MESSAGE` from the two common shapes of an error body; empty if there is no message. */
function errorText(body: string): string {
  let said: unknown = body;
  try {
    const error = (JSON.parse(body) as { error?: unknown }).error;
    said = typeof error === "object" && error !== null ? (error as { message?: unknown }).message : (error ?? body);
  } catch {}
  const text = String(said ?? "")
    .replace(/\s+/g, " ")
    .trim();
  return text === "" ? "" : `: ${text.slice(0, 200)}`;
}

/** The cause under undici's error, where there is one ("connect ECONNREFUSED 127.0.0.1:11434"). */
function connectionMessage(error: unknown): string {
  const cause = (error as { cause?: unknown }).cause;
  return messageOf(cause ?? error) || String((error as { code?: unknown }).code ?? "the connection failed");
}

/** Milliseconds of a Retry-After header in seconds; a date is ignored and the usual pause applies. */
function retryAfterMs(header: string | string[] | undefined): number {
  const seconds = Number(Array.isArray(header) ? header[0] : header);
  return Number.isFinite(seconds) && seconds > 0 ? seconds * 1000 : 0;
}

function parseUrl(url: string): URL {
  const parsed = URL.canParse(url) ? new URL(url) : null;
  if (parsed === null || !/^https?:$/.test(parsed.protocol)) {
    throw new Error(`"${url}" is not the address of a chat endpoint; want one such as http://127.0.0.1:11434/v1`);
  }
  return parsed;
}

function sleep(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
