// Customers sent through one request to an API in a process of its own, as the long runs do it.

import { type ChildProcess, fork } from "node:child_process";
import { once } from "node:events";
import { request as httpRequest, type IncomingMessage } from "node:http";
import { createInterface } from "node:readline";
import { fileURLToPath } from "node:url";

export interface ApiProcess {
  readonly address: string;
  /** What it holds after a garbage collection, and the CPU that it has used. */
  look(): Promise<{ readonly bytes: number; readonly cpu: NodeJS.CpuUsage }>;
  stop(): Promise<void>;
}

/** Forks it with the flags of this process. */
export async function startApiProcess(environment: Readonly<Record<string, string>>): Promise<ApiProcess> {
  const { PATH = "", HOME = "" } = process.env;
  const child = fork(fileURLToPath(new URL("api-process.ts", import.meta.url)), [], {
    env: { PATH, HOME, POSTRIDER_API_PORT: "0", ...environment },
  });
  const { address } = (await answerOf(child)) as { address: string };
  return {
    address,
    async look() {
      child.send("memory");
      return (await answerOf(child)) as { bytes: number; cpu: NodeJS.CpuUsage };
    },
    async stop() {
      child.send("stop");
      await once(child, "exit");
    },
  };
}

/** @throws when the process ends instead. */
async function answerOf(child: ChildProcess): Promise<unknown> {
  const ended = new AbortController();
  const end = (): void => ended.abort();
  child.once("exit", end);
  try {
    const [answer] = await once(child, "message", { signal: ended.signal });
    return answer;
  } finally {
    child.off("exit", end);
  }
}

export interface AnswerLine {
  readonly enqueued: number;
  readonly line: number;
  readonly done?: true;
  readonly error?: { readonly code: string; readonly detail: string };
}

const LINES_PER_WRITE = 500;

/**
 * Sends them as NDJSON, as fast as they are taken.
 * @returns the last line of the answer. @throws what breaks the connection.
 */
export async function sendOverHttp(
  url: string,
  customers: Iterable<object>,
  onLine: (line: AnswerLine) => void,
): Promise<AnswerLine> {
  const request = httpRequest(url, {
    method: "POST",
    agent: false,
    headers: { "content-type": "application/x-ndjson" },
  });
  const answered = once(request, "response").then(async ([response]) => {
    let last: AnswerLine | undefined;
    for await (const text of createInterface({ input: response as IncomingMessage })) {
      last = JSON.parse(text) as AnswerLine;
      onLine(last);
    }
    if (last === undefined) throw new Error("an answer without a line");
    return last;
  });
  await Promise.all([write(request, customers), answered]);
  return answered;
}

async function write(request: ReturnType<typeof httpRequest>, customers: Iterable<object>): Promise<void> {
  let lines: string[] = [];
  const flush = async (): Promise<void> => {
    const hasRoom = request.write(lines.join(""));
    lines = [];
    if (!hasRoom) await once(request, "drain");
  };
  for (const customer of customers) {
    lines.push(`${JSON.stringify(customer)}\n`);
    if (lines.length === LINES_PER_WRITE) await flush();
  }
  await flush();
  request.end();
}
