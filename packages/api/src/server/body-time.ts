// How long a body may take to come.

import { PostriderError } from "@postrider/shared/errors";
import type { FastifyRequest, preParsingHookHandler } from "fastify";

/** A body that drips in would hold one of the places of those in flight for as long as it likes. */
export function limitBodyTime(bodyMs: number): preParsingHookHandler {
  return ({ raw }, _reply, payload, done) => {
    if (hasBody(raw)) {
      const timer = setTimeout(() => {
        // What has come, and what nobody reads, is late no more.
        if (raw.complete || raw.listenerCount("error") === 0) return;
        // As if the stream had failed: Fastify answers that, and closes the connection then.
        raw.emit("error", new PostriderError("request_timeout", `the body did not come within ${bodyMs} ms`));
      }, bodyMs);
      raw.once("end", () => clearTimeout(timer));
      raw.once("close", () => clearTimeout(timer));
    }
    done(null, payload);
  };
}

function hasBody({ headers }: FastifyRequest["raw"]): boolean {
  return headers["transfer-encoding"] !== undefined || Number(headers["content-length"] ?? 0) > 0;
}
