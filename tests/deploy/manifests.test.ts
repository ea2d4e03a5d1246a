// Every object that the chart and kustomize make, over a matrix of values: valid for Kubernetes, restricted,
// of settings that exist, and the same from both.

import { readFile } from "node:fs/promises";
import { join } from "node:path";
import { toEnvironmentName } from "@postrider/shared/settings/read-settings";
import { settingsSchema } from "@postrider/shared/settings/settings";
import { beforeAll, expect, test } from "vitest";
import { type KubernetesTools, provideKubernetesTools } from "../../scripts/kubernetes-tools.ts";
import {
  CHART,
  chartRules,
  DEPLOY,
  type Manifest,
  parseManifests,
  renderChart,
  renderKustomize,
} from "../../scripts/manifests.ts";
import { checkManifests } from "./check-manifests.ts";
import { MATRIX } from "./matrix.ts";
import { containersOf, findBreaches, type Pod, podOf } from "./pod-security.ts";

const OVERLAYS = ["dev", "production"];

let tools: KubernetesTools | null;
/** Where each came from → the objects. */
const rendered = new Map<string, readonly Manifest[]>();

beforeAll(async () => {
  tools = await provideKubernetesTools();
  if (tools === null) {
    console.log("helm and kubectl come for Linux on x64 alone: only what is committed is looked at");
    for (const folder of ["base", "components/network-policies", "components/monitoring", "components/keda"])
      rendered.set(
        folder,
        parseManifests(await readFile(join(DEPLOY, "kustomize", folder, "resources.yaml"), "utf8")),
      );
    return;
  }
  const { kubectl } = tools;
  const renders = [
    ...Object.entries(MATRIX).map(([name, values]) => [name, renderChart(tools!, values)] as const),
    ...OVERLAYS.map((overlay) => {
      const folder = join(DEPLOY, "kustomize", "overlays", overlay);
      return [overlay, kubectl(["kustomize", folder]).then(parseManifests)] as const;
    }),
  ];
  for (const [name, manifests] of renders) rendered.set(name, await manifests);
});

function all(): Manifest[] {
  return [...rendered.values()].flat();
}

function pods(from: readonly Manifest[] = all()): Pod[] {
  return from.map((manifest) => podOf(manifest)).filter((pod) => pod !== null);
}

test("each object is what Kubernetes, KEDA and the Prometheus operator take, without a field that they do not know", async () => {
  // Some that are wrong show that the checks see it.
  const deployment = all().find(({ kind }) => kind === "Deployment") as Manifest;
  const wrong = [{ replicas: "two" }, { replikas: 2 }].map((change) => ({
    ...deployment,
    spec: { ...(deployment["spec"] as object), ...change },
  }));
  const problems = await checkManifests(new Map([...rendered, ["wrong", wrong]]));
  console.log(`${all().length} manifests checked`);

  expect(problems.filter((problem) => !problem.startsWith("wrong: "))).toEqual([]);
  expect(problems.join("\n")).toContain("must be integer");
  expect(problems.join("\n")).toContain("replikas");
});

test("helm lints the chart without a warning", async () => {
  if (tools === null) return;
  expect(await tools.helm(["lint", "--strict", CHART])).not.toMatch(/\[(WARNING|ERROR)\]/);
});

test("what kustomize stands on, and the rules in the chart, are what their sources give (npm run manifests)", async () => {
  if (tools === null) return;
  for (const [name, text] of Object.entries(await renderKustomize(tools)))
    expect(await readFile(join(DEPLOY, "kustomize", name), "utf8"), name).toBe(text);
  const rules = await chartRules();
  if (rules !== null) expect(await readFile(join(CHART, "files", "rules.yaml"), "utf8")).toBe(rules);
});

test("every pod keeps to the restricted Pod Security Standard, with a root file system that cannot be written to", () => {
  for (const pod of pods()) {
    expect(findBreaches(pod)).toEqual([]);
    expect(findBreaches({ ...pod, hostNetwork: true })).toEqual(["hostNetwork"]);
  }
});

test("no pod takes Kubernetes' variables of Services for settings, and each variable is a setting", () => {
  const known = new Set(Object.keys(settingsSchema.shape).map(toEnvironmentName));
  for (const pod of pods()) {
    const names = containersOf(pod).flatMap(({ env = [] }) => env.map(({ name }) => name));
    if (names.length > 0) expect(pod.enableServiceLinks).toBe(false);
    for (const name of names.filter((one) => one.startsWith("POSTRIDER_"))) expect(known).toContain(name);
    expect(new Set(names).size, "each is said once").toBe(names.length);
  }
});

test("a pod is given the time that its grace, its preStop sleep and handing back take", () => {
  for (const pod of pods()) {
    const [container] = containersOf(pod);
    const grace = container?.env?.find(({ name }) => name === "POSTRIDER_SHUTDOWN_GRACE_MS")?.value;
    if (grace === undefined) continue;
    const slept = container?.lifecycle?.preStop?.sleep?.seconds ?? 0;
    expect(pod.terminationGracePeriodSeconds).toBe(slept + Math.ceil(Number(grace) / 1_000) + 10);
  }
});

test("workers are not scaled down faster than they drain, and KEDA alone sets their number", () => {
  const everything = rendered.get("long grace") ?? [];
  if (everything.length === 0) return;
  const [scaled] = everything.filter(({ kind }) => kind === "ScaledObject") as (Manifest & Scaled)[];
  const worker = everything.find(
    ({ kind, metadata }) => kind === "Deployment" && metadata.name === "postrider-worker",
  );
  const { scaleDown } = scaled!.spec.advanced.horizontalPodAutoscalerConfig.behavior;

  expect(podOf(worker!)?.terminationGracePeriodSeconds).toBe(101);
  expect(scaleDown.policies.every(({ periodSeconds }) => periodSeconds >= 101)).toBe(true);
  expect((worker as unknown as { spec: object }).spec).not.toHaveProperty("replicas");
});

interface Scaled {
  readonly spec: {
    readonly advanced: {
      readonly horizontalPodAutoscalerConfig: {
        readonly behavior: {
          readonly scaleDown: { readonly policies: readonly { periodSeconds: number }[] };
        };
      };
    };
  };
}
