import { expect, test } from "vitest";
import { readSettings, toEnvironmentName } from "./read-settings.ts";
import { settingsSchema } from "./settings.ts";

test("every setting has a default and a description", () => {
  expect(readSettings({})).toMatchObject({
    concurrency: 100,
    lanes: ["transactional", "bulk"],
    metricsPort: 9464,
  });
  for (const [name, schema] of Object.entries(settingsSchema.shape))
    expect(schema.description, name).toBeTypeOf("string");
});

test("names follow from the settings", () => {
  expect(["redisUrl", "lockMs", "shutdownGraceMs"].map(toEnvironmentName)).toEqual([
    "POSTRIDER_REDIS_URL",
    "POSTRIDER_LOCK_MS",
    "POSTRIDER_SHUTDOWN_GRACE_MS",
  ]);
});

test("all problems are told at once, and an unknown name gets the nearest known one", () => {
  const read = () =>
    readSettings({
      POSTRIDER_CONCURENCY: "5",
      POSTRIDER_LOCK_MS: "soon",
      POSTRIDER_LANES: "Bulk!",
      OTHER: "x",
    });

  expect(read).toThrow(/POSTRIDER_CONCURENCY: .*did you mean POSTRIDER_CONCURRENCY\?/);
  expect(read).toThrow(/POSTRIDER_LOCK_MS: must be a whole number/);
  expect(read).toThrow(/POSTRIDER_LANES: .*Bulk!/);
});

test("a claim so short that a late renewal would be too late is refused", () => {
  expect(() => readSettings({ POSTRIDER_LOCK_MS: "1999" })).toThrow(
    /POSTRIDER_LOCK_MS: must be a whole number from 2000/,
  );
  expect(readSettings({ POSTRIDER_LOCK_MS: "2000" }).lockMs).toBe(2_000);
});

test("an empty variable means the default", () => {
  expect(readSettings({ POSTRIDER_CONCURRENCY: "" }).concurrency).toBe(100);
});

test.each(["99999", "-1", "0x10", "1e3", "1.5", " 80", "65536", "Infinity"])(
  "%j is no port, and the message says what is",
  (text) => {
    expect(() => readSettings({ POSTRIDER_METRICS_PORT: text })).toThrow(
      /^the settings are not valid:\nPOSTRIDER_METRICS_PORT: must be a whole number from 0 to 65535$/,
    );
  },
);

test.each(["localhost:6379", "http://127.0.0.1", "redis://a b", "redis://host:99999"])(
  "%j is no Redis URL",
  (text) => {
    expect(() => readSettings({ POSTRIDER_REDIS_URL: text })).toThrow(/POSTRIDER_REDIS_URL: must be a URL/);
  },
);

test("a password of Sentinels that is not percent-encoded is refused, and not told", () => {
  const read = () => readSettings({ POSTRIDER_REDIS_URL: "redis+sentinel://user:pl4/nted@h/name" });

  expect(read).toThrow(
    /^the settings are not valid:\nPOSTRIDER_REDIS_URL: must be a URL .* percent-encoded$/,
  );
});

test.each([
  ["POSTRIDER_ALLOW_NETWORKS", "10.0.0.0/8, fd00::/8", { allowNetworks: ["10.0.0.0/8", "fd00::/8"] }],
  ["POSTRIDER_DENY_NETWORKS", "", { denyNetworks: [] }],
  [
    "POSTRIDER_ALLOW_HOSTS",
    "API.example.com,*.example.org",
    { allowHosts: ["api.example.com", "*.example.org"] },
  ],
  ["POSTRIDER_ALLOW_HOSTS", "", { allowHosts: undefined }],
  ["POSTRIDER_ALLOW_PORTS", "443,8000-8999", { allowPorts: ["443", "8000-8999"] }],
  ["POSTRIDER_HTTPS_ONLY", "true", { httpsOnly: true }],
  ["POSTRIDER_HTTPS_ONLY", "", { httpsOnly: false }],
  [
    "POSTRIDER_DNS_SERVERS",
    "10.0.0.2, 10.0.0.3:5353,[fd00::2]:53",
    { dnsServers: ["10.0.0.2", "10.0.0.3:5353", "[fd00::2]:53"] },
  ],
  ["POSTRIDER_EGRESS_PROXY", "http://u:p@proxy:3128", { egressProxy: "http://u:p@proxy:3128" }],
])("%s=%s", (name, text, settings) => {
  expect(readSettings({ [name]: text })).toMatchObject(settings);
});

test.each([
  ["POSTRIDER_ALLOW_NETWORKS", "10.0.0.0/8,10.0.0.1/8", /"10\.0\.0\.1\/8" is no network/],
  ["POSTRIDER_DENY_NETWORKS", "localhost", /"localhost" is no network/],
  ["POSTRIDER_ALLOW_HOSTS", "https://h", /"https:\/\/h" is no host pattern/],
  ["POSTRIDER_ALLOW_PORTS", "http", /"http" is no port/],
  ["POSTRIDER_HTTPS_ONLY", "yes", /must be true or false/],
  ["POSTRIDER_DNS_SERVERS", "dns.example", /"dns.example" is no name server/],
  ["POSTRIDER_EGRESS_PROXY", "socks5://proxy", /must be a URL such as http/],
  ["POSTRIDER_EGRESS_PROXY", "http://user:50%@proxy", /percent-encoded/],
])("%s=%s is refused", (name, text, message) => {
  expect(() => readSettings({ [name]: text })).toThrow(message);
});
