/**
 * @file A WebGPU adapter in software for tests in Node: Chromium's SwiftShader, where no other Vulkan driver is named.
 *
 * Importing this file sets `VK_DRIVER_FILES` for this process to a description of SwiftShader with the library's absolute path
 * (Chromium's own names it relative to itself). Where the machine has no Vulkan loader, Chromium's is loaded into the
 * process, where Dawn finds it by its name. Dawn's validation is on, so that tests find wrong calls.
 */

import * as fs from "node:fs";
import { createRequire } from "node:module";
import * as os from "node:os";
import * as path from "node:path";
import { findChromium } from "../../../src/notebook/images/browser";

const LIBRARY = "libvk_swiftshader.so";
const LOADER = "libvulkan.so.1";
/** glibc's `RTLD_NODELETE`: the library stays although it is no addon of Node. */
const STAYS = 0x1000;

process.env.CLASS_IT_WEBGPU_VALIDATION = "1";
const chosen = choose();

/** For `skip`: why the tests on a software adapter cannot run here, or false. */
export function softwareAdapterMissing(): string | false {
  return chosen;
}

function choose(): string | false {
  if (process.platform !== "linux") return "the software adapter for WebGPU is looked for on Linux only";
  try {
    createRequire(__filename).resolve("webgpu");
  } catch {
    return 'the optional package "webgpu" is not installed';
  }
  if ((process.env.VK_DRIVER_FILES ?? "") !== "") return false;
  const folder = placesOfChromium().find((folder) => fs.existsSync(path.join(folder, LIBRARY)));
  if (folder === undefined) return `no Chromium with a software adapter (${LIBRARY}) was found`;
  const description = {
    file_format_version: "1.0.0",
    ICD: { library_path: path.join(folder, LIBRARY), api_version: "1.0.5" },
  };
  const scratch = fs.mkdtempSync(path.join(os.tmpdir(), "class-it-vulkan-"));
  process.on("exit", () => fs.rmSync(scratch, { recursive: true, force: true }));
  const file = path.join(scratch, "swiftshader.json");
  fs.writeFileSync(file, JSON.stringify(description));
  process.env.VK_DRIVER_FILES = file;
  load(path.join(folder, LOADER));
  return false;
}

function placesOfChromium(): string[] {
  const program = findChromium();
  const beside = program === null ? [] : [path.dirname(program), path.dirname(fs.realpathSync(program))];
  return [...beside, "/usr/lib/chromium", "/usr/lib/chromium-browser", "/opt/google/chrome"];
}

/** Load a library into this process. Where the machine has its own loader, nothing depends on this. */
function load(file: string): void {
  if (!fs.existsSync(file)) return;
  try {
    process.dlopen({ exports: {} }, file, os.constants.dlopen.RTLD_NOW | STAYS);
  } catch {
    // Node says that it is no addon, and keeps it
  }
}
