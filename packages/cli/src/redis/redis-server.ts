// A Redis server of our own: a real one, on loopback, with a directory of its own, that lives no longer than
// this process.

import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { existsSync } from "node:fs";
import { mkdir, mkdtemp, realpath } from "node:fs/promises";
import { createServer, type Socket } from "node:net";
import { tmpdir } from "node:os";
import { delimiter, join } from "node:path";
import { PostriderError } from "@postrider/shared/errors";
import { Redis } from "ioredis";
import { keepingAll } from "./provided-redis.ts";

export interface ServerOptions {
  /** Path of redis-server or valkey-server. */
  readonly binary: string;
  /** Kept when it is given, a temporary one otherwise. */
  readonly directory?: string;
  /** Absent or 0: any free one. */
  readonly port?: number;
  readonly appendFsync?: "everysec" | "always";
  /** As in redis.conf: `64mb`. */
  readonly maxMemory?: string;
  /** More of redis.conf, as a command line has it. */
  readonly settings?: readonly string[];
}

export interface RedisServer {
  readonly url: string;
  readonly port: number;
  /** The process id of Redis itself. */
  readonly pid: number;
  readonly directory: string;
  /** Ends Redis in good order and removes its temporary directory. */
  stop(): Promise<void>;
  /** SIGKILL, as a crash would. */
  kill(): Promise<void>;
}

const READY_MS = 10_000;
const PORT_TRIES = 5;

/**
 * Waits for the server to end, or for standard input to close, as it does when this process ends in whatever
 * way; then ends the server, prints the end of its log and removes the directory. In a session of its own, so
 * that Ctrl-C does not take Redis from under workers that still drain.
 */
const SUPERVISOR = `
directory=$1 log=$2; shift 2
exec 3<&0
"$@" >/dev/null 2>&1 &
server=$!
{
  read -r _ <&3
  kill -TERM $server 2>/dev/null
  tries=0
  while kill -0 $server 2>/dev/null && [ $tries -lt 50 ]; do sleep 0.1; tries=$((tries + 1)); done
  kill -KILL $server 2>/dev/null
} >/dev/null &
watcher=$!
wait $server
status=$?
kill $watcher 2>/dev/null
tail -n 20 "$log" 2>/dev/null
[ -n "$directory" ] && rm -rf "$directory"
exit $status
`;

/** The first of these programs that the PATH has, or null. */
export function findOnPath(names: readonly string[], path: string): string | null {
  for (const name of names) {
    for (const directory of path.split(delimiter)) {
      const candidate = join(directory, name);
      if (directory !== "" && existsSync(candidate)) return candidate;
    }
  }
  return null;
}

/**
 * Starts a server and waits until it answers. @throws `port_taken` or `redis_unavailable` with the server's
 * own words when it does not start.
 */
export async function startRedisServer(options: ServerOptions): Promise<RedisServer> {
  const isPortFixed = options.port !== undefined && options.port !== 0;
  for (let tries = 1; ; tries++) {
    const port = isPortFixed ? Number(options.port) : await findFreePort();
    const started = await startOnce(options, port);
    if (!("log" in started)) return started;
    // Somebody else took the port between our looking and the server's binding.
    const isTaken = /Address already in use/i.test(started.log);
    if (isTaken && !isPortFixed && tries < PORT_TRIES) continue;
    const code = isTaken ? "port_taken" : "redis_unavailable";
    throw new PostriderError(code, `${options.binary} did not start on port ${port}:\n${started.log}`);
  }
}

async function startOnce(options: ServerOptions, port: number): Promise<RedisServer | { log: string }> {
  if (options.directory === undefined)
    return tryStart(options, port, await mkdtemp(join(tmpdir(), "postrider-redis-")));
  await mkdir(options.directory, { recursive: true });
  return tryStart(options, port, options.directory);
}

async function tryStart(
  options: ServerOptions,
  port: number,
  directory: string,
): Promise<RedisServer | { log: string }> {
  const logFile = join(directory, "redis.log");
  const child = spawn(
    "/bin/sh",
    [
      "-c",
      SUPERVISOR,
      "postrider-redis",
      options.directory === undefined ? directory : "",
      logFile,
      options.binary,
      ...toArguments(options, port, directory, logFile),
    ],
    {
      detached: true,
      stdio: ["pipe", "pipe", "ignore"],
    },
  );
  let log = "";
  child.stdout?.setEncoding("utf8").on("data", (text: string) => (log += text));
  const ended = once(child, "close").then(() => undefined);
  const pid = await untilReady(port, directory, ended);
  if (pid === null) {
    child.stdin?.end();
    await ended;
    return { log: log.trim() };
  }
  letGo(child);
  return {
    url: `redis://127.0.0.1:${port}`,
    port,
    pid,
    directory,
    async stop() {
      holdOn(child);
      child.stdin?.end();
      await ended;
    },
    async kill() {
      holdOn(child);
      process.kill(pid, "SIGKILL");
      await ended;
    },
  };
}

function toArguments(
  { appendFsync = "everysec", maxMemory, settings = [] }: ServerOptions,
  port: number,
  directory: string,
  logFile: string,
): string[] {
  return [
    ...["--port", String(port), "--bind", "127.0.0.1", "--dir", directory, "--logfile", logFile],
    ...keepingAll(appendFsync),
    ...(maxMemory === undefined ? [] : ["--maxmemory", maxMemory]),
    ...settings,
  ];
}

/** A running server must not keep a program alive that has nothing else to do. */
function letGo(child: ChildProcess): void {
  child.unref();
  for (const pipe of pipesOf(child)) pipe.unref();
}

/** Its end is waited for. */
function holdOn(child: ChildProcess): void {
  child.ref();
  for (const pipe of pipesOf(child)) pipe.ref();
}

/** A child's pipes are sockets, whatever their types say. */
function pipesOf({ stdin, stdout }: ChildProcess): Socket[] {
  return [stdin, stdout] as unknown as Socket[];
}

/** The server's process id once it answers; null when it ended before, or answers too late. */
async function untilReady(port: number, directory: string, ended: Promise<void>): Promise<number | null> {
  const redis = new Redis({
    port,
    host: "127.0.0.1",
    maxRetriesPerRequest: null,
    enableReadyCheck: false,
    retryStrategy: () => 20,
    replyMapping: "legacy",
  });
  // Refused until it listens: that is what the loop is for.
  redis.on("error", () => undefined);
  const gone = ended.then(() => "gone" as const);
  let deadline = Date.now() + READY_MS;
  try {
    while (Date.now() < deadline) {
      // One question at a time: a server with much to do answers late, and more questions would not make it
      // faster.
      const answer = await Promise.race([ask(redis, directory), gone, pause(deadline - Date.now())]);
      if (answer === "gone") return null;
      if (answer?.isLoading === false) return answer.pid;
      // However much it kept, it is at work.
      if (answer !== null) deadline = Date.now() + READY_MS;
      await pause(50);
    }
    return null;
  } finally {
    redis.disconnect();
  }
}

/** Null when there is no answer, or another server answers on the port: ours works in its directory. */
async function ask(redis: Redis, directory: string): Promise<{ pid: number; isLoading: boolean } | null> {
  try {
    const [, workingDirectory] = (await redis.config("GET", "dir")) as string[];
    if (workingDirectory !== (await realpath(directory))) return null;
    const info = await redis.info();
    return { pid: Number(/process_id:(\d+)/.exec(info)?.[1]), isLoading: info.includes("\nloading:1") };
  } catch {
    return null;
  }
}

function pause(ms: number): Promise<null> {
  return new Promise((resolve) => setTimeout(resolve, ms, null));
}

async function findFreePort(): Promise<number> {
  const server = createServer();
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const address = server.address();
  server.close();
  await once(server, "close");
  if (address === null || typeof address === "string") throw new Error("no free port");
  return address.port;
}
