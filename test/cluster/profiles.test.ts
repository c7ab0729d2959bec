/**
 * @file The profiles and manifests that cannot be run here (Kubernetes, Snakemake 8 and 9): parsed by PyYAML, compared with
 * what was committed, and with each other.
 */

import assert from "node:assert/strict";
import { spawnSync } from "node:child_process";
import * as fs from "node:fs";
import * as path from "node:path";
import { test } from "node:test";
import { projectRoot } from "../../src/util/project-root";
import { golden } from "../support/reference";

const CLUSTER = path.join(projectRoot(), "src", "cluster");
const FILES = [
  "kubernetes/class-it-claim.yaml",
  "kubernetes/config.v8+.yaml",
  "local/config.yaml",
  "slurm/config.v8+.yaml",
  "slurm/config.yaml",
];

const PARSE = `
import json, sys, yaml
print(json.dumps({name: yaml.safe_load(open(sys.argv[1] + "/" + name)) for name in sys.argv[2:]}))
`;
const parsed = spawnSync("python3", ["-c", PARSE, path.join(CLUSTER, "profiles"), ...FILES], { encoding: "utf8" });
const skip = parsed.status === 0 ? false : "python3 with PyYAML is not there (Snakemake brings it)";

interface Profile {
  [key: string]: unknown;
  "container-image": string;
  "kubernetes-persistent-volumes": string[];
  "default-storage-prefix": string;
  "default-resources": Record<string, string>;
  cluster: string;
}

interface Claim {
  metadata: { name: string };
  spec: { accessModes: string[] };
}

test("profiles and manifests are the committed ones", { skip }, () => {
  assert.deepEqual(JSON.parse(parsed.stdout), golden("cluster/profiles.json"));
});

test("every profile is in the list", () => {
  const found = fs.readdirSync(path.join(CLUSTER, "profiles"), { recursive: true }).map(String);
  assert.deepEqual(found.filter((name) => name.endsWith(".yaml")).sort(), FILES);
});

test("image, claim and warning time are the same wherever they are written", { skip }, () => {
  const files = JSON.parse(parsed.stdout) as Record<string, unknown>;
  const kubernetes = files["kubernetes/config.v8+.yaml"] as Profile;
  const claim = files["kubernetes/class-it-claim.yaml"] as Claim;
  const built = /--tag (\S+) /.exec(fs.readFileSync(path.join(CLUSTER, "Dockerfile"), "utf8"))?.[1];
  assert.equal(kubernetes["container-image"], `${built}:latest`);
  const [volume, mount] = kubernetes["kubernetes-persistent-volumes"][0].split(":");
  assert.equal(volume, claim.metadata.name);
  assert.ok(kubernetes["default-storage-prefix"].startsWith(`${mount}/`));
  assert.deepEqual(claim.spec.accessModes, ["ReadWriteMany"]);
  const seven = files["slurm/config.yaml"] as Profile;
  const eight = files["slurm/config.v8+.yaml"] as Profile;
  const warned = (text: string) => Number(/--signal=(?:B:)?TERM@(\d+)/.exec(text)?.[1]);
  assert.equal(warned(seven.cluster), 120);
  assert.equal(warned(eight["default-resources"].slurm_extra), 120);
});
