// `npm run test:upgrade -- REF`: the build of an earlier commit and this one work side by side on one Redis,
// as during a rolling update and a way back. Without that commit, as in an archive without history, it says
// so.

import assert from "node:assert/strict";
import { execFileSync, spawnSync } from "node:child_process";
import { cpSync, existsSync, mkdirSync, mkdtempSync, readdirSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOnPath, startRedisServer } from "../../packages/cli/src/redis/redis-server.ts";
import { eventually } from "../support/eventually.ts";
import { LOOPBACK } from "../support/network.ts";
import { ROOT, type StartedProcess, startProcess } from "../support/processes.ts";
import { ok, reply, startReceiver } from "../support/receiver.ts";

const COUNT = 300;
const CLI = join("packages", "cli", "bin", "postrider.js");
/** One that the machine has: nothing is installed for this. */
function redisBinary(): string {
  const binary = findOnPath(["redis-server", "valkey-server"], process.env["PATH"] ?? "");
  if (binary === null) throw new Error("there is no redis-server on the PATH: install one, and try again");
  return binary;
}

const say = (line: string): void => console.log(`test:upgrade: ${line}`);

/** The commit to compare with: the argument, or the latest tag; null where there is none. */
function findRef(): string | null {
  const [, , given] = process.argv;
  const tag = given ?? git(["describe", "--tags", "--abbrev=0"]);
  return tag === null ? null : git(["rev-parse", "--verify", "--quiet", `${tag}^{commit}`]);
}

function git(args: readonly string[]): string | null {
  const { status, stdout } = spawnSync("git", [...args], { cwd: ROOT, encoding: "utf8" });
  return status === 0 ? stdout.trim() : null;
}

function copyModules(from: string, to: string): void {
  const [here, there] = [from, to].map((owner) => join(owner, "node_modules"));
  if (existsSync(here!) && existsSync(to)) cpSync(here!, there!, { recursive: true, verbatimSymlinks: true });
}

/** Builds a commit in a folder of its own; its own setup installs what its lock file says. */
function buildEarlier(ref: string, folder: string): void {
  const archive = execFileSync("git", ["archive", "--format=tar", ref], { cwd: ROOT, maxBuffer: 1 << 30 });
  execFileSync("tar", ["-x", "-C", folder], { input: archive });
  // With the same dependencies those that are here spare their download.
  if (git(["diff", "--quiet", ref, "--", "package-lock.json"]) !== null)
    for (const owner of [".", ...readdirSync(join(ROOT, "packages")).map((name) => join("packages", name))])
      copyModules(join(ROOT, owner), join(folder, owner));
  execFileSync("npm", ["run", "--silent", "build"], { cwd: folder, stdio: ["ignore", "inherit", "inherit"] });
}

async function sideBySide(earlier: string, redisUrl: string, folder: string): Promise<void> {
  // A part of the deliveries needs two attempts, so that what one version has begun is retried by the other,
  // too; so small a part that no circuit opens.
  const isRefused = (key: string): boolean => /[0-9]$/.test(key);
  await using receiver = await startReceiver(({ key }, { nth }) =>
    nth === 1 && isRefused(key) ? reply(503) : ok(),
  );
  const environment = {
    ...LOOPBACK,
    POSTRIDER_REDIS_URL: redisUrl,
    POSTRIDER_KEY_PREFIX: "upgrade",
    POSTRIDER_METRICS_PORT: "0",
  };
  const start = (root: string, ...args: string[]): StartedProcess =>
    startProcess(process.execPath, [join(root, CLI), ...args], environment);
  const command = async (root: string, ...args: string[]): Promise<string> => {
    await using child = start(root, ...args);
    child.endInput();
    const { code } = await child.exited;
    assert.equal(code, 0, `postrider ${args.join(" ")}\n${child.stdout}${child.stderr}`);
    return child.stdout;
  };
  const startWorker = async (root: string): Promise<StartedProcess> => {
    const worker = start(root, "worker");
    await worker.waitForOutput(/worker ready/);
    return worker;
  };
  const stop = async (worker: StartedProcess): Promise<void> => {
    worker.kill("SIGTERM");
    assert.deepEqual(await worker.exited, { code: 0, signal: null });
  };
  const enqueue = (root: string, run: string, ...more: string[]): Promise<string> =>
    command(
      root,
      "enqueue",
      "a",
      "--customers",
      join(folder, "customers.ndjson"),
      "--run",
      run,
      "--json",
      ...more,
    );
  const untilDelivered = (root: string, run: string): Promise<void> =>
    eventually(async () => {
      const { delivered, failed } = JSON.parse(await command(root, "runs", "show", run, "--json"));
      assert.deepEqual({ delivered, failed }, { delivered: COUNT, failed: 0 });
    });

  const retry = { attempts: 3, baseMs: 50, factor: 1, maxMs: 50 };
  const action = { id: "a", url: `${receiver.url}/x`, body: "{{ customer }}", retry };
  writeFileSync(join(folder, "action.json"), JSON.stringify(action));
  const customers = Array.from({ length: COUNT }, (_, index) => JSON.stringify({ id: `c${index}` }));
  writeFileSync(join(folder, "customers.ndjson"), customers.join("\n"));

  await command(earlier, "actions", "apply", join(folder, "action.json"));
  let [old, present] = [await startWorker(earlier), await startWorker(ROOT)];
  for (const [root, run] of [
    [earlier, "by-earlier"],
    [ROOT, "by-present"],
  ] as const)
    await enqueue(root, run);
  for (const run of ["by-earlier", "by-present"])
    for (const root of [earlier, ROOT]) await untilDelivered(root, run);
  const again = JSON.parse((await enqueue(ROOT, "by-earlier")).trim().split("\n").at(-1) ?? "");
  assert.deepEqual([again.enqueued, again.duplicates], [0, COUNT], "the same ids from both");
  say("side by side: each delivered what the other had enqueued, and knew its deliveries");

  await enqueue(earlier, "left", "--hold");
  await stop(old);
  await command(ROOT, "runs", "release", "left");
  await untilDelivered(ROOT, "left");
  say("forward: the present one delivered what the earlier one had left behind");

  await enqueue(ROOT, "back", "--hold");
  await stop(present);
  old = await startWorker(earlier);
  await command(earlier, "runs", "release", "back");
  await untilDelivered(earlier, "back");
  await stop(old);
  present = await startWorker(ROOT);
  await stop(present);
  say("and back: the earlier one delivered what the present one had left behind");
  assert.ok([...receiver.byKey().keys()].some(isRefused));
  const wrong = [...receiver.byKey()].filter(([key, { length }]) => length !== (isRefused(key) ? 2 : 1));
  assert.deepEqual(
    [receiver.byKey().size, wrong],
    [4 * COUNT, []],
    "each was sent as often as it was refused, and once more",
  );
}

async function main(): Promise<void> {
  const ref = findRef();
  if (ref === null)
    return say("there is no earlier commit here (name one: npm run test:upgrade -- REF); nothing was tried");
  const folder = mkdtempSync(join(tmpdir(), "postrider-upgrade-"));
  const earlier = join(folder, "earlier");
  mkdirSync(earlier);
  try {
    say(`building ${ref}`);
    buildEarlier(ref, earlier);
    const redis = await startRedisServer({ binary: redisBinary() });
    try {
      await sideBySide(earlier, redis.url, folder);
    } finally {
      await redis.stop();
    }
  } finally {
    rmSync(folder, { recursive: true, force: true });
  }
  say("all is well");
}

await main().catch((error: Error) => {
  say(error.message);
  process.exitCode = 1;
});
