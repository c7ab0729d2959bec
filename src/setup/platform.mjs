/** @file Checks the operating system and the processor: Linux and macOS, on x64 or arm64. */

import { fail } from "./shell.mjs";

export function requirePlatform() {
  const { platform, arch } = process;
  if (platform === "win32") {
    fail(
      "Windows itself is not supported; want Linux or macOS. " +
        'Install the Windows Subsystem for Linux ("wsl --install") and run the same command there',
    );
  }
  if (platform !== "linux" && platform !== "darwin")
    fail(`the system ${platform} is not supported; want Linux or macOS`);
  if (arch !== "x64" && arch !== "arm64") fail(`the processor ${arch} is not supported; want x64 or arm64`);
}
