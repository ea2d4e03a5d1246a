// How many requests are in flight, and the end of each: its log line, its series, its place for another one.
// All that comes beyond the places is refused at once, before waiting makes every answer late.

import { PostriderError } from "@postrider/shared/errors";
import type { Logger } from "@postrider/shared/log";
import type { FastifyReply, FastifyRequest } from "fastify";
import { type ApiMetrics, GONE } from "../api-metrics.ts";
import type { Route } from "../route/route.ts";

export interface OccupancyOptions {
  readonly inFlightMax: number;
  readonly metrics: ApiMetrics;
  readonly log: Logger;
}

export interface Occupancy {
  /** Takes a place until the answer has been written, or its reader is gone. @throws `overloaded`. */
  take(route: Route, request: FastifyRequest, reply: FastifyReply): void;
}

export function createOccupancy({ inFlightMax, metrics, log }: OccupancyOptions): Occupancy {
  let inFlight = 0;
  return {
    take(route, request, reply) {
      const startedAt = performance.now();
      const isCounted = route.scope !== null;
      const isFull = isCounted && inFlight >= inFlightMax;
      if (isCounted && !isFull) inFlight += 1;
      metrics.inFlight(inFlight);
      // Not Fastify's hooks: none of them is called for a client that leaves while it is answered.
      reply.raw.once("close", () => {
        if (isCounted && !isFull) inFlight -= 1;
        metrics.inFlight(inFlight);
        const ms = performance.now() - startedAt;
        const status = reply.raw.writableFinished ? reply.statusCode : GONE;
        metrics.answered(route, status, ms);
        log[isCounted ? "info" : "debug"](
          {
            requestId: request.id,
            method: request.method,
            route: route.path,
            status,
            ms: Math.round(ms * 10) / 10,
            caller: request.caller?.name,
            ...request.noted,
          },
          "request",
        );
      });
      if (isFull)
        throw new PostriderError(
          "overloaded",
          `${inFlightMax} requests are in flight, as many as POSTRIDER_API_IN_FLIGHT_MAX; nothing was done`,
        );
    },
  };
}
