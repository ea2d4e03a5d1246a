// What watches the API: whether the process lives, whether it can take requests, and its series.

import { within } from "@postrider/redis/within";
import { CANARY_PATH } from "@postrider/shared/canary-action";
import { z } from "zod";
import { defineRoute, type Route } from "../route/route.ts";

/** An answer that takes longer tells the prober nothing. */
const REDIS_ANSWER_MS = 1_000;

const statusSchema = z.strictObject({ status: z.enum(["ok", "not ready"]) });

export const healthRoutes: readonly Route[] = [
  defineRoute({
    id: "getHealth",
    method: "GET",
    path: "/healthz",
    scope: null,
    narrowing: "nothing",
    summary: "Whether the process lives",
    replies: { 200: "It does." },
    reply: statusSchema,
    handle: () => ({ status: 200, body: { status: "ok" as const } }),
  }),
  defineRoute({
    id: "getReadiness",
    method: "GET",
    path: "/readyz",
    scope: null,
    narrowing: "nothing",
    summary: "Whether the process takes requests and Redis answers",
    replies: { 200: "It does.", 503: "It does not, or Redis does not." },
    reply: statusSchema,
    async handle(_, { isOpen, pingRedis }) {
      const isReady = isOpen() && (await pingRedis(REDIS_ANSWER_MS));
      return isReady
        ? { status: 200, body: { status: "ok" as const } }
        : { status: 503, body: { status: "not ready" as const } };
    },
  }),
  defineRoute({
    id: "getMetrics",
    method: "GET",
    path: "/metrics",
    scope: "read",
    narrowing: "whole",
    summary: "The process's series for Prometheus",
    replies: { 200: "Prometheus' text format." },
    text: { type: "text/plain" },
    async handle(_, { metrics, producer }) {
      const { registry } = metrics;
      metrics.installation(await within(REDIS_ANSWER_MS, producer.watching.figures.read()));
      return { status: 200, text: { type: registry.contentType, text: await registry.metrics() } };
    },
  }),
  defineRoute({
    id: "receiveCanary",
    method: "POST",
    path: CANARY_PATH,
    scope: null,
    narrowing: "nothing",
    summary: "Where canaries arrive: takes any, and does nothing with it",
    body: z.looseObject({}),
    replies: { 200: "It has arrived." },
    reply: statusSchema,
    repeats: "again",
    handle: () => ({ status: 200, body: { status: "ok" as const } }),
  }),
];
