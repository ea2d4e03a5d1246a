// The HTTP API in this process, over real sockets and a real Redis.

import { type Api, createApi } from "@postrider/api/api";
import { createProducer, type Producer } from "@postrider/producer/producer";
import type { Logger } from "@postrider/shared/log";
import { readSettings } from "@postrider/shared/settings/read-settings";
import { expect } from "vitest";
import { isolatedRedisUrl } from "./redis.ts";

export interface RunningApi {
  readonly url: string;
  readonly redisUrl: string;
  readonly producer: Producer;
  /** What it logged, as it was given to the logger. */
  readonly logged: readonly Readonly<Record<string, unknown>>[];
  request(method: string, path: string, options?: RequestOptions): Promise<Answered>;
  [Symbol.asyncDispose](): Promise<void>;
}

export interface RequestOptions {
  /** Sent as JSON; a text or bytes as they are. */
  readonly body?: unknown;
  readonly token?: string;
  readonly headers?: Readonly<Record<string, string>>;
}

export interface Answered {
  readonly status: number;
  readonly headers: Headers;
  readonly text: string;
  // Tests read what they expect to be there.
  // biome-ignore lint/suspicious/noExplicitAny: the shape is what the tests are about.
  readonly json: any;
}

/**
 * Starts an API with settings as environment variables give them; without more, on a free port of loopback.
 */
export async function startApi(environment: Record<string, string> = {}): Promise<RunningApi> {
  const redisUrl = environment["POSTRIDER_REDIS_URL"] ?? (await isolatedRedisUrl());
  const settings = readSettings({ POSTRIDER_API_PORT: "0", POSTRIDER_API_HOST: "127.0.0.1", ...environment });
  const { keyPrefix, secretKeys, backlogMax } = settings;
  const producer = await createProducer({ redis: redisUrl, keyPrefix, secretKeys, backlogMax });
  const logged: Record<string, unknown>[] = [];
  const api: Api = await createApi({ producer, settings, log: createCapture(logged) });
  await api.listen();
  const url = api.address ?? "";
  return {
    url,
    redisUrl,
    producer,
    logged,
    request: (method, path, options) => request(url, method, path, options),
    async [Symbol.asyncDispose]() {
      await api.close();
      await producer.close();
    },
  };
}

/** One request to any API. */
export async function request(
  url: string,
  method: string,
  path: string,
  { body, token, headers = {} }: RequestOptions = {},
): Promise<Answered> {
  const isRaw = typeof body === "string" || body instanceof Uint8Array;
  const response = await fetch(`${url}${path}`, {
    method,
    headers: {
      ...(body !== undefined && { "content-type": "application/json" }),
      ...(token !== undefined && { authorization: `Bearer ${token}` }),
      ...headers,
    },
    ...(body !== undefined && { body: (isRaw ? body : JSON.stringify(body)) as string }),
  });
  const text = await readText(response);
  const isJson = /[/+]json/.test(response.headers.get("content-type") ?? "");
  return {
    status: response.status,
    headers: response.headers,
    text,
    json: isJson && text !== "" ? JSON.parse(text) : undefined,
  };
}

/** The body; of a stream of events, which has no end, its beginning. */
async function readText(response: Response): Promise<string> {
  if (!/^text\/event-stream/.test(response.headers.get("content-type") ?? "")) return response.text();
  const reader = response.body?.pipeThrough(new TextDecoderStream()).getReader();
  let text = "";
  // How to come again, and then the first page.
  while (text.split("\n\n").length < 3) {
    const late = new Promise<null>((resolve) => setTimeout(resolve, 1_000, null));
    const read = await Promise.race([reader?.read(), late]);
    if (read === null) break;
    text += read?.value ?? "";
  }
  await reader?.cancel();
  return text;
}

/** Checks an answer to be the problem with this code. */
export function expectProblem({ status, headers, json, text }: Answered, code: string): void {
  expect({ code: json?.code, type: headers.get("content-type") }, text).toEqual({
    code,
    type: expect.stringMatching(/^application\/problem\+json/),
  });
  expect(json.status).toBe(status);
  expect(json.type).toBe(`/docs#${code}`);
  expect(json.requestId).toBe(headers.get("x-request-id"));
  expect(text).not.toMatch(/\bat .+\.[jt]s:\d+/);
}

/** @param logged what is given to the logger from now on. */
export function createCapture(logged: Record<string, unknown>[]): Logger {
  const take =
    (level: string) =>
    (fields: object | string, message?: string): void =>
      void logged.push(
        typeof fields === "string" ? { level, msg: fields } : { level, msg: message, ...fields },
      );
  const log = { debug: take("debug"), info: take("info"), warn: take("warn"), error: take("error") };
  return log as unknown as Logger;
}
