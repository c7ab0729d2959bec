import assert from "node:assert/strict";
import * as fs from "node:fs";
import * as http from "node:http";
import * as net from "node:net";
import * as path from "node:path";
import { type TestContext, test } from "node:test";
import { closeConnections, type DownloadRequest, download } from "../../src/data-sets/download";
import { sha256 } from "../../src/util/sha256";
import { type FileServer, type ServedFile, serveFiles } from "../support/file-server";
import { temporaryFolder } from "../support/temporary-folder";

/** 300 kB in which every place is different. */
const content = Buffer.from(Array.from({ length: 30_000 }, (_, i) => `${String(i).padStart(9, "0")}\n`).join(""));
const sum = sha256(content);

async function setUp(t: TestContext, file: Omit<ServedFile, "content"> & { content?: Buffer }) {
  const server = await serveFiles(t, { "/file": { content, etag: '"1"', ...file } });
  const folder = temporaryFolder(t);
  t.after(closeConnections);
  const target = path.join(folder, "deep", "file.bin");
  const get = (more: Partial<DownloadRequest> = {}) =>
    download({ urls: [`${server.url}/file`], target, bytes: null, sha256: null, pauseMs: 5, stallMs: 30_000, ...more });
  return { server, target, get };
}

const ranges = (server: FileServer) => server.requests.map(({ range }) => range ?? "-");

test("a file arrives whole, with its checksum, and leaves nothing else behind", async (t) => {
  const { target, get } = await setUp(t, {});
  assert.deepEqual(
    { ...(await get({ bytes: content.length, sha256: sum })), url: "" },
    { bytes: content.length, sha256: sum, url: "" },
  );
  assert.deepEqual(fs.readFileSync(target), content);
  assert.deepEqual(fs.readdirSync(path.dirname(target)), ["file.bin"]);
});

test("a connection that is cut is resumed from the byte where it was cut", async (t) => {
  const { server, target, get } = await setUp(t, { cutAfter: 100_000, cuts: 2 });
  await get({ sha256: sum });
  assert.deepEqual(fs.readFileSync(target), content);
  assert.deepEqual(ranges(server), ["-", "bytes=100000-", "bytes=200000-"]);
  assert.equal(server.requests[1].ifRange, '"1"');
});

test("a killed download resumes in the next process", async (t) => {
  const { server, target, get } = await setUp(t, { cutAfter: 120_000, cuts: 1 });
  await assert.rejects(get({ attempts: 1 }), /cut off|terminated|closed|aborted/i);
  assert.equal(fs.existsSync(target), false);
  assert.equal(fs.statSync(`${target}.incomplete`).size, 120_000);
  await get({ sha256: sum });
  assert.deepEqual(ranges(server), ["-", "bytes=120000-"]);
});

test("a file that changed on the server is downloaded again, not joined with the old part", async (t) => {
  const { server, target, get } = await setUp(t, { cutAfter: 120_000, cuts: 1 });
  await assert.rejects(get({ attempts: 1 }));
  const changed = Buffer.from(content.map((byte) => byte ^ 1));
  server.files.set("/file", { content: changed, etag: '"2"' });
  await get();
  assert.deepEqual(fs.readFileSync(target), changed);
});

test("a server that ignores ranges gives the whole file again", async (t) => {
  const { server, target, get } = await setUp(t, { cutAfter: 150_000, cuts: 1, ignoreRange: true });
  await get({ sha256: sum });
  assert.deepEqual(fs.readFileSync(target), content);
  assert.equal(server.requests.length, 2);
});

test("a wrong checksum, a wrong size and a lying length are refused, and nothing is kept", async (t) => {
  const wrongSum = await setUp(t, {});
  await assert.rejects(
    wrongSum.get({ sha256: "0".repeat(64) }),
    new RegExp(`SHA-256 ${sum}, want 0{64}; nothing was kept`),
  );
  const wrongSize = await setUp(t, {});
  await assert.rejects(wrongSize.get({ bytes: 5 }), /has 300000 bytes, want 5/);
  const unsized = await setUp(t, { chunked: true });
  await assert.rejects(unsized.get({ bytes: 1_000_000, attempts: 2 }), /cut off after 300000 of 1000000 bytes|300000/);
  const endless = await setUp(t, { chunked: true });
  await assert.rejects(endless.get({ maxBytes: 100_000 }), /sends more than 100000 bytes/);
  const tooLarge = await setUp(t, {});
  await assert.rejects(tooLarge.get({ maxBytes: 100_000 }), /has 300000 bytes, more than the limit of 100000/);
  const saysMore = await setUp(t, { saysLength: 400_000 });
  await assert.rejects(saysMore.get({ attempts: 2 }), /attempt 2 of 2/);
  for (const { target } of [wrongSum, wrongSize, unsized, endless, tooLarge, saysMore])
    assert.equal(fs.existsSync(target), false);
  assert.deepEqual(fs.readdirSync(path.dirname(wrongSum.target)), []);
});

test("a server that stalls is left after the time-out; a slow one is not", async (t) => {
  const stalls = await setUp(t, { stall: true });
  await assert.rejects(stalls.get({ attempts: 2, stallMs: 150 }), /timeout/i);
  const slow = await setUp(t, { pauseMs: 60 });
  await slow.get({ sha256: sum, stallMs: 5_000 });
});

test("busy answers are tried again, after the time the server asks for; refusals are not", async (t) => {
  const busy = await setUp(t, { statuses: [503, 429], retryAfter: "0" });
  await busy.get({ sha256: sum });
  assert.equal(busy.server.requests.length, 3);
  const gone = await setUp(t, { statuses: [410] });
  await assert.rejects(gone.get(), /answers 410/);
  assert.equal(gone.server.requests.length, 1);
  const failing = await setUp(t, { statuses: [500, 500, 500, 500] });
  await assert.rejects(failing.get({ attempts: 3 }), /answers 500 \(attempt 3 of 3\)/);
});

test("mirrors are tried in order, and a half from one is not continued from another", async (t) => {
  const { server, target, get } = await setUp(t, { cutAfter: 100_000, cuts: 99, ignoreRange: true });
  server.files.set("/mirror", { content, etag: '"m"' });
  const urls = [`${server.url}/nowhere`, `${server.url}/file`, `${server.url}/mirror`];
  const { url } = await get({ urls, sha256: sum, attempts: 2 });
  assert.equal(url, urls[2]);
  assert.deepEqual(fs.readFileSync(target), content);
  const last = server.requests[server.requests.length - 1];
  assert.deepEqual([last.path, last.range], ["/mirror", undefined]);
  await assert.rejects(
    get({ urls: [urls[0], `${server.url}/none`], target: `${target}2` }),
    /nowhere: answers 404\n.*none: answers 404/,
  );
});

test("redirects are followed, and the token is not taken along to another host", async (t) => {
  const other = await serveFiles(t, { "/blob": { content } });
  const { server, target, get } = await setUp(t, { token: "secret", redirect: `${other.url}/blob` });
  const token = { host: new URL(server.url).host, value: "secret" };
  await get({ token, sha256: sum });
  assert.deepEqual(fs.readFileSync(target), content);
  assert.equal(server.requests[0].authorization, "Bearer secret");
  assert.equal(other.requests[0].authorization, undefined);
  server.files.set("/loop", { content, redirect: `${server.url}/loop` });
  await assert.rejects(get({ urls: [`${server.url}/loop`], target: `${target}2` }), /redirects more than 10 times/);
  server.files.set("/odd", { content, redirect: "file:///etc/passwd" });
  await assert.rejects(get({ urls: [`${server.url}/odd`], target: `${target}2` }), /redirects to file:/);
});

test("without a token, or with a wrong one, the answer says so and does not repeat it", async (t) => {
  const { server, get } = await setUp(t, { token: "secret" });
  await assert.rejects(get(), /answers 401: it needs a token/);
  const token = { host: new URL(server.url).host, value: "wrong-one" };
  await assert.rejects(get({ token }), (error: Error) => {
    assert.match(error.message, /the token was not accepted/);
    assert.doesNotMatch(error.message, /wrong-one/);
    return true;
  });
  assert.equal(server.requests.length, 2);
});

test("a proxy named in the environment is used", async (t) => {
  const { server, target, get } = await setUp(t, {});
  const asked: string[] = [];
  const proxy = http.createServer((request, response) => {
    asked.push(`${request.method} ${request.url}`);
    http.get(request.url as string, (upstream) => {
      response.writeHead(upstream.statusCode ?? 500, upstream.headers);
      upstream.pipe(response);
    });
  });
  proxy.on("connect", (request, socket: net.Socket) => {
    asked.push(`CONNECT ${request.url}`);
    const [host, port] = (request.url as string).split(":");
    const upstream = net.connect(Number(port), host, () => {
      socket.write("HTTP/1.1 200 Connection established\r\n\r\n");
      upstream.pipe(socket);
      socket.pipe(upstream);
    });
    upstream.on("error", () => socket.destroy());
    socket.on("error", () => upstream.destroy());
  });
  await new Promise<void>((resolve) => proxy.listen(0, "127.0.0.1", resolve));
  const before = { ...process.env };
  t.after(() => {
    process.env = before;
    proxy.closeAllConnections();
    proxy.close();
  });
  await closeConnections();
  process.env = {
    ...before,
    http_proxy: `http://127.0.0.1:${(proxy.address() as net.AddressInfo).port}`,
    no_proxy: "",
    NO_PROXY: "",
  };
  await get({ sha256: sum });
  assert.deepEqual(fs.readFileSync(target), content);
  assert.equal(asked.length, 1);
  assert.ok(asked[0].includes(new URL(server.url).host), asked[0]);
});
