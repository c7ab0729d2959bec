/** @file A chat endpoint on this machine for tests, as well or badly behaved as a test wants it. */

import * as http from "node:http";
import type { AddressInfo } from "node:net";

export interface ChatBody {
  model: string;
  messages: { role: string; content: string }[];
  seed: number;
  max_tokens: number;
  response_format?: { type: string; json_schema?: { schema: unknown } };
}

export interface Fake {
  baseUrl: string;
  /** Every request body, in order of arrival. */
  requests: ChatBody[];
  authorizations: (string | undefined)[];
  mostAtOnce: number;
  close(): Promise<void>;
}

/** Answers one request; by default with three good pairs about the article. */
export type Handler = (body: ChatBody, response: http.ServerResponse, number: number) => void | Promise<void>;

export async function fakeEndpoint(
  handler: Handler = (body, response) => reply(response, goodAnswer(body)),
): Promise<Fake> {
  const fake: Omit<Fake, "baseUrl" | "close"> = { requests: [], authorizations: [], mostAtOnce: 0 };
  let running = 0;
  const server = http.createServer((request, response) => {
    running++;
    fake.mostAtOnce = Math.max(fake.mostAtOnce, running);
    response.on("close", () => running--);
    let text = "";
    request.on("data", (chunk) => {
      text += chunk;
    });
    request.on("end", () => {
      const body = JSON.parse(text) as ChatBody;
      fake.requests.push(body);
      fake.authorizations.push(request.headers.authorization);
      void handler(body, response, fake.requests.length - 1);
    });
  });
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  server.unref(); // a failed test does not wait for it
  return Object.assign(fake, {
    baseUrl: `http://127.0.0.1:${(server.address() as AddressInfo).port}/v1`,
    close: async () => {
      server.closeAllConnections();
      await new Promise((resolve) => server.close(resolve));
    },
  });
}

/** A completion as the servers write it. */
export function reply(response: http.ServerResponse, content: unknown, extra: object = {}): void {
  response.writeHead(200, { "content-type": "application/json" });
  response.end(
    JSON.stringify({
      choices: [{ message: { role: "assistant", content }, finish_reason: "stop" }],
      usage: { prompt_tokens: 200, completion_tokens: 100 },
      ...extra,
    }),
  );
}

export function fail(
  response: http.ServerResponse,
  status: number,
  message: string,
  headers: Record<string, string> = {},
): void {
  response.writeHead(status, { "content-type": "application/json", ...headers });
  response.end(JSON.stringify({ error: { message } }));
}

/** The article in a request. */
export function articleOf(body: ChatBody): { title: string; article: string } {
  return JSON.parse(body.messages[1].content);
}

/** Three pairs that pass the checks: answers in the article's own words. */
export function goodAnswer(body: ChatBody): string {
  const { title, article } = articleOf(body);
  const answer = (i: number) => `${article} This is about ${title}, part ${i}.`;
  return JSON.stringify({
    pairs: [1, 2, 3].map((i) => ({ question: `What is part ${i} of ${title}?`, answer: answer(i) })),
  });
}
