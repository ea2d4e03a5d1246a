// What single values of the chart come to, and which it refuses.

import { readSettings } from "@postrider/shared/settings/read-settings";
import { beforeAll, expect, test } from "vitest";
import { type KubernetesTools, provideKubernetesTools } from "../../scripts/kubernetes-tools.ts";
import { type Manifest, renderChart } from "../../scripts/manifests.ts";
import { MATRIX } from "./matrix.ts";
import { containersOf, type Pod, podOf } from "./pod-security.ts";

/** What comes out of the Secret, without which a role says what it lacks. */
const BY_SECRET = {
  POSTRIDER_REDIS_URL: "redis://redis:6379",
  POSTRIDER_API_TOKENS: "[]",
  POSTRIDER_SECRET_KEYS: "",
  POSTRIDER_EGRESS_PROXY: "",
};

let tools: KubernetesTools | null;

beforeAll(async () => {
  tools = await provideKubernetesTools();
});

const render = (name: string): Promise<Manifest[]> => renderChart(tools!, MATRIX[name]!);
const podsOf = async (name: string): Promise<Pod[]> =>
  (await render(name)).map(podOf).filter((pod) => pod !== null);

test("numbers and switches of a file of values get to the processes as what they read", async () => {
  if (tools === null) return;
  for (const pod of await podsOf("settings")) {
    const env = containersOf(pod).flatMap((container) => container.env ?? []);
    const given = Object.fromEntries(env.map(({ name, value = "" }) => [name, value]));
    const isApi = given["POSTRIDER_API_PORT"] !== undefined;
    expect(readSettings({ ...given, ...BY_SECRET })).toMatchObject({
      apiBodyBytesMax: 5_000_000,
      tracesRatio: 0.1,
      tracesPropagate: !isApi,
    });
  }
});

test("the canary is told where the Service is, and let through to the API's pods", async () => {
  if (tools === null) return;
  const canary = await render("canary");
  const text = JSON.stringify(canary);
  const [service] = canary.filter(
    ({ kind, metadata }) => kind === "Service" && metadata.name === "postrider-api",
  ) as unknown as [{ spec: { ports: [{ port: number }] } }];
  const url = `http://postrider-api.postrider.svc:${service.spec.ports[0].port}`;
  const policies = canary.filter(({ kind }) => kind === "NetworkPolicy") as unknown as Policy[];
  const labels = (role: string) => ({
    podSelector: { matchLabels: expect.objectContaining({ "app.kubernetes.io/component": role }) },
  });

  expect(text).toContain(JSON.stringify({ name: "POSTRIDER_CANARY_URL", value: url }));
  expect(policies[0]!.spec.ingress[0]!.from).toEqual([{ podSelector: {} }, labels("worker")]);
  expect(policies[1]!.spec.egress.at(-1)).toEqual({
    to: [labels("api")],
    ports: [{ port: 8080, protocol: "TCP" }],
  });
});

interface Policy {
  readonly spec: {
    readonly ingress: readonly { readonly from?: readonly unknown[] }[];
    readonly egress: readonly unknown[];
  };
}

test("what is given beside settings gets to where it belongs", async () => {
  if (tools === null) return;
  const own = await render("more of one's own");
  const text = JSON.stringify(own);
  for (const pod of own.map(podOf).filter((one) => one !== null)) {
    const mounts = containersOf(pod).flatMap(({ volumeMounts = [] }) => volumeMounts);
    const volumes = (pod.volumes ?? []).map(({ name }) => name);
    expect(mounts.map(({ name }) => name)).toEqual(volumes);
    expect(volumes).toContain("ca");
  }
  expect(text).toContain(`{"name":"OTEL_EXPORTER_OTLP_HEADERS","valueFrom":{"secretKeyRef":`);
  expect(text).toContain(`"tlsConfig":{"serverName":"api.example"}`);
  expect(text).toContain("https://wiki.example/runbook#");
  expect(text).not.toContain("postrider.example");
  const scaled = JSON.stringify(await render("workers alone, of one lane"));
  expect(scaled).toContain(String.raw`lane=~\"transactional\"`);
});

test.each([
  ["worker.shutdownGraceMs=soon", "shutdownGraceMs"],
  ["redis.url=http://redis", "url"],
  ["worker.concurency=5", "concurency"],
  ["keda.minReplicas=0", "minReplicas"],
  ["api.ingress.enabled=true", "host"],
  ["worker.env.POSTRIDER_SHUTDOWN_GRACE_MS=5", "POSTRIDER_SHUTDOWN_GRACE_MS"],
  ["api.extraEnv[0].name=POSTRIDER_LANES", "POSTRIDER_LANES"],
  ["canary.enabled=true", "POSTRIDER_ALLOW_NETWORKS"],
])("the chart refuses %s by name", async (value, named) => {
  if (tools === null) return;
  await expect(renderChart(tools, [value])).rejects.toThrow(named);
});
