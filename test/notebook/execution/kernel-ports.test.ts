import assert from "node:assert/strict";
import * as net from "node:net";
import { test } from "node:test";
import { kernelPortArguments } from "../../../src/notebook/execution/kernel-ports";

const portsOf = (args: readonly string[]) =>
  args.flatMap((arg) => /^--KernelManager\.\w+_port=(\d+)$/.exec(arg)?.[1] ?? []).map(Number);

test("two kernels that start at the same time get ten different ports, and none that is in use", async (t) => {
  const [first] = portsOf(await kernelPortArguments());
  const occupied = net.createServer();
  t.after(() => occupied.close());
  const inUse = first + 5; // the next in line
  await new Promise<void>((resolve) => occupied.listen({ port: inUse, host: "127.0.0.1" }, resolve));
  const both = await Promise.all([kernelPortArguments(), kernelPortArguments()]);
  const ports = both.flatMap(portsOf);
  assert.equal(new Set(ports).size, 10);
  assert.ok(!ports.includes(inUse), `${inUse} is in use: ${ports}`);
  assert.ok(ports.every((port) => port < 32_768));
  for (const args of both) assert.equal(args[0], "--KernelManager.cache_ports=False");
});
