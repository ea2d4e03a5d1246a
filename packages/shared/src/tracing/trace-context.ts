// W3C Trace Context (https://www.w3.org/TR/trace-context/): the text by which a span is named to others.

/** A span as others know it. */
export interface TraceContext {
  /** 32 hexadecimal digits, lower case. */
  readonly traceId: string;
  /** 16 of them. */
  readonly spanId: string;
  /** Whether whoever made it keeps it. */
  readonly isSampled: boolean;
}

/** Later versions may say more behind a hyphen. */
const TRACEPARENT = /^(?!ff)([\da-f]{2})-(?!0{32})([\da-f]{32})-(?!0{16})([\da-f]{16})-([\da-f]{2})(-.*)?$/;

/** The span that a `traceparent` names; null where it is none (section 3.2.2). */
export function parseTraceparent(text: unknown): TraceContext | null {
  if (typeof text !== "string") return null;
  const [, version, traceId, spanId, flags, more] = TRACEPARENT.exec(text) ?? [];
  if (traceId === undefined || spanId === undefined || flags === undefined) return null;
  if (version === "00" && more !== undefined) return null;
  return { traceId, spanId, isSampled: Number.parseInt(flags, 16) % 2 === 1 };
}

export function toTraceparent({ traceId, spanId, isSampled }: TraceContext): string {
  return `00-${traceId}-${spanId}-${isSampled ? "01" : "00"}`;
}
