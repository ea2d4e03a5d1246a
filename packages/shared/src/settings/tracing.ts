// Settings: traces: where they go, how many, and whether receivers are told.

import { z } from "zod";
import { yesOrNo } from "./parsers.ts";

function isEndpoint(text: string): boolean {
  if (text === "") return true;
  if (!URL.canParse(text)) return false;
  const { protocol, search, hash, username, password } = new URL(text);
  return /^https?:$/.test(protocol) && search + hash + username + password === "";
}

/** From 0 to 1, with at most nine decimals. */
const RATIO = /^(?:0(?:\.\d{1,9})?|1(?:\.0{1,9})?)$/;

export const tracingSettings = {
  tracesEndpoint: z
    .string()
    .refine(
      isEndpoint,
      "must be a URL such as http://collector:4318, without user, password and query; headers come from OTEL_EXPORTER_OTLP_HEADERS",
    )
    .default("")
    .describe(
      "Base URL of an OpenTelemetry collector that takes OTLP over HTTP, such as `http://collector:4318`; `/v1/traces` is added. None given: there are no traces, and no SDK is loaded.",
    ),
  tracesRatio: z
    .string()
    .regex(RATIO, "must be a number from 0 to 1, such as 0.05")
    .transform(Number)
    .prefault("0.01")
    .describe(
      "Share of deliveries, and of API requests that bring no trace of their own, that are traced. The same for all workers, so that they agree about each delivery.",
    ),
  tracesPropagate: yesOrNo("false").describe(
    "`true`: a traced delivery's requests carry `traceparent` to its receiver, unless the action sets that header, or `tracestate`, itself.",
  ),
};
