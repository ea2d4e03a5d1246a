// A stream of customers to the API over a socket of its own, and the lines that come back.

import { request as httpRequest, type IncomingMessage } from "node:http";
import { expect } from "vitest";
import { eventually } from "./eventually.ts";

/** A line of the answer. */
// Tests read what they expect to be there.
// biome-ignore lint/suspicious/noExplicitAny: the shape is what the tests are about.
export type AnswerLine = any;

export interface OpenStream {
  /** @returns whether more may be written without gathering in this process. */
  write(text: string | Buffer): boolean;
  /** Resolves when it was all handed to the system. */
  flushed(): Promise<void>;
  end(text?: string | Buffer): void;
  /** Closes the connection, whatever is under way. */
  cut(): void;
  readonly lines: readonly AnswerLine[];
  readonly status: number | null;
  /** Resolves with the last line once the answer is whole. */
  last(): Promise<AnswerLine>;
  /** Whether the connection is closed. */
  readonly isClosed: boolean;
  /** Why there is no whole answer. */
  readonly error: Error | null;
}

export function openStream(url: string, headers: Readonly<Record<string, string>> = {}): OpenStream {
  const lines: AnswerLine[] = [];
  let status: number | null = null;
  let error: Error | null = null;
  let isWhole = false;
  let isClosed = false;
  let text = "";
  const request = httpRequest(url, {
    method: "POST",
    agent: false,
    headers: { "content-type": "application/x-ndjson", ...headers },
  });
  const fail = (failure: Error): void => {
    error ??= failure;
  };
  request.on("error", fail);
  request.on("socket", (socket) =>
    socket.on("close", () => {
      isClosed = true;
    }),
  );
  request.on("response", (response: IncomingMessage) => {
    status = response.statusCode ?? null;
    response.setEncoding("utf8").on("error", fail);
    response.on("data", (chunk: string) => {
      text += chunk;
      const whole = text.split("\n");
      text = whole.pop() ?? "";
      for (const line of whole) lines.push(JSON.parse(line));
    });
    response.on("end", () => {
      if (text !== "") lines.push(JSON.parse(text));
      isWhole = response.complete;
    });
  });
  request.flushHeaders();
  return {
    write: (chunk) => request.write(chunk),
    flushed: () => eventually(() => expect(request.writableLength).toBe(0)),
    end: (chunk) => void request.end(chunk),
    cut: () => request.destroy(),
    lines,
    get status() {
      return status;
    },
    get isClosed() {
      return isClosed;
    },
    get error() {
      return error;
    },
    async last() {
      await eventually(() => {
        if (error !== null && !isWhole) throw error;
        expect(isWhole).toBe(true);
      });
      return lines.at(-1);
    },
  };
}

/** So many customers as NDJSON. */
export function toNdjson(count: number, from = 0): string {
  return Array.from({ length: count }, (_, index) => `{"id":"c${from + index}","n":${from + index}}\n`).join(
    "",
  );
}
