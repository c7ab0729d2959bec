/**
 * @file Download one file over HTTP: resumable, verified, and moved into place only when complete.
 *
 * Bytes go to `<target>.incomplete`; a note beside it has the server's entity tag, so that a changed file is not joined with
 * the old part. Proxies come from the environment (HTTPS_PROXY, HTTP_PROXY, NO_PROXY). An authorization header is sent
 * to its own host only, not along a redirect, and never over plain HTTP to another machine.
 */

import * as fs from "node:fs";
import * as path from "node:path";
import { type Dispatcher, EnvHttpProxyAgent, request } from "undici";
import { writeAll } from "../util/atomic-file";
import { messageOf } from "../util/check";
import { sha256File } from "../util/sha256";
import { decodeUtf8 } from "../util/text-file";

export interface DownloadRequest {
  /** Tried in order: the address, then its mirrors. */
  urls: readonly string[];
  target: string;
  /** Expected size and checksum; null if unknown. */
  bytes: number | null;
  sha256: string | null;
  /** Token for the Authorization header, sent to this host only. */
  token?: { host: string; value: string };
  /** Maximum size to write. Default: `bytes`, or 20 GB. */
  maxBytes?: number;
  /** Abort a connection that sends nothing for this time. Default 60 s. */
  stallMs?: number;
  /** Attempts per address. Default 6. */
  attempts?: number;
  /** First pause between attempts; doubled each time. Default 1 s. */
  pauseMs?: number;
  onProgress?: (bytes: number, total: number | null) => void;
}

export interface Downloaded {
  bytes: number;
  sha256: string;
  /** The address that gave the file. */
  url: string;
}

const MAX_BYTES = 20e9;
const MAX_REDIRECTS = 10;
const MAX_PAUSE_MS = 60_000;

/** An error for which a retry is useless. */
class FinalError extends Error {}

/**
 * Download a file, or resume a partial download.
 *
 * @throws Error naming each address and its failure; `.incomplete` is kept for the next attempt, unless its content was
 *   wrong
 */
export async function download(wanted: DownloadRequest): Promise<Downloaded> {
  fs.mkdirSync(path.dirname(wanted.target), { recursive: true });
  const failures: string[] = [];
  for (const url of wanted.urls) {
    try {
      return await downloadFrom(url, wanted);
    } catch (error) {
      failures.push(`${url}: ${messageOf(error)}`);
    }
  }
  throw new Error(failures.join("\n"));
}

async function downloadFrom(url: string, wanted: DownloadRequest): Promise<Downloaded> {
  const attempts = wanted.attempts ?? 6;
  let pauseMs = wanted.pauseMs ?? 1_000;
  for (let attempt = 1; ; attempt++) {
    const before = sizeOf(incompleteOf(wanted.target));
    try {
      await transfer(url, wanted);
      return finish(url, wanted);
    } catch (error) {
      if (error instanceof FinalError) throw error;
      const local = diskFault(error, wanted.target);
      if (local !== null) throw new FinalError(local);
      if (attempt >= attempts) throw new Error(`${messageOf(error)} (attempt ${attempt} of ${attempts})`);
      const asked = (error as { retryAfterMs?: number }).retryAfterMs;
      await new Promise((resolve) => setTimeout(resolve, Math.min(asked ?? pauseMs, MAX_PAUSE_MS)));
      pauseMs *= 2;
      if (sizeOf(incompleteOf(wanted.target)) > before) attempt = 0; // there was progress: reset the attempt counter
    }
  }
}

/** A fault of this machine's disk, if that is the cause; null for a fault of the server or network. */
function diskFault(error: unknown, target: string): string | null {
  const { code, syscall } = error as NodeJS.ErrnoException;
  if (code === undefined || syscall === undefined || !/^(open|write|fsync|rename|mkdir|unlink)$/.test(syscall))
    return null;
  if (code === "ENOSPC") return `no space left on the disk while writing ${target}; the downloaded part is kept`;
  return `${target} cannot be written (${code}); check its folder`;
}

/** Download the missing part of `.incomplete`. */
async function transfer(url: string, wanted: DownloadRequest): Promise<void> {
  const file = incompleteOf(wanted.target);
  const note = readNote(file);
  let have = sizeOf(file);
  if (have > 0 && (note === null || note.url !== url)) have = discard(file); // from another mirror, or of unknown origin: start again
  if (wanted.bytes !== null && have === wanted.bytes) return;
  const headers: Record<string, string> = { "accept-encoding": "identity", "user-agent": "class-it-notebooks" };
  if (have > 0 && note !== null) {
    headers.range = `bytes=${have}-`;
    if (note.validator !== null) headers["if-range"] = note.validator;
  }
  const response = await follow(url, headers, wanted);
  const { statusCode } = response;
  if (statusCode === 416) {
    await response.body.dump();
    const total = totalOfRange(response.headers["content-range"]);
    if (total !== null && total === have && (note?.total ?? total) === total) return;
    discard(file);
    throw new Error(`reported ${note?.total ?? "more"} bytes before and ${total ?? "fewer"} now; starting again`);
  }
  if (statusCode !== 200 && statusCode !== 206) throw await refusal(response, wanted);
  const wrong = whyNotTheFile(response.headers, wanted.target);
  if (wrong !== null) {
    await response.body.dump().catch(() => {});
    throw new FinalError(wrong);
  }

  let start = 0;
  if (statusCode === 206) {
    start = startOfRange(response.headers["content-range"]);
    if (start !== have) {
      await response.body.dump();
      discard(file);
      throw new Error(`requested bytes from ${have} on, got them from ${start} on; starting again`);
    }
  }
  const length = numberOf(response.headers["content-length"]);
  const total = length === null ? null : start + length;
  const limit = wanted.maxBytes ?? wanted.bytes ?? MAX_BYTES;
  const expected = wanted.bytes ?? total;
  if (total !== null && wanted.bytes !== null && total !== wanted.bytes) {
    await response.body.dump().catch(() => {});
    discard(file);
    throw new FinalError(`has ${total} bytes, want ${wanted.bytes}`);
  }
  if (total !== null && total > limit) {
    await response.body.dump().catch(() => {});
    throw new FinalError(`has ${total} bytes, more than the limit of ${limit}`);
  }
  writeNote(file, { url, validator: validatorOf(response.headers), total });
  const fd = fs.openSync(file, start > 0 ? "a" : "w");
  let done = start;
  try {
    for await (const chunk of response.body as AsyncIterable<Buffer>) {
      done += chunk.length;
      if (done > limit) throw new FinalError(`sends more than ${limit} bytes`);
      writeAll(fd, chunk);
      wanted.onProgress?.(done, expected);
    }
    fs.fsyncSync(fd);
  } finally {
    fs.closeSync(fd);
  }
  if (expected !== null && done < expected) throw new Error(`cut off after ${done} of ${expected} bytes`);
}

/** Detects a log-in page, or a body that is not the file's own bytes; needed where no checksum is published. */
function whyNotTheFile(headers: Dispatcher.ResponseData["headers"], target: string): string | null {
  const encoding = String(headers["content-encoding"] ?? "identity");
  if (encoding !== "identity")
    return `sends the file compressed (${encoding.slice(0, 20)}) although this was not requested`;
  const isPage = /^text\/html/i.test(String(headers["content-type"] ?? "")) && !/\.html?$/i.test(target);
  return isPage ? "answers with a web page instead of the file; does the network want a log-in?" : null;
}

/** Verify the whole file and move it into place. */
function finish(url: string, wanted: DownloadRequest): Downloaded {
  const file = incompleteOf(wanted.target);
  const bytes = sizeOf(file);
  const sum = sha256File(file);
  if (wanted.bytes !== null && bytes !== wanted.bytes) {
    discard(file);
    throw new FinalError(`gave ${bytes} bytes, want ${wanted.bytes}`);
  }
  if (wanted.sha256 !== null && sum !== wanted.sha256) {
    discard(file);
    throw new FinalError(`gave content with SHA-256 ${sum}, want ${wanted.sha256}; nothing was kept`);
  }
  fs.renameSync(file, wanted.target);
  fs.rmSync(noteOf(file), { force: true });
  return { bytes, sha256: sum, url };
}

/** GET that follows redirects itself, so that the token is sent to its host only. */
async function follow(
  first: string,
  headers: Record<string, string>,
  { token, stallMs = 60_000 }: Pick<DownloadRequest, "token" | "stallMs">,
): Promise<Dispatcher.ResponseData> {
  let url = new URL(first);
  for (let hop = 0; hop <= MAX_REDIRECTS; hop++) {
    const withToken = token !== undefined && url.host === token.host && mayCarryToken(url);
    const response = await request(url, {
      dispatcher: dispatcher(),
      headers: withToken ? { ...headers, authorization: `Bearer ${token.value}` } : headers,
      headersTimeout: stallMs,
      bodyTimeout: stallMs,
    });
    const { location } = response.headers;
    if (response.statusCode < 300 || response.statusCode > 399 || typeof location !== "string") return response;
    await response.body.dump();
    const next = new URL(location, url);
    if (!/^https?:$/.test(next.protocol)) throw new FinalError(`redirects to ${next.protocol}, want http or https`);
    if (url.protocol === "https:" && next.protocol === "http:")
      throw new FinalError("redirects from https to plain http");
    url = next;
  }
  throw new FinalError(`redirects more than ${MAX_REDIRECTS} times`);
}

/** Fetch a small JSON text (a service's list of files) with the same rules. @throws as `download` */
export async function fetchJson(
  url: string,
  options: Pick<DownloadRequest, "token" | "stallMs" | "attempts" | "pauseMs">,
): Promise<{ value: unknown; link: string | null }> {
  const attempts = options.attempts ?? 4;
  let pauseMs = options.pauseMs ?? 1_000;
  for (let attempt = 1; ; attempt++) {
    try {
      const response = await follow(url, { accept: "application/json", "user-agent": "class-it-notebooks" }, options);
      if (response.statusCode !== 200) throw await refusal(response, options);
      const chunks: Buffer[] = [];
      let bytes = 0;
      for await (const chunk of response.body as AsyncIterable<Buffer>) {
        bytes += chunk.length;
        if (bytes > MAX_LISTING_BYTES) throw new FinalError("the list of files is unreasonably long");
        chunks.push(chunk);
      }
      const { link } = response.headers;
      const text = decodeUtf8(Buffer.concat(chunks), "the list of files");
      return { value: JSON.parse(text), link: typeof link === "string" ? link : null };
    } catch (error) {
      if (error instanceof FinalError || attempt >= attempts) throw new Error(`${url}: ${messageOf(error)}`);
      await new Promise((resolve) => setTimeout(resolve, Math.min(pauseMs, MAX_PAUSE_MS)));
      pauseMs *= 2;
    }
  }
}

const MAX_LISTING_BYTES = 50e6;

/** Convert an error status to a retriable or final error. */
async function refusal(
  response: Dispatcher.ResponseData,
  { token }: Pick<DownloadRequest, "token">,
): Promise<Error & { retryAfterMs?: number }> {
  const { statusCode, headers } = response;
  await response.body.dump().catch(() => {});
  if (statusCode === 401 || statusCode === 403) {
    const hint = token === undefined ? "it needs a token" : "the token was not accepted; did you accept the terms?";
    return new FinalError(`answers ${statusCode}: ${hint}`);
  }
  if (statusCode === 429 || statusCode >= 500 || statusCode === 408) {
    const error: Error & { retryAfterMs?: number } = new Error(`answers ${statusCode}`);
    const seconds = numberOf(headers["retry-after"]);
    if (seconds !== null) error.retryAfterMs = seconds * 1000;
    return error;
  }
  return new FinalError(`answers ${statusCode}`);
}

let shared: Dispatcher | null = null;

function dispatcher(): Dispatcher {
  shared ??= new EnvHttpProxyAgent();
  return shared;
}

/** For tests that change the proxy variables; also lets a finished command end without waiting for idle connections. */
export async function closeConnections(): Promise<void> {
  const old = shared;
  shared = null;
  await old?.close();
}

function mayCarryToken(url: URL): boolean {
  return url.protocol === "https:" || url.hostname === "127.0.0.1" || url.hostname === "localhost";
}

interface Note {
  url: string;
  /** Entity tag or date, for If-Range. A weak tag does not guarantee equal bytes and is not used. */
  validator: string | null;
  /** The length that the server reported. */
  total: number | null;
}

const incompleteOf = (target: string) => `${target}.incomplete`;
const noteOf = (file: string) => `${file}.json`;

function readNote(file: string): Note | null {
  try {
    const note = JSON.parse(fs.readFileSync(noteOf(file), "utf8")) as Note;
    return typeof note.url === "string" ? note : null;
  } catch {
    return null;
  }
}

function writeNote(file: string, note: Note): void {
  fs.writeFileSync(noteOf(file), JSON.stringify(note));
}

function discard(file: string): 0 {
  fs.rmSync(file, { force: true });
  fs.rmSync(noteOf(file), { force: true });
  return 0;
}

function sizeOf(file: string): number {
  return fs.statSync(file, { throwIfNoEntry: false })?.size ?? 0;
}

function validatorOf(headers: Dispatcher.ResponseData["headers"]): string | null {
  const { etag, "last-modified": date } = headers;
  if (typeof etag === "string" && !etag.startsWith("W/")) return etag;
  return typeof date === "string" ? date : null;
}

function numberOf(header: string | string[] | undefined): number | null {
  return typeof header === "string" && /^\d+$/.test(header) ? Number(header) : null;
}

function startOfRange(header: string | string[] | undefined): number {
  const match = typeof header === "string" ? /^bytes (\d+)-/.exec(header) : null;
  return match === null ? -1 : Number(match[1]);
}

function totalOfRange(header: string | string[] | undefined): number | null {
  const match = typeof header === "string" ? /\/(\d+)$/.exec(header) : null;
  return match === null ? null : Number(match[1]);
}
