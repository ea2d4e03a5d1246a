// A collector of traces: a real HTTP server that takes OTLP, decodes it with the protocol's published
// definition, and keeps every byte.

import { createServer, type IncomingMessage } from "node:http";
import { createRequire } from "node:module";
import { buffer } from "node:stream/consumers";
import { gunzipSync } from "node:zlib";
import { expect } from "vitest";
import { eventually } from "./eventually.ts";
import { listenOnLoopback } from "./listen.ts";

export interface ReceivedSpan {
  readonly service: string;
  /** The process that made it. */
  readonly instance: string;
  readonly name: string;
  /** `CLIENT`, `SERVER`, `PRODUCER`, `CONSUMER`, `INTERNAL`. */
  readonly kind: string;
  readonly traceId: string;
  readonly spanId: string;
  /** Empty for a root. */
  readonly parentSpanId: string;
  /** Unix ms. */
  readonly startMs: number;
  readonly endMs: number;
  readonly attributes: Readonly<Record<string, string | number>>;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly isError: boolean;
}

export interface OtlpReceiver {
  /** As POSTRIDER_TRACES_ENDPOINT takes it. */
  readonly url: string;
  readonly spans: readonly ReceivedSpan[];
  /** All that came, heads included, as latin1 text: to look for what must not be there. */
  bytes(): string;
  /** Waits until so many spans of a name have come. */
  until(name: string, count: number): Promise<readonly ReceivedSpan[]>;
  close(): Promise<void>;
  [Symbol.asyncDispose](): Promise<void>;
}

/** Starts a collector that takes everything. */
export async function startOtlpReceiver(): Promise<OtlpReceiver> {
  const spans: ReceivedSpan[] = [];
  const raw: Buffer[] = [];
  const server = createServer((message, response) => {
    void receive(message).then((body) => {
      raw.push(Buffer.from(`${message.url} ${message.rawHeaders.join(" ")}\n`, "latin1"), body);
      spans.push(...decode(body));
      response.writeHead(200, { "content-type": "application/x-protobuf" }).end();
    });
  });
  const { url, close } = await listenOnLoopback(server);
  return {
    url,
    spans,
    bytes: () => Buffer.concat(raw).toString("latin1"),
    until: (name, count) =>
      eventually(() => {
        const found = spans.filter((span) => span.name === name);
        expect(found.length, `spans "${name}" of ${spans.map((span) => span.name).join(", ")}`).toBe(count);
        return found;
      }),
    close,
    [Symbol.asyncDispose]: close,
  };
}

async function receive(message: IncomingMessage): Promise<Buffer> {
  const body = await buffer(message);
  return message.headers["content-encoding"] === "gzip" ? gunzipSync(body) : body;
}

interface Value {
  readonly stringValue?: string;
  readonly intValue?: number;
  readonly doubleValue?: number;
}
type KeyValues = readonly { readonly key: string; readonly value: Value }[];

interface Decoded {
  readonly resourceSpans: readonly {
    readonly resource: { readonly attributes: KeyValues };
    readonly scopeSpans: readonly { readonly spans: readonly DecodedSpan[] }[];
  }[];
}

interface DecodedSpan {
  readonly name: string;
  readonly kind: string;
  readonly traceId: string;
  readonly spanId: string;
  readonly parentSpanId: string;
  readonly startTimeUnixNano: string;
  readonly endTimeUnixNano: string;
  readonly attributes: KeyValues;
  readonly links: readonly { readonly traceId: string; readonly spanId: string }[];
  readonly status?: { readonly code: string };
}

/** The part of protobufjs' generated code that is used here. */
interface Protocol {
  readonly opentelemetry: {
    readonly proto: {
      readonly collector: {
        readonly trace: {
          readonly v1: {
            readonly ExportTraceServiceRequest: {
              decode(bytes: Uint8Array): unknown;
              toObject(message: unknown, options: object): Decoded;
            };
          };
        };
      };
    };
  };
}

const protocol = createRequire(import.meta.url)("otlp-protocol/build/src/generated/root") as Protocol;

function decode(body: Buffer): ReceivedSpan[] {
  const { ExportTraceServiceRequest } = protocol.opentelemetry.proto.collector.trace.v1;
  const { resourceSpans } = ExportTraceServiceRequest.toObject(ExportTraceServiceRequest.decode(body), {
    longs: String,
    enums: String,
    bytes: String,
    arrays: true,
    defaults: true,
  });
  return resourceSpans.flatMap(({ resource, scopeSpans }) => {
    const { "service.name": service, "service.instance.id": instance } = toAttributes(resource.attributes);
    const maker = { service: String(service), instance: String(instance) };
    return scopeSpans.flatMap(({ spans }) => spans.map((span) => ({ ...maker, ...toSaid(span) })));
  });
}

function toSaid(span: DecodedSpan): Omit<ReceivedSpan, "service" | "instance"> {
  const { name, attributes, links, status } = span;
  return {
    name,
    kind: span.kind.replace("SPAN_KIND_", ""),
    traceId: toHex(span.traceId),
    spanId: toHex(span.spanId),
    parentSpanId: toHex(span.parentSpanId),
    startMs: Number(BigInt(span.startTimeUnixNano) / 1_000n) / 1_000,
    endMs: Number(BigInt(span.endTimeUnixNano) / 1_000n) / 1_000,
    attributes: toAttributes(attributes),
    links: links.map((link) => ({ traceId: toHex(link.traceId), spanId: toHex(link.spanId) })),
    isError: status?.code === "STATUS_CODE_ERROR",
  };
}

function toAttributes(given: KeyValues): Record<string, string | number> {
  return Object.fromEntries(
    given.map(({ key, value }) => [
      key,
      value.stringValue || Number(value.doubleValue || value.intValue || 0),
    ]),
  );
}

function toHex(base64: string): string {
  return Buffer.from(base64, "base64").toString("hex");
}
