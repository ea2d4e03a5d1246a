// What an attempt can meet, as labels have it: classes of status, and faults.

import type { FaultCode } from "../attempt.ts";

export const STATUS_CLASSES = ["1xx", "2xx", "3xx", "4xx", "429", "5xx"] as const;
export type StatusClass = (typeof STATUS_CLASSES)[number];

export const FAULTS: readonly FaultCode[] = [
  "dns",
  "connect",
  "connect_timeout",
  "tls",
  "certificate",
  "timeout",
  "reset",
  "protocol",
  "headers_too_large",
  "proxy",
  "local",
];

/** 429 has a class of its own: a rate limit is no refusal. */
export function toStatusClass(status: number): StatusClass {
  if (status === 429) return "429";
  if (status >= 500) return "5xx";
  if (status >= 400) return "4xx";
  if (status >= 300) return "3xx";
  return status >= 200 ? "2xx" : "1xx";
}
