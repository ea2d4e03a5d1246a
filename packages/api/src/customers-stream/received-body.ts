// The body of a request that carries customers: which formats there are, and its bytes as they come.

import { Readable } from "node:stream";
import type { Format } from "@postrider/producer/customers/read-customers";
import { PostriderError } from "@postrider/shared/errors";
import { parseExact } from "@postrider/shared/exact-json";
import { z } from "zod";
import type { Call } from "../route/route.ts";

const FORMATS: ReadonlyMap<string, Format> = new Map([
  ["application/x-ndjson", "ndjson"],
  ["application/ndjson", "ndjson"],
  ["application/jsonl", "ndjson"],
  ["application/x-jsonlines", "ndjson"],
  ["text/csv", "csv"],
]);

export const CUSTOMERS_TYPES: readonly string[] = [...FORMATS.keys()];

export interface CustomersBody {
  readonly bytes: AsyncIterable<Buffer>;
  readonly format: Format;
}

type OfRequest = Pick<Call, "stream" | "mediaType" | "header">;

/** @throws `media_type_unsupported`. */
export function openCustomersBody({ stream, mediaType, header }: OfRequest): CustomersBody {
  checkCodings(header);
  return {
    bytes: stream ? toBytes(stream) : Readable.from([]),
    format: FORMATS.get(mediaType ?? "") ?? "ndjson",
  };
}

/** The request's connection has the answer to carry, also when its body is not read to the end. */
function toBytes(stream: Readable): AsyncIterable<Buffer> {
  return { [Symbol.asyncIterator]: () => stream.iterator({ destroyOnReturn: false }) };
}

/** Whether it is gzip the bytes themselves tell. */
function checkCodings(header: Call["header"]): void {
  const coding = header("content-encoding")?.trim().toLowerCase() ?? "identity";
  if (!["identity", "gzip", "x-gzip"].includes(coding))
    throw new PostriderError(
      "media_type_unsupported",
      `Content-Encoding: ${coding} is not undone; send gzip`,
    );
  const [, charset] = /;\s*charset\s*=\s*"?([^";\s]+)/i.exec(header("content-type") ?? "") ?? [];
  if (charset !== undefined && !/^(?:utf-?8|us-ascii)$/i.test(charset))
    throw new PostriderError("media_type_unsupported", `the charset ${charset} is not read; send UTF-8`);
}

/** Short enough for a URL, with the rest of it and all headers, which Node reads up to 16 KiB of. */
const EXTRA_CHARS_MAX = 4_000;

/** A JSON object as the text of a parameter. */
function jsonObject(example: string) {
  return z
    .string()
    .max(EXTRA_CHARS_MAX)
    .transform((text, context): Readonly<Record<string, unknown>> => {
      const value = parseOrNull(text);
      if (typeof value === "object" && value !== null && !Array.isArray(value))
        return value as Readonly<Record<string, unknown>>;
      context.addIssue(`must be a JSON object, such as ${example}`);
      return z.NEVER;
    })
    .optional();
}

function parseOrNull(text: string): unknown {
  try {
    return parseExact(text);
  } catch {
    return null;
  }
}

const REJECTED_MAX = 10_000;
const REJECTED_UNLESS_GIVEN = 100;

/** Parameters of every request that carries customers. */
export const customersBodyQuery = {
  after: z.coerce
    .number()
    .int()
    .min(0)
    .default(0)
    .describe("Go on behind this line of the same body, such as the `line` that was told last."),
  rejectedMax: z.coerce
    .number()
    .int()
    .min(0)
    .max(REJECTED_MAX)
    .default(REJECTED_UNLESS_GIVEN)
    .describe("How many rejected lines the last line lists at most."),
  event: jsonObject('{"id":"x"}').describe(
    "An event for all of them: a JSON object, short enough for a URL.",
  ),
  values: jsonObject('{"event_name":"x"}').describe(
    "What else the templates see, for all of them: likewise.",
  ),
} as const;
