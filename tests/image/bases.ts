// The images that the test stands on: those of the registry, or, where none answers, stand-ins made of
// Debian's packages and of Node's binary from npm.

import { execFileSync } from "node:child_process";
import { copyFileSync, existsSync, mkdirSync, mkdtempSync, renameSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { findOnPath } from "../../packages/cli/src/redis/redis-server.ts";
import { ROOT } from "../support/processes.ts";
import type { Docker } from "./docker.ts";

const NODE_IMAGE = "node:24-slim";
const REDIS_IMAGE = "redis:7-alpine";
/** What stands in for the two, with their versions. */
const NODE = `node-linux-${process.arch}@24.22.3`;
const NPM = "npm@11.19.1";
const STAND_IN = "postrider-test-base:debian";
const CACHE = join(ROOT, "node_modules", ".cache", "image");

export interface Bases {
  readonly node: string;
  readonly redis: string;
}

/** @throws Error that says what to do, where they can neither be pulled nor made. */
export async function provideBases(docker: Docker, say: (line: string) => void): Promise<Bases> {
  if ((await isThere(docker, NODE_IMAGE)) && (await isThere(docker, REDIS_IMAGE)))
    return { node: NODE_IMAGE, redis: REDIS_IMAGE };
  if (findOnPath(["mmdebstrap"], process.env["PATH"] ?? "") === null)
    throw new Error(
      `${NODE_IMAGE} and ${REDIS_IMAGE} are not here and no registry answers; pull them, or install mmdebstrap (Debian), of which stand-ins are made`,
    );
  say(
    `no registry answers: ${NODE_IMAGE} and ${REDIS_IMAGE} are stood in for by Debian's packages and ${NODE}`,
  );
  return makeStandIn(docker, say);
}

async function isThere(docker: Docker, image: string): Promise<boolean> {
  if ((await docker.run(["image", "inspect", image])).code === 0) return true;
  return (await docker.run(["pull", "--quiet", image])).code === 0;
}

/** One image for both: Debian with a redis-server, and Node and npm where the official image has them. */
async function makeStandIn(docker: Docker, say: (line: string) => void): Promise<Bases> {
  const context = mkdtempSync(join(tmpdir(), "postrider-base-"));
  try {
    say("a minimal Debian (cached from the second time on)");
    copyFileSync(provideDebian(), join(context, "debian.tar"));
    for (const [name, file] of [
      [NODE, "node.tgz"],
      [NPM, "npm.tgz"],
    ] as const)
      renameSync(pack(name, context), join(context, file));
    const certificates = process.env["NODE_EXTRA_CA_CERTS"];
    if (certificates !== undefined) copyFileSync(certificates, join(context, "ca.pem"));
    else writeFileSync(join(context, "ca.pem"), "");
    writeFileSync(join(context, "Dockerfile"), STAND_IN_DOCKERFILE);
    await docker.ask(["build", "--tag", STAND_IN, context]);
  } finally {
    rmSync(context, { recursive: true, force: true });
  }
  return { node: STAND_IN, redis: STAND_IN };
}

/** npm's trust in this machine's registry goes into the build alone: the last stage begins from nothing. */
const STAND_IN_DOCKERFILE = `
FROM scratch
ADD debian.tar /
ADD node.tgz /tmp/node
ADD npm.tgz /usr/local/lib/node_modules/npm-unpacked
COPY ca.pem /usr/local/share/test-ca.pem
RUN cp /tmp/node/package/bin/node /usr/local/bin/node \\
 && mv /usr/local/lib/node_modules/npm-unpacked/package /usr/local/lib/node_modules/npm \\
 && ln -s ../lib/node_modules/npm/bin/npm-cli.js /usr/local/bin/npm \\
 && chmod +x /usr/local/lib/node_modules/npm/bin/npm-cli.js && rm -rf /tmp/node
ENV NODE_EXTRA_CA_CERTS=/usr/local/share/test-ca.pem
`;

function provideDebian(): string {
  const tar = join(CACHE, "debian.tar");
  if (existsSync(tar)) return tar;
  mkdirSync(CACHE, { recursive: true });
  const packages = ["ca-certificates", "libstdc++6", "redis-server"].join(",");
  const unfinished = join(CACHE, `unfinished-${process.pid}.tar`);
  execFileSync("mmdebstrap", ["--variant=essential", `--include=${packages}`, "bookworm", unfinished], {
    stdio: ["ignore", "ignore", "pipe"],
  });
  renameSync(unfinished, tar);
  return tar;
}

function pack(name: string, folder: string): string {
  const args = ["pack", name, "--pack-destination", folder, "--silent"];
  return join(folder, execFileSync("npm", args, { encoding: "utf8" }).trim().split("\n").at(-1) ?? "");
}
