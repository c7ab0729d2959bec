/**
 * @file Ports for a Jupyter kernel that no other kernel of this process gets.
 *
 * Jupyter picks random ports and gives them back before the kernel opens them, some seconds later. Two notebooks that are
 * executed at the same time can so get the same port, and one kernel receives the heartbeats of the other's client.
 */

import * as net from "node:net";

const CHANNELS = ["shell", "iopub", "stdin", "hb", "control"] as const;

/** Below 32,768, where Linux begins to give ports to outgoing connections. */
const [FIRST, LAST] = [20_000, 32_700];

/** Processes begin at different places. */
let next = FIRST + ((process.pid * 10) % (LAST - FIRST));

/** Arguments of nbconvert that give a kernel its five ports. @throws Error if no port is free */
export async function kernelPortArguments(): Promise<string[]> {
  const ports: string[] = [];
  for (const channel of CHANNELS) ports.push(`--KernelManager.${channel}_port=${await freePort()}`);
  return ["--KernelManager.cache_ports=False", ...ports]; // with the cache Jupyter would replace them
}

async function freePort(): Promise<number> {
  for (let tried = FIRST; tried < LAST; tried++) {
    const port = next;
    next = next + 1 < LAST ? next + 1 : FIRST;
    if (await isFree(port)) return port;
  }
  throw new Error(
    `no port from ${FIRST} to ${LAST - 1} is free for a Jupyter kernel; close programs that listen there`,
  );
}

function isFree(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const server = net.createServer();
    server.once("error", () => resolve(false));
    server.listen({ port, host: "127.0.0.1" }, () => server.close(() => resolve(true)));
  });
}
