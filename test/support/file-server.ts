/** @file A local HTTP server with bad manners on request: it cuts, lies, changes, throttles, redirects, stalls. */

import * as http from "node:http";
import type { AddressInfo } from "node:net";
import type { TestContext } from "node:test";

export interface ServedFile {
  content: Buffer;
  etag?: string;
  /** Cut the connection after so many bytes of each answer, this many times. */
  cutAfter?: number;
  cuts?: number;
  /** Say this length instead of the true one. */
  saysLength?: number;
  /** Give no length. */
  chunked?: boolean;
  ignoreRange?: boolean;
  /** Send nothing after the head. */
  stall?: boolean;
  /** Answer with these first. */
  statuses?: number[];
  retryAfter?: string;
  redirect?: string;
  /** Answer 401 without this bearer token. */
  token?: string;
  pauseMs?: number;
}

export interface Request {
  path: string;
  range: string | undefined;
  ifRange: string | undefined;
  authorization: string | undefined;
}

export interface FileServer {
  url: string;
  files: Map<string, ServedFile>;
  requests: Request[];
}

export async function serveFiles(
  t: TestContext,
  initial: Readonly<Record<string, ServedFile>> = {},
): Promise<FileServer> {
  const files = new Map(Object.entries(initial));
  const requests: Request[] = [];
  const server = http.createServer((request, response) => {
    const path = decodeURIComponent(request.url ?? "");
    const { range, "if-range": ifRange, authorization } = request.headers;
    requests.push({ path, range, ifRange: typeof ifRange === "string" ? ifRange : undefined, authorization });
    const file = files.get(path);
    if (file === undefined) return void response.writeHead(404).end();
    serve(file, { range, ifRange: typeof ifRange === "string" ? ifRange : undefined, authorization }, response);
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  t.after(() => {
    server.closeAllConnections();
    return new Promise((resolve) => server.close(resolve));
  });
  return { url: `http://127.0.0.1:${(server.address() as AddressInfo).port}`, files, requests };
}

function serve(file: ServedFile, request: Omit<Request, "path">, response: http.ServerResponse): void {
  const status = file.statuses?.shift();
  if (status !== undefined) {
    response.writeHead(status, file.retryAfter === undefined ? {} : { "retry-after": file.retryAfter }).end("no");
    return;
  }
  if (file.token !== undefined && request.authorization !== `Bearer ${file.token}`)
    return void response.writeHead(401).end();
  if (file.redirect !== undefined) return void response.writeHead(302, { location: file.redirect }).end();
  const { content, etag } = file;
  const match = /^bytes=(\d+)-$/.exec(request.range ?? "");
  const isSame = request.ifRange === undefined || request.ifRange === etag;
  const start = match !== null && isSame && file.ignoreRange !== true ? Number(match[1]) : 0;
  if (start >= content.length && start > 0) {
    return void response.writeHead(416, { "content-range": `bytes */${content.length}` }).end();
  }
  const headers: http.OutgoingHttpHeaders = { "accept-ranges": "bytes" };
  if (etag !== undefined) headers.etag = etag;
  if (file.chunked !== true) headers["content-length"] = file.saysLength ?? content.length - start;
  if (start > 0) headers["content-range"] = `bytes ${start}-${content.length - 1}/${content.length}`;
  response.writeHead(start > 0 ? 206 : 200, headers);
  if (file.stall === true) return void response.flushHeaders();
  const cuts = (file.cuts ?? 0) > 0;
  const end = cuts && file.cutAfter !== undefined ? Math.min(content.length, start + file.cutAfter) : content.length;
  if (cuts) file.cuts = (file.cuts ?? 0) - 1;
  const body = content.subarray(start, end);
  if (file.pauseMs !== undefined) return void drip(response, body, file.pauseMs);
  response.write(body, () => {
    if (end < content.length) setTimeout(() => response.destroy(), 20);
    else response.end();
  });
}

/** Slowly, in eight pieces. */
function drip(response: http.ServerResponse, body: Buffer, pauseMs: number): void {
  const size = Math.ceil(body.length / 8);
  const send = (at: number) => {
    if (at >= body.length) return void response.end();
    response.write(body.subarray(at, at + size));
    setTimeout(() => send(at + size), pauseMs);
  };
  send(0);
}
