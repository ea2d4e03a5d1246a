// Docker for the image's test: the daemon that answers here, or one of the test's own, which ends with this
// process whatever ends it and takes its data along.

import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp } from "node:fs/promises";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { findOnPath } from "../../packages/cli/src/redis/redis-server.ts";
import { eventually } from "../support/eventually.ts";

const UP_MS = 60_000;
const OUTPUT_BYTES_MAX = 64 * 1024 * 1024;

export interface Ran {
  readonly code: number;
  readonly stdout: string;
  readonly stderr: string;
}

export interface Docker {
  /** Where it comes from, for people. */
  readonly source: string;
  /** Runs the client to its end. */
  run(args: readonly string[], input?: string): Promise<Ran>;
  /** The same, and what it printed. @throws where it failed. */
  ask(args: readonly string[], input?: string): Promise<string>;
  stop(): Promise<void>;
}

/** @throws Error that says what to do, where there is no Docker to be had. */
export async function provideDocker(): Promise<Docker> {
  const path = [process.env["PATH"], "/usr/sbin", "/sbin"].join(delimiter);
  const client = findOnPath(["docker"], path);
  if (client === null)
    throw new Error("there is no docker here: install it (Debian: apt-get install docker.io), and try again");
  const there = createClient(client, "the daemon that answers here", {});
  if ((await there.run(["version"])).code === 0) return there;
  const daemon = findOnPath(["dockerd"], path);
  if (daemon === null || process.getuid?.() !== 0)
    throw new Error(
      `Docker does not answer, and ${daemon === null ? "there is no dockerd here" : "only root can start one"}: start it, or set DOCKER_HOST, and try again`,
    );
  return startDaemon(client, daemon, path);
}

/**
 * Runs until standard input closes, as it does when the test's process ends; in a session of its own, so that
 * Ctrl-C does not take Docker from under the test's own end.
 */
const SUPERVISOR = `
directory=$1; shift
exec 3<&0
"$@" >"$directory/log" 2>&1 &
daemon=$!
read -r _ <&3
kill -TERM $daemon
wait $daemon
# Its containers' files and network namespaces are mounts, the deepest of them last.
cut -d " " -f 2 /proc/mounts | grep -F "$directory/" | sort -r | while read -r mount; do umount "$mount"; done
rm -rf "$directory"
`;

/** Without a bridge and rules of the firewall: it changes nothing of this machine's network. */
async function startDaemon(client: string, daemon: string, path: string): Promise<Docker> {
  const directory = await mkdtemp(join(tmpdir(), "postrider-dockerd-"));
  const host = `unix://${directory}/docker.sock`;
  const places = ["--data-root", `${directory}/data`, "--exec-root", `${directory}/exec`];
  const network = ["--iptables=false", "--ip6tables=false", "--bridge=none", "--ip-forward=false"];
  const started = [daemon, "--host", host, ...places, "--pidfile", `${directory}/pid`, ...network];
  const supervisor = spawn("sh", ["-c", SUPERVISOR, "sh", directory, ...started, "--ip-masq=false"], {
    detached: true,
    env: { PATH: path },
    stdio: ["pipe", "ignore", "ignore"],
  });
  const docker = createClient(client, `a daemon of its own in ${directory}`, { DOCKER_HOST: host });
  const stop = async (): Promise<void> => {
    supervisor.stdin.end();
    if (supervisor.exitCode === null) await once(supervisor, "exit");
  };
  try {
    await eventually(() => docker.ask(["version"]), UP_MS);
  } catch (error) {
    await stop();
    throw error;
  }
  return { ...docker, stop };
}

function createClient(client: string, source: string, environment: Record<string, string>): Docker {
  const run: Docker["run"] = (args, input = "") =>
    new Promise((resolve) => {
      const options = { env: { ...process.env, ...environment }, maxBuffer: OUTPUT_BYTES_MAX };
      const child = execFile(client, [...args], options, (error, stdout, stderr) => {
        const code = error === null ? 0 : error.code;
        resolve({ code: typeof code === "number" ? code : 1, stdout, stderr });
      });
      // A client that ends without reading its input says why by its code.
      child.stdin?.on("error", () => undefined);
      child.stdin?.end(input);
    });
  return {
    source,
    run,
    async ask(args, input) {
      const { code, stdout, stderr } = await run(args, input);
      if (code !== 0) throw new Error(`docker ${args.join(" ")}\n${stdout}${stderr}`);
      return stdout.trim();
    },
    stop: async () => undefined,
  };
}
