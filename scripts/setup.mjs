// Gets a checkout ready, however fresh it is: dependencies as the lock file says, and the build. Does only what is missing,
// so that every other script can begin with it. Plain JavaScript, since nothing may be installed yet.

import { spawnSync } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync, readdirSync, readFileSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";

const root = dirname(dirname(fileURLToPath(import.meta.url)));
const NODE_MIN = [20, 19];
/** What the console is made of; it takes seconds to build, and is built again only where one of these is new. */
const CONSOLE_SOURCES = ["console", "client/src", "shared/src"];

const [major, minor] = process.versions.node.split(".").map(Number);
if (major < NODE_MIN[0] || (major === NODE_MIN[0] && minor < NODE_MIN[1])) {
  fail(`Node ${NODE_MIN.join(".")} or newer is needed; this is ${process.versions.node}`);
}

installDependencies();
build();
buildConsole();

function installDependencies() {
  const digest = createHash("sha256")
    .update(readFileSync(join(root, "package-lock.json")))
    .digest("hex");
  const stamp = join(root, "node_modules", ".postrider-installed");
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  say("installing dependencies");
  run("npm", ["ci", "--no-audit", "--no-fund", "--loglevel=error"]);
  writeFileSync(stamp, digest);
}

function build() {
  run(process.execPath, [join(root, "node_modules", "typescript", "bin", "tsc"), "-b", ...packages()]);
}

function buildConsole() {
  const folder = join(root, "packages", "console");
  const dist = join(folder, "dist");
  const stamp = join(dist, ".built-from");
  const digest = digestConsole();
  if (existsSync(stamp) && readFileSync(stamp, "utf8") === digest) return;
  // Beside the old one until it is whole: somebody may be serving that, and others may be building as well.
  const fresh = join(folder, `dist-${process.pid}`);
  const config = join(folder, "vite.config.ts");
  run(process.execPath, [
    join(root, "node_modules", "vite", "bin", "vite.js"),
    "build",
    "--config",
    config,
    "--outDir",
    fresh,
  ]);
  writeFileSync(join(fresh, ".built-from"), digest);
  rmSync(dist, { recursive: true, force: true });
  renameSync(fresh, dist);
}

function digestConsole() {
  const hash = createHash("sha256").update(readFileSync(join(root, "package-lock.json")));
  for (const source of CONSOLE_SOURCES) {
    const folder = join(root, "packages", source);
    for (const name of readdirSync(folder, { recursive: true }).sort())
      if (/\.(?:tsx?|css|html|svg)$/.test(name) && !/\.test\.ts$|^dist|^node_modules/.test(name))
        hash.update(`${name}\0`).update(readFileSync(join(folder, name)));
  }
  return hash.digest("hex");
}

function packages() {
  const { references } = JSON.parse(readFileSync(join(root, "tsconfig.json"), "utf8"));
  return references.map(({ path }) => path).filter((path) => path.startsWith("packages/"));
}

function run(command, args) {
  const { status, error } = spawnSync(command, args, { cwd: root, stdio: ["ignore", "inherit", "inherit"] });
  if (error !== undefined) fail(`${command} could not be started: ${error.message}`);
  if (status !== 0) process.exit(status ?? 1);
}

function say(text) {
  process.stderr.write(`setup: ${text}\n`);
}

function fail(text) {
  say(text);
  process.exit(1);
}
