// What people start to try Postrider leaves neither process nor directory behind, however it ends.

import { existsSync } from "node:fs";
import { mkdtemp, readdir, readFile, rm } from "node:fs/promises";
import { createServer } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { expect, test } from "vitest";
import { eventually } from "../support/eventually.ts";
import { postrider, ROOT, startProcess } from "../support/processes.ts";

/** All processes below one, as Linux tells them. */
async function descendantsOf(pid: number): Promise<number[]> {
  const text = await readFile(`/proc/${pid}/task/${pid}/children`, "utf8").catch(() => "");
  const children = text.split(" ").filter(Boolean).map(Number);
  return [...children, ...(await Promise.all(children.map(descendantsOf))).flat()];
}

function isAlive(pid: number): boolean {
  return existsSync(`/proc/${pid}`);
}

test.skipIf(process.platform !== "linux").each(["SIGTERM", "SIGHUP", "SIGKILL"] as const)(
  "the demo that gets %s takes all with it",
  async (signal) => {
    const directory = await mkdtemp(join(tmpdir(), "postrider-test-"));
    await using demo = startProcess(
      process.execPath,
      ["--conditions=@postrider/source", "--import", "tsx", join(ROOT, "demo/main.ts"), String(process.pid)],
      { TMPDIR: directory },
    );
    await demo.waitForOutput(/two workers/);
    const processes = await descendantsOf(demo.pid);
    // Redis with its two shells, the receiver, two workers.
    expect(processes.length).toBeGreaterThanOrEqual(6);

    demo.kill(signal);
    await demo.exited;

    await eventually(() => expect(processes.filter(isAlive)).toEqual([]));
    // Who is killed cannot clean up; but Redis' directory is its supervisor's to remove.
    const left = (await readdir(directory)).filter((name) => !name.startsWith("tsx-"));
    expect(left.filter((name) => signal !== "SIGKILL" || !name.startsWith("postrider-demo-"))).toEqual([]);
    await rm(directory, { recursive: true, force: true });
  },
  180_000,
);

test.skipIf(process.platform !== "linux").each(["SIGTERM", "SIGKILL"] as const)(
  "npm start that gets %s takes all with it",
  async (signal) => {
    await using npm = startProcess("npm", ["start", "--", "--redis-port", String(await findFreePort())], {
      POSTRIDER_METRICS_PORT: "0",
    });
    await npm.waitForOutput(/worker ready/);
    const processes = await descendantsOf(npm.pid);

    npm.kill(signal);

    await eventually(() => expect(processes.filter(isAlive)).toEqual([]));
  },
  180_000,
);

test("postrider up names what to do when its port is taken, and starts nothing", async () => {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };

  const up = await postrider(["up", "--redis-port", String(port)], { POSTRIDER_METRICS_PORT: "0" });

  expect(up).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(
      new RegExp(
        `port ${port} is taken.*POSTRIDER_REDIS_URL=redis://127.0.0.1:${port}.*--redis-port ${port + 1}`,
      ),
    ),
  });
  expect(up.stderr).not.toMatch(/\n\s+at /);
  server.close();
});

async function findFreePort(): Promise<number> {
  const server = createServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  await new Promise((resolve) => server.close(resolve));
  return port;
}
