// `npm run test:image`: builds the image as a release does, runs API and worker from it as Kubernetes does
// (not root, read-only, no capabilities) beside a Redis container, delivers through them, and stops them. All
// containers share one network namespace that has loopback alone, so that no port of this machine is opened.

import assert from "node:assert/strict";
import { chmodSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { eventually } from "../support/eventually.ts";
import { ROOT } from "../support/processes.ts";
import { provideBases } from "./bases.ts";
import { type Docker, provideDocker } from "./docker.ts";

const LABEL = `postrider.test=${process.pid}`;
const IMAGE = `postrider-test:${process.pid}`;
const TOKEN = "image-test-token-0123456789abcdef";
const COUNT = 200;
/** Those that are in flight when the worker is told to stop, each answered after a second. */
const SLOW = 10;
const STOP_SECONDS = "40";
const SETTINGS = {
  POSTRIDER_REDIS_URL: "redis://127.0.0.1:6379",
  POSTRIDER_API_TOKENS: JSON.stringify([{ name: "test", scopes: ["admin"], token: TOKEN }]),
  POSTRIDER_ALLOW_NETWORKS: "127.0.0.0/8",
};
const RECEIVER = `
require("node:http").createServer((request, response) => {
  console.log(request.url + " " + request.headers["idempotency-key"]);
  setTimeout(() => response.end("ok"), request.url === "/slow" ? 1000 : 0);
}).listen(9000, "127.0.0.1");
process.on("SIGTERM", () => process.exit());
`;

/** All files of the image; what the kernel shows beside them is none of it. */
const LIST = `
const { readdirSync, statSync } = require("node:fs");
for (const top of readdirSync("/"))
  if (!["proc", "sys", "dev"].includes(top) && statSync("/" + top).isDirectory())
    for (const name of readdirSync("/" + top, { recursive: true })) console.log(top + "/" + name);
`;

const say = (line: string): void => console.log(`test:image: ${line}`);

/** What a file system that cannot be written to, an unprivileged user and a restricted container leave. */
const RESTRICTED = ["--read-only", "--cap-drop", "ALL", "--security-opt", "no-new-privileges", "-m", "512m"];

async function build(docker: Docker): Promise<{ readonly redis: string }> {
  const bases = await provideBases(docker, say);
  say("building");
  const args = [`NODE_IMAGE=${bases.node}`, "VERSION=0.0.0-test", "REVISION=test"];
  const given = args.flatMap((arg) => ["--build-arg", arg]);
  const files = ["--file", join(ROOT, "deploy", "Dockerfile")];
  // Where a daemon has no bridge, a build reaches npm's registry by the machine's own network alone.
  await docker.ask(["build", "--network", "host", ...files, ...given, "--tag", IMAGE, ROOT]);
  return bases;
}

async function inspect(docker: Docker): Promise<void> {
  const [image] = JSON.parse(await docker.ask(["image", "inspect", IMAGE]));
  const { User, Entrypoint, Healthcheck, Labels, Env } = image.Config;
  assert.equal(User, "1000:1000");
  assert.deepEqual(Entrypoint, ["postrider"]);
  assert.deepEqual(Healthcheck.Test, ["CMD", "healthcheck"]);
  assert.equal(Labels["org.opencontainers.image.version"], "0.0.0-test");
  assert.equal(Labels["org.opencontainers.image.licenses"], "MIT");
  assert.ok(!JSON.stringify(Env).includes("CERT"), "nothing of the build's environment is left");
  const script = [
    "run",
    "--rm",
    "--network",
    "none",
    "--label",
    LABEL,
    "--entrypoint",
    "node",
    IMAGE,
    "-e",
    LIST,
  ];
  const listing = await docker.ask(script);
  const files = listing.split("\n");
  const superfluous =
    /(^|\/)(sh|bash|npm|apt|dpkg)$|\.map$|\.d\.ts$|^app\/node_modules\/(typescript|vitest|tsx)\//;
  assert.deepEqual(
    files.filter((name) => superfluous.test(name) && !/^(var|etc)\//.test(name)),
    [],
  );
  assert.deepEqual(
    files.filter((name) => /^app\/packages\/[^/]+\/src(\/|$)|\.test\.js$/.test(name)),
    [],
  );
  const layers = (await docker.ask(["history", "--no-trunc", "--format", "{{.Size}}", IMAGE])).split("\n");
  say(
    `image: ${(image.Size / 1e6).toFixed(1)} MB unpacked, in layers of ${layers.filter((size) => size !== "0B").join(" and ")}`,
  );
}

async function deliver(docker: Docker, redisImage: string, data: string): Promise<void> {
  const name = (role: string): string => `postrider-test-${process.pid}-${role}`;
  const common = ["--label", LABEL, "--pull", "never"];
  const redis = ["redis-server", "--bind", "127.0.0.1", "--appendonly", "yes", "--dir", "/tmp"];
  await docker.ask([
    "run",
    "-d",
    ...common,
    "--name",
    name("redis"),
    "--network",
    "none",
    redisImage,
    ...redis,
  ]);
  const beside = [...common, "--network", `container:${name("redis")}`];
  const settings = Object.entries(SETTINGS).flatMap(([key, value]) => ["-e", `${key}=${value}`]);
  const start = (role: string, options: readonly string[], args: readonly string[]): Promise<string> =>
    docker.ask(["run", "-d", "--name", name(role), ...beside, ...RESTRICTED, ...options, IMAGE, ...args]);
  const health = ["--health-interval", "1s", "--health-start-period", "0s"];
  await start("receiver", ["--entrypoint", "node", "--no-healthcheck"], ["-e", RECEIVER]);
  for (const role of ["api", "worker"]) await start(role, [...settings, ...health], [role]);
  say("waiting for API and worker to be healthy");
  for (const role of ["api", "worker"]) {
    await eventually(() => docker.ask(["exec", name(role), "healthcheck", "/readyz"]));
    await eventually(async () =>
      assert.equal(await docker.ask(["inspect", "-f", "{{.State.Health.Status}}", name(role)]), "healthy"),
    );
  }
  const write = `require("node:fs").writeFileSync("/app/x", "")`;
  const written = await docker.run(["exec", name("worker"), "node", "-e", write]);
  assert.match(written.stderr, /EROFS|EACCES/, "nothing can be written");
  assert.equal(await docker.ask(["exec", name("worker"), "node", "-p", "process.getuid()"]), "1000");

  const remote = ["-e", "POSTRIDER_URL=http://127.0.0.1:8080", "-e", `POSTRIDER_TOKEN=${TOKEN}`];
  const command = (...args: string[]): Promise<string> =>
    docker.ask([
      "run",
      "--rm",
      ...beside,
      ...RESTRICTED,
      ...remote,
      "-v",
      `${data}:/data:ro`,
      IMAGE,
      ...args,
    ]);
  const received = async (): Promise<string[]> => {
    const { stdout } = await docker.run(["logs", name("receiver")]);
    return stdout
      .trim()
      .split("\n")
      .filter((line) => line !== "");
  };
  await command("actions", "apply", "/data/fast.json", "/data/slow.json");
  await command("enqueue", "fast", "--customers", "/data/many.ndjson", "--run", "many");
  await eventually(async () => assert.equal(new Set(await received()).size, COUNT));
  say(`${COUNT} deliveries went through the API, Redis and the worker`);

  await command("enqueue", "slow", "--customers", "/data/few.ndjson", "--run", "few");
  await eventually(async () => assert.ok((await received()).length > COUNT));
  for (const role of ["worker", "api"]) {
    await docker.ask(["stop", "-t", STOP_SECONDS, name(role)]);
    const ended = await docker.ask(["inspect", "-f", "{{.State.ExitCode}} {{.State.OOMKilled}}", name(role)]);
    const { stdout, stderr } = await docker.run(["logs", "--tail", "20", name(role)]);
    assert.equal(ended, "0 false", `the ${role}'s end:\n${stdout}${stderr}`);
  }
  const all = await received();
  assert.equal(new Set(all).size, all.length, "nothing was sent twice");
  assert.ok(all.length <= COUNT + SLOW);
  say("told to stop by SIGTERM amid deliveries, worker and API ended with exit code 0");
}

function writeLists(folder: string): void {
  const action = (id: string): string =>
    JSON.stringify({ id, url: `http://127.0.0.1:9000/${id}`, body: "{{ customer }}" });
  const customers = (count: number): string =>
    Array.from({ length: count }, (_, index) => JSON.stringify({ id: `c${index}` })).join("\n");
  const files = { "fast.json": action("fast"), "slow.json": action("slow") };
  const lists = { "many.ndjson": customers(COUNT), "few.ndjson": customers(SLOW) };
  for (const [name, text] of Object.entries({ ...files, ...lists }))
    writeFileSync(join(folder, name), text, { mode: 0o644 });
}

async function removeAll(docker: Docker): Promise<void> {
  const left = (await docker.run(["ps", "-aq", "--filter", `label=${LABEL}`])).stdout.trim().split("\n");
  if (left[0] !== "") await docker.run(["rm", "-f", "-v", ...left]);
  await docker.run(["image", "rm", "-f", IMAGE]);
}

async function main(): Promise<void> {
  const docker = await provideDocker();
  say(`Docker: ${docker.source}`);
  // Readable for the container's user, whom mkdtemp would keep out.
  const data = mkdtempSync(join(tmpdir(), "postrider-image-"));
  chmodSync(data, 0o755);
  const told = new Promise<never>((_, reject) => {
    for (const signal of ["SIGINT", "SIGTERM"] as const)
      process.once(signal, () => reject(new Error(`stopped by ${signal}`)));
  });
  told.catch(() => undefined);
  try {
    writeLists(data);
    await Promise.race([
      told,
      (async () => {
        const { redis } = await build(docker);
        await inspect(docker);
        await deliver(docker, redis, data);
      })(),
    ]);
  } finally {
    await removeAll(docker);
    await docker.stop();
    rmSync(data, { recursive: true, force: true });
  }
  say("all is well");
}

await main().catch((error: Error) => {
  say(error.message);
  process.exitCode = 1;
});
// What a signal has cut short would go on for a while with nobody to hear it.
process.exit();
