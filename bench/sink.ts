// Where all cases deliver to: a native server that answers everything at once, so that it never is the
// bottleneck. nginx where it is installed or can be had from Debian (unpacked, not installed: nothing on the
// machine changes), else a small server of our own in a process of its own.

import { execFile } from "node:child_process";
import { existsSync } from "node:fs";
import { mkdir, readdir, readFile, writeFile } from "node:fs/promises";
import { type AddressInfo, createServer } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { type Child, startChild } from "./child.ts";

export interface Sink {
  /** What was taken, for the report. */
  readonly name: string;
  readonly url: string;
  readonly child: Child;
  /** Requests answered so far, those for this number left out. */
  requests(): Promise<number>;
  /** The paths of those since this was last asked, in any order. */
  paths(): Promise<readonly string[]>;
}

const run = promisify(execFile);

/** Answers with the number of requests so far. */
const COUNT_PATH = "/sink-status";

/** Starts the best sink that can be had, and says which. `folder` takes its files. */
export async function startSink(folder: string, say: (line: string) => void): Promise<Sink> {
  await mkdir(folder, { recursive: true });
  const port = await findPort();
  const log = join(folder, "sink.log");
  const installed = findNginx();
  const nginx = installed ?? (await unpackNginx(folder));
  if (nginx === null) {
    const script = fileURLToPath(new URL("sink-fallback.ts", import.meta.url));
    const child = startChild(
      [process.execPath, "--import", import.meta.resolve("tsx"), script, String(port), toPathsFile(folder)],
      { log },
    );
    say("sink: a server in node, since nginx is not to be had here");
    // It writes what it has noted whenever it is asked for its count.
    return toSink(
      "node",
      port,
      child,
      createPaths(folder, () => undefined),
    );
  }
  const config = join(folder, "nginx.conf");
  await writeFile(config, toConfig(port, folder));
  const child = startChild([nginx, "-p", folder, "-c", config, "-e", log], { log });
  const { stderr } = await run(nginx, ["-v"]);
  const name = /nginx\/\S+/.exec(stderr)?.[0] ?? "nginx";
  say(`sink: ${name}, ${installed ?? "unpacked from Debian's package"}`);
  return toSink(
    name,
    port,
    child,
    createPaths(folder, () => process.kill(child.pid, "SIGUSR1")),
  );
}

function toPathsFile(folder: string): string {
  return join(folder, "paths.log");
}

const PLACES = [...(process.env["PATH"] ?? "").split(":"), "/usr/sbin", "/usr/local/sbin"];

function findNginx(): string | null {
  return PLACES.map((place) => join(place, "nginx")).find((file) => existsSync(file)) ?? null;
}

/**
 * Installing it would start a service on port 80 of most machines. The libraries that it needs are on any
 * Debian.
 */
async function unpackNginx(folder: string): Promise<string | null> {
  const packages = join(folder, "packages");
  const binary = join(packages, "usr/sbin/nginx");
  await mkdir(packages, { recursive: true });
  try {
    await download(packages);
    const [file = ""] = (await readdir(packages)).filter((name) => name.endsWith(".deb"));
    await run("dpkg", ["--extract", join(packages, file), packages]);
    await run(binary, ["-v"]);
    return binary;
  } catch {
    // No Debian, no network, or a library that is missing: the other sink serves too.
    return null;
  }
}

async function download(cwd: string): Promise<void> {
  try {
    await run("apt-get", ["download", "nginx"], { cwd });
  } catch {
    // A fresh machine has no package lists yet.
    await run("apt-get", ["update"], { cwd });
    await run("apt-get", ["download", "nginx"], { cwd });
  }
}

/** One process, and nothing that a reply does not need. */
function toConfig(port: number, folder: string): string {
  const temporary = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"].map(
    (kind) => `${kind}_temp_path ${folder}/${kind};`,
  );
  return `daemon off;
master_process off;
pid ${folder}/nginx.pid;
events { worker_connections 4096; }
http {
  ${temporary.join("\n  ")}
  log_format path $request_uri;
  access_log ${toPathsFile(folder)} path buffer=256k;
  keepalive_requests 1000000000;
  keepalive_timeout 1h;
  server {
    listen 127.0.0.1:${port} backlog=4096;
    location / { return 200 "ok"; }
    location = ${COUNT_PATH} { stub_status; access_log off; }
  }
}
`;
}

const START_MS = 10_000;

type ReadPaths = (requests: number) => Promise<readonly string[]>;

async function toSink(name: string, port: number, child: Child, readPaths: ReadPaths): Promise<Sink> {
  const url = `http://127.0.0.1:${port}`;
  let asked = 0;
  const requests = async (): Promise<number> => {
    const reply = await fetch(url + COUNT_PATH, { headers: { connection: "close" } });
    asked += 1;
    // stub_status: the third number behind "server accepts handled requests".
    const total = /\d+\s+\d+\s+(\d+)/.exec((await reply.text()).split("requests")[1] ?? "")?.[1];
    return Number(total) - asked;
  };
  await Promise.race([untilAnswers(requests), child.failure]);
  return { name, url, child, requests, paths: async () => readPaths(await requests()) };
}

const WRITTEN_POLL_MS = 20;
const WRITTEN_MS = 10_000;

/** @param flush makes the sink write what it has noted. */
function createPaths(folder: string, flush: () => void): ReadPaths {
  const file = toPathsFile(folder);
  let read = 0;
  return async (wanted) => {
    const deadline = Date.now() + WRITTEN_MS;
    flush();
    for (;;) {
      const all = existsSync(file) ? (await readFile(file, "utf8")).split("\n") : [""];
      if (all.length - 1 >= wanted) {
        const paths = all.slice(read, -1);
        read = all.length - 1;
        return paths;
      }
      if (Date.now() > deadline) throw new Error(`the sink noted ${all.length - 1} of ${wanted} requests`);
      await new Promise((resolve) => setTimeout(resolve, WRITTEN_POLL_MS));
    }
  };
}

async function untilAnswers(ask: () => Promise<unknown>): Promise<void> {
  const deadline = Date.now() + START_MS;
  for (;;) {
    try {
      await ask();
      return;
    } catch (error) {
      if (Date.now() > deadline) throw error;
      await new Promise((resolve) => setTimeout(resolve, 20));
    }
  }
}

function findPort(): Promise<number> {
  return new Promise((resolve, reject) => {
    const server = createServer();
    server.once("error", reject);
    server.listen(0, "127.0.0.1", () => {
      const { port } = server.address() as AddressInfo;
      server.close(() => resolve(port));
    });
  });
}
