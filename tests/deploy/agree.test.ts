// What the image, Compose and the chart say agrees with the code that they run.

import { execFileSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { GLOBAL_UNICAST_IPV6, METADATA_NETWORKS, RANGES } from "@postrider/shared/address-ranges";
import { parseApiTokens } from "@postrider/shared/api-token";
import { isInside, type Network, parseNetwork } from "@postrider/shared/network";
import { isRedisUrls } from "@postrider/shared/redis-url";
import { readSettings } from "@postrider/shared/settings/read-settings";
import { expect, test } from "vitest";
import { parse } from "yaml";
import { findOnPath } from "../../packages/cli/src/redis/redis-server.ts";
import { CHART, DEPLOY } from "../../scripts/manifests.ts";
import { ROOT } from "../support/processes.ts";

interface Service {
  readonly command?: readonly string[];
  readonly environment?: Readonly<Record<string, string>>;
  readonly ports?: readonly string[];
  readonly volumes?: readonly string[];
  readonly stop_grace_period?: string;
  readonly read_only?: boolean;
}

const COMPOSE = join(DEPLOY, "compose.yaml");
/** Made by others than Compose's own files; Docker makes an empty folder of one that is not there. */
const MADE_ELSEWHERE = ["./prometheus", "./grafana"];
const EXTRA_SECONDS = 10;
const TOKEN = "development-token-that-everybody-knows";

const read = (path: string): Promise<string> => readFile(path, "utf8");
const services = async (): Promise<Readonly<Record<string, Service>>> =>
  parse(await read(COMPOSE), { merge: true }).services;
/** `${NAME:-default}` → the default. */
const byDefault = (text: string): string => text.replace(/\$\{\w+:-([^}]*)\}/g, "$1");

test("the image is built of every package, and its dependencies are installed before the code is copied", async () => {
  const dockerfile = await read(join(DEPLOY, "Dockerfile"));
  const [before = ""] = dockerfile.split("RUN npm ci");

  for (const name of readdirSync(join(ROOT, "packages")))
    expect(before).toContain(`COPY packages/${name}/package.json packages/${name}/`);
  expect(dockerfile.match(/POSTRIDER_\w+/g)).toBeNull();
});

test("what Compose sets are settings that API and worker take together", async () => {
  const { api, worker } = await services();
  for (const { environment = {} } of [api!, worker!]) {
    const given = Object.fromEntries(
      Object.entries(environment).map(([name, text]) => [name, byDefault(text)]),
    );
    const settings = readSettings(given);
    expect(settings.redisUrl).toBe("redis://redis:6379");
  }
  const tokens = parseApiTokens(byDefault(api!.environment!["POSTRIDER_API_TOKENS"]!));
  const own = parseApiTokens(JSON.stringify([{ name: "compose", scopes: ["admin"], token: TOKEN }]));
  expect(tokens).toEqual(own);
  expect(await read(join(DEPLOY, "kustomize", "overlays", "dev", "kustomization.yaml"))).toContain(TOKEN);
  expect(await read(join(DEPLOY, "compose", "prometheus.yml"))).toContain(`credentials: ${TOKEN} `);
});

test("Compose opens ports on this machine alone, mounts what is there, and gives each role the time to drain", async () => {
  const all = await services();
  for (const [name, { ports = [], volumes = [] }] of Object.entries(all)) {
    for (const port of ports) expect(port, name).toMatch(/^127\.0\.0\.1:/);
    for (const [path = ""] of volumes.map((volume) => volume.split(":")))
      if (path.startsWith(".") && !MADE_ELSEWHERE.includes(path))
        expect(existsSync(join(DEPLOY, path)), path).toBe(true);
  }
  const graceSeconds = readSettings({}).shutdownGraceMs / 1_000;
  for (const role of ["api", "worker"] as const) {
    expect(Number.parseInt(all[role]!.stop_grace_period!, 10)).toBe(graceSeconds + EXTRA_SECONDS);
    expect(all[role]!.read_only).toBe(true);
  }
  expect(all["redis"]!.command!.join(" ")).toMatch(/--appendonly yes .*--maxmemory-policy noeviction/);
});

test("docker-compose and promtool, where they are, take Compose's files", () => {
  const [compose, promtool] = [["docker-compose"], ["promtool"]].map((names) =>
    findOnPath(names, process.env["PATH"] ?? ""),
  );
  if (compose !== null) execFileSync(compose!, ["-f", COMPOSE, "config", "-q"], { stdio: "pipe" });
  if (promtool !== null)
    execFileSync(promtool!, ["check", "config", "--syntax-only", join(DEPLOY, "compose", "prometheus.yml")]);
});

test("the policy keeps workers from exactly those networks that the guard refuses, and from metadata services", async () => {
  const { exceptIPv4, exceptIPv6 } = parse(await read(join(CHART, "values.yaml"))).networkPolicies.worker;
  const except: Network[] = [...exceptIPv4, ...exceptIPv6].map((text: string) => parseNetwork(text)!);
  const isOut = (network: Network): boolean =>
    network.family === 6 &&
    !isInside(network, GLOBAL_UNICAST_IPV6) &&
    network.bits >= GLOBAL_UNICAST_IPV6.bits;
  const refused = [...RANGES.map(({ network }) => network), ...METADATA_NETWORKS];

  for (const network of refused.filter((one) => !isOut(one)))
    expect(except.some((wider) => wider.bits <= network.bits && isInside(network, wider))).toBe(true);
  for (const network of except)
    expect(refused.some((wider) => wider.bits <= network.bits && isInside(network, wider))).toBe(true);
});

test("the chart takes the Redis URLs that the processes take, but for passwords, which belong in a Secret", async () => {
  const schema = JSON.parse(await read(join(CHART, "values.schema.json")));
  const pattern = new RegExp(schema.properties.redis.properties.url.pattern);
  for (const url of [
    "redis://redis:6379",
    "rediss://r.example/1",
    "redis+sentinel://a:26379,b:26379/main",
    "rediss+cluster://a:6379,b:6379",
    "redis://one:6379 redis://two:6379",
  ])
    expect([pattern.test(url), isRedisUrls(url)]).toEqual([true, true]);
  for (const url of ["http://redis", "redis", "redis://one http://two"])
    expect([pattern.test(url), isRedisUrls(url)]).toEqual([false, false]);
  expect(pattern.test("redis://:secret@redis:6379")).toBe(false);
});

test("what workers are scaled by is a metric that there is", async () => {
  const scaled = await read(join(DEPLOY, "kustomize", "components", "keda", "resources.yaml"));
  const known = await read(join(ROOT, "docs", "metrics.md"));
  const named = [...scaled.matchAll(/postrider_\w+/g)].map(([name]) => name);

  expect(new Set(named).size).toBeGreaterThan(2);
  for (const name of named) expect(known).toContain(`| \`${name}\` |`);
});
