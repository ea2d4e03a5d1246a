// Redis over TLS, with certificates of an authority that nobody knows but who is told of it.

import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { startRedisServer } from "@postrider/cli/redis/redis-server";
import { createProducer } from "@postrider/producer/producer";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Authority, createAuthority, hasOpenssl } from "../support/certificates.ts";
import { startCluster, type TlsFiles, toTlsSettings } from "../support/cluster.ts";
import { run } from "../support/command-line.ts";
import { eventually } from "../support/eventually.ts";
import { keyPrefix } from "../support/key-prefix.ts";
import { closedPort } from "../support/network.ts";
import { redisBinary } from "../support/redis.ts";
import { startSentinel } from "../support/sentinel.ts";
import { customers, startSystem } from "../support/system.ts";

describe.skipIf(!hasOpenssl())("with openssl", () => {
  let authority: Authority;
  let files: TlsFiles;

  beforeAll(() => {
    authority = createAuthority();
    files = issue("server", "IP:127.0.0.1,DNS:redis.example");
  });

  afterAll(() => authority[Symbol.dispose]());

  function issue(name: string, alternatives: string): TlsFiles {
    const { cert, key } = authority.issue(alternatives, { name });
    const paths = { ca: join(authority.directory, "ca.pem"), ...toPaths(name) };
    writeFileSync(paths.cert, cert);
    writeFileSync(paths.key, key);
    return paths;
  }

  function toPaths(name: string) {
    return { cert: join(authority.directory, `${name}.crt`), key: join(authority.directory, `${name}.pem`) };
  }

  async function startTlsServer(asksForCertificates: boolean) {
    const port = await closedPort();
    const settings = [
      ...toTlsSettings(port, files),
      "--tls-auth-clients",
      asksForCertificates ? "yes" : "no",
    ];
    const server = await startRedisServer({ binary: redisBinary(), settings });
    return {
      url: `rediss://127.0.0.1:${port}`,
      port,
      [Symbol.asyncDispose]: () => server.stop(),
    };
  }

  test("producer, worker and command line with the authority and a certificate of their own", async () => {
    await using redis = await startTlsServer(true);
    const own = issue("postrider", "DNS:postrider.example");
    const access = { redisTlsCa: own.ca, redisTlsCert: own.cert, redisTlsKey: own.key };
    const environment = {
      POSTRIDER_REDIS_TLS_CA: own.ca,
      POSTRIDER_REDIS_TLS_CERT: own.cert,
      POSTRIDER_REDIS_TLS_KEY: own.key,
    };
    await using system = await startSystem(undefined, { redis: redis.url, keyPrefix, ...access });
    await system.apply();
    await system.startWorker(environment);
    await system.producer.enqueueMany({ action: "a", customers: customers(20), run: "r" });
    await system.untilEnded("r");
    expect(system.receiver.byKey().size).toBe(20);
    const shown = await run(["runs", "show", "r", "--json"], {
      POSTRIDER_REDIS_URL: redis.url,
      POSTRIDER_KEY_PREFIX: keyPrefix,
      ...environment,
    });
    expect(JSON.parse(shown.stdout)).toMatchObject({ delivered: 20 });

    await expect(createProducer({ redis: redis.url, redisTlsCa: own.ca })).rejects.toMatchObject({
      code: "redis_unavailable",
    });
  });

  test("a certificate of a stranger, or for another name, is refused and told", async () => {
    await using redis = await startTlsServer(false);
    await expect(createProducer({ redis: redis.url })).rejects.toMatchObject({
      code: "redis_unavailable",
      message: expect.stringContaining("certificate"),
    });
    const access = { redis: redis.url, redisTlsCa: files.ca };
    await expect(createProducer({ ...access, redisTlsServername: "other.example" })).rejects.toMatchObject({
      code: "redis_unavailable",
      message: expect.stringContaining("other.example"),
    });
    const named = await createProducer({ ...access, redisTlsServername: "redis.example" });
    await named.close();
    await expect(createProducer({ redis: redis.url, redisTlsCa: "/nowhere" })).rejects.toMatchObject({
      code: "settings_invalid",
      message: expect.stringContaining("POSTRIDER_REDIS_TLS_CA"),
    });
  });

  test("Sentinels, and the Redis that they name", async () => {
    await using redis = await startTlsServer(false);
    await using sentinel = await startSentinel(redis.port, files);
    const access = { redisTlsCa: files.ca };
    const producer = await createProducer({ redis: sentinel.url, keyPrefix: `${keyPrefix}-s`, ...access });
    expect(await producer.runs.list(1)).toEqual([]);
    await producer.close();
    await expect(createProducer({ redis: sentinel.url })).rejects.toMatchObject({
      code: "redis_unavailable",
    });
  });

  test("a Cluster whose servers know each other by address", async () => {
    await using cluster = await startCluster({ replicas: 0, tls: files });
    const access = { redisTlsCa: files.ca, redisTlsServername: "redis.example" };
    await using system = await startSystem(undefined, {
      redis: cluster.url,
      keyPrefix,
      shards: 3,
      ...access,
    });
    await system.apply();
    await system.startWorker({
      POSTRIDER_REDIS_TLS_CA: files.ca,
      POSTRIDER_REDIS_TLS_SERVERNAME: "redis.example",
    });
    await system.producer.enqueueMany({ action: "a", customers: customers(60), run: "r" });
    await system.untilEnded("r");
    await eventually(() => expect(system.receiver.byKey().size).toBe(60));
  });
});
