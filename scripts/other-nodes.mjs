// Runs the tests beside the sources on the other Node versions that Postrider supports: the image is for 24, and 20 has reached its end of
// life. The tests that start processes run on the Node that everything else runs on.

import { spawnSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, renameSync, rmSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const VERSIONS = ["22.23.5", "24.22.3"];

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const cache = join(root, "node_modules", ".cache", "node");

if (process.platform !== "linux") {
  process.stderr.write("other Node versions come from packages for Linux alone; nothing was run\n");
  process.exit(0);
}

for (const version of VERSIONS) {
  const node = provide(version);
  process.stderr.write(`Node ${version}: the tests of packages/\n`);
  run(node, [join(root, "node_modules", "vitest", "vitest.mjs"), "run", "packages", "--reporter=dot"]);
}

/** The path of a Node of this version, from the registry's package of its binary, which npm checks as it does every other. */
function provide(version) {
  const folder = join(cache, version);
  const node = join(folder, "package", "bin", "node");
  if (existsSync(node)) return node;
  mkdirSync(cache, { recursive: true });
  const unpacked = mkdtempSync(join(cache, "unpacking-"));
  const name = `node-linux-${process.arch}`;
  run("npm", ["pack", `${name}@${version}`, "--pack-destination", unpacked, "--silent"]);
  run("tar", ["-xzf", join(unpacked, `${name}-${version}.tgz`), "-C", unpacked]);
  rmSync(join(unpacked, `${name}-${version}.tgz`));
  // In one step, so that a run that is cut off leaves no half of it behind.
  renameSync(unpacked, folder);
  return node;
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, {
    cwd: root,
    env: { ...process.env, NO_COLOR: "1" },
    stdio: ["ignore", "inherit", "inherit"],
  });
  if (error !== undefined) throw error;
  if (status !== 0) process.exit(status ?? 1);
}
