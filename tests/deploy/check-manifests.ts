// Objects of Kubernetes against its own schemas, offline: their values by the validators of kubernetes-models
// (which let unknown fields pass), and their fields by its types (which do not).

import { execFile } from "node:child_process";
import { mkdir, mkdtemp, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { promisify } from "node:util";
import type { Manifest } from "../../scripts/manifests.ts";
import { ROOT } from "../support/processes.ts";

/** Where the model of an object is, by its group. */
function moduleOf(apiVersion: string): string {
  const [group = ""] = apiVersion.split("/");
  if (group === "keda.sh") return `@kubernetes-models/keda/${apiVersion}`;
  if (group === "monitoring.coreos.com") return `@kubernetes-models/prometheus-operator/${apiVersion}`;
  return `kubernetes-models/${apiVersion}`;
}

/** Kustomize breaks long base64 into lines, as Kubernetes' decoder allows and the validators do not. */
function withoutLineFeeds(manifest: Manifest): Manifest {
  if (manifest.kind !== "Secret") return manifest;
  const data = Object.entries((manifest["data"] ?? {}) as Record<string, string>);
  return {
    ...manifest,
    data: Object.fromEntries(data.map(([key, text]) => [key, text.replaceAll("\n", "")])),
  };
}

type Model = new (manifest: Manifest) => { validate(): void };

/** @param rendered where they came from → objects. @returns what is wrong with them. */
export async function checkManifests(rendered: ReadonlyMap<string, readonly Manifest[]>): Promise<string[]> {
  const problems: string[] = [];
  for (const [from, manifests] of rendered)
    for (const manifest of manifests) {
      const { apiVersion, kind, metadata } = manifest;
      const models = (await import(moduleOf(apiVersion))) as Readonly<Record<string, Model>>;
      const Model = models[kind];
      if (Model === undefined) problems.push(`${from}: ${apiVersion} has no ${kind}`);
      else
        try {
          new Model(withoutLineFeeds(manifest)).validate();
        } catch (error) {
          problems.push(`${from}: ${kind} ${metadata.name}: ${(error as Error).message}`);
        }
    }
  return [...problems, ...(await findUnknownFields(rendered))];
}

/** An object literal may hold no field that its type does not have: the compiler says which one does. */
async function findUnknownFields(rendered: ReadonlyMap<string, readonly Manifest[]>): Promise<string[]> {
  const all = [...rendered].flatMap(([from, manifests]) => manifests.map((manifest) => ({ from, manifest })));
  const lines = all.map(({ manifest }) => {
    const model = `import(${JSON.stringify(moduleOf(manifest.apiVersion))}).I${manifest.kind}`;
    return `(${JSON.stringify(manifest)}) satisfies ${model};`;
  });
  const cache = join(ROOT, "node_modules", ".cache");
  await mkdir(cache, { recursive: true });
  const folder = await mkdtemp(join(cache, "manifests-"));
  try {
    await writeFile(join(folder, "manifests.ts"), [...lines, "export {};"].join("\n"));
    const compiler = join(ROOT, "node_modules", "typescript", "bin", "tsc");
    const options = ["--noEmit", "--strict", "--skipLibCheck", "--module", "nodenext", "--ignoreConfig"];
    const args = [compiler, ...options, "--pretty", "false", "--types", "", join(folder, "manifests.ts")];
    await promisify(execFile)(process.execPath, args, { cwd: folder });
    return [];
  } catch (error) {
    const said = String((error as { stdout?: string }).stdout ?? error).trim();
    return said.split("\n").map((line) => {
      const { from, manifest } = all[Number(/^manifests\.ts\((\d+),/.exec(line)?.[1]) - 1] ?? {};
      return `${from}: ${manifest?.kind} ${manifest?.metadata.name}: ${line}`;
    });
  } finally {
    await rm(folder, { recursive: true });
  }
}
