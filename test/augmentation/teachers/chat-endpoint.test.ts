import assert from "node:assert/strict";
import { test } from "node:test";
import { TeacherStopped } from "../../../src/augmentation/teacher";
import { ChatEndpoint, type ChatEndpointOptions } from "../../../src/augmentation/teachers/chat-endpoint";
import { fail, fakeEndpoint, type Handler, reply } from "./fake-endpoint";

const REQUEST = {
  messages: [{ role: "user" as const, content: "x".repeat(300) }],
  schema: { name: "s", schema: { type: "object" } },
  maxTokens: 50,
  temperature: 0,
  seed: 1,
};

/** Ask a fake server once (or more) and clean up. */
async function ask(handler: Handler, options: Partial<ChatEndpointOptions>, times = 1) {
  const fake = await fakeEndpoint(handler);
  const endpoint = new ChatEndpoint({ baseUrl: fake.baseUrl, model: "m", pauseMs: 1, ...options });
  const outcomes: (string | Error)[] = [];
  try {
    for (let i = 0; i < times; i++) {
      outcomes.push(
        await endpoint.complete(REQUEST).then(
          (answer) => answer.text,
          (error: Error) => error,
        ),
      );
    }
    return { outcomes, endpoint, fake };
  } finally {
    await fake.close();
  }
}

test("A plain exchange: the request as the servers want it, the answer with its tokens", async () => {
  const fake = await fakeEndpoint((_, response) => reply(response, "hello"));
  const endpoint = new ChatEndpoint({ baseUrl: `${fake.baseUrl}/`, model: "m", apiKey: "secret" });
  const answer = await endpoint.complete(REQUEST);
  await fake.close();
  assert.deepEqual(answer, { text: "hello", finishReason: "stop", promptTokens: 200, completionTokens: 100 });
  assert.deepEqual(fake.requests[0], {
    model: "m",
    messages: REQUEST.messages,
    temperature: 0,
    seed: 1,
    max_tokens: 50,
    stream: false,
    response_format: { type: "json_schema", json_schema: { name: "s", schema: { type: "object" }, strict: true } },
  });
  assert.deepEqual(fake.authorizations, ["Bearer secret"]);
  assert.equal(endpoint.tokensSpent, 300);
});

test("A server without JSON schemas is asked for any JSON, then for plain text, and remembered", async () => {
  const accepts =
    (type: string | undefined): Handler =>
    (body, response) =>
      body.response_format?.type === type
        ? reply(response, "ok")
        : fail(response, 400, "response_format not supported");
  for (const [type, mode, requests] of [
    ["json_object", "json_object", 3],
    [undefined, "plain", 4],
  ] as const) {
    const { outcomes, endpoint, fake } = await ask(accepts(type), {}, 2);
    assert.deepEqual(outcomes, ["ok", "ok"]);
    assert.equal(endpoint.jsonMode, mode);
    assert.equal(fake.requests.length, requests);
  }
});

test("A request that is refused in every mode fails alone and changes nothing for the next", async () => {
  const { outcomes, endpoint } = await ask(
    (_, response, n) => (n < 3 ? fail(response, 400, "context length exceeded") : reply(response, "ok")),
    {},
    2,
  );
  assert.match(String(outcomes[0]), /HTTP 400: context length exceeded/);
  assert.ok(!(outcomes[0] instanceof TeacherStopped));
  assert.equal(outcomes[1], "ok");
  assert.equal(endpoint.jsonMode, "json_schema");
});

test("Busy and broken servers are asked again, after the pause that they name", async () => {
  const started = Date.now();
  const { outcomes, fake } = await ask((_, response, n) => {
    if (n === 0) fail(response, 429, "slow down", { "retry-after": "0.3" });
    else if (n === 1) fail(response, 503, "loading the model");
    else if (n === 2) response.destroy();
    else reply(response, "ok");
  }, {});
  assert.deepEqual(outcomes, ["ok"]);
  assert.equal(fake.requests.length, 4);
  assert.ok(Date.now() - started >= 290);
});

test("A server that stalls, never ends or sends invalid data fails a request, then the run, within the time limit", async () => {
  const endless: Handler = (_, response) => {
    response.writeHead(200);
    const timer = setInterval(() => response.write("x".repeat(10_000)), 1);
    response.on("close", () => clearInterval(timer));
  };
  for (const [handler, message] of [
    [() => {}, /no answer in 0\.2 s \(2 attempts\)/],
    [(_, response) => void response.writeHead(200).write("{"), /no answer in 0\.2 s/],
    [endless, /the answer has over 50000 bytes/],
    [(_, response) => void response.writeHead(200).end("<html>"), /reply is not JSON; it starts with "<html>"/],
    [(_, response) => reply(response, null), /has no message/],
    [(_, response) => void response.writeHead(200).end("null"), /has no message/],
  ] as [Handler, RegExp][]) {
    const { outcomes } = await ask(handler, { timeoutMs: 200, maxResponseBytes: 50_000, attempts: 2 });
    assert.match(String(outcomes[0]), message);
    assert.ok(outcomes[0] instanceof TeacherStopped, "a server that has never answered ends the run");
  }
});

test("After an answer, single failures cost their request; several in a row end the run", async () => {
  const { outcomes } = await ask(
    (_, response, n) => (n === 0 || n === 3 ? reply(response, "ok") : fail(response, 500, "out of memory")),
    { attempts: 2, giveUpAfter: 2 },
    5,
  );
  assert.equal(outcomes[0], "ok");
  assert.match(String(outcomes[1]), /HTTP 500: out of memory \(2 attempts\)/);
  assert.ok(!(outcomes[1] instanceof TeacherStopped));
  assert.equal(outcomes[2], "ok");
  assert.ok(!(outcomes[3] instanceof TeacherStopped));
  assert.ok(outcomes[4] instanceof TeacherStopped);
});

test("A wrong key, an unknown model and an absent server end the run with a remedy, and no key is shown", async () => {
  const wrong = await ask((_, response) => fail(response, 401, "bad key: hunter2"), { apiKey: "hunter2" });
  assert.ok(wrong.outcomes[0] instanceof TeacherStopped);
  assert.match(String(wrong.outcomes[0]), /HTTP 401: bad key: \(key\); check the key/);
  assert.doesNotMatch(String(wrong.outcomes[0]), /hunter2/);
  const unknown = await ask((_, response) => fail(response, 404, "model not found"), {});
  assert.match(String(unknown.outcomes[0]), /does the server know the model "m"/);
  const absent = new ChatEndpoint({ baseUrl: "http://127.0.0.1:1/v1", model: "m", attempts: 2, pauseMs: 1 });
  await assert.rejects(absent.complete(REQUEST), /ECONNREFUSED.*is the server running/);
});

test("The token budget is never exceeded, also by requests at the same time", async () => {
  const fake = await fakeEndpoint((_, response) =>
    reply(response, "ok", { usage: { prompt_tokens: 100, completion_tokens: 50 } }),
  );
  const endpoint = new ChatEndpoint({ baseUrl: fake.baseUrl, model: "m", tokenBudget: 500 }); // a request reserves 158
  const outcomes = await Promise.allSettled(Array.from({ length: 10 }, () => endpoint.complete(REQUEST)));
  await fake.close();
  assert.equal(outcomes.filter((o) => o.status === "fulfilled").length, 3);
  assert.equal(endpoint.tokensSpent, 450);
  const stopped = outcomes.find((o) => o.status === "rejected") as PromiseRejectedResult;
  assert.ok(stopped.reason instanceof TeacherStopped);
  assert.match(stopped.reason.message, /the token budget of 500 is spent/);
});

test("An invalid address, and a key over plain HTTP to another machine, are refused immediately", () => {
  assert.throws(
    () => new ChatEndpoint({ baseUrl: "localhost:11434", model: "m" }),
    /is not the address of a chat endpoint/,
  );
  assert.throws(
    () => new ChatEndpoint({ baseUrl: "http://example.org/v1", model: "m", apiKey: "k" }),
    /over plain HTTP/,
  );
});
