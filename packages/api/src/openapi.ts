// The OpenAPI 3.1 description, made of the table of routes and nothing else.

import { actionSchema } from "@postrider/shared/action";
import { ERROR_CODES, type ErrorCode } from "@postrider/shared/error-codes";
import { VERSION } from "@postrider/shared/version";
import { z } from "zod";
import { describeWebhooks } from "./openapi-webhooks.ts";
import { PROBLEM_TYPE, problemDetailSchema, problemSchema, retryAfterOf } from "./route/problem.ts";
import type { Route } from "./route/route.ts";
import { customerSchema } from "./routes/customer.ts";
import { letterSchema } from "./routes/dead-letters.ts";
import { runSchema } from "./routes/runs.ts";
import { attemptSchema } from "./routes/shown-delivery.ts";
import { destinationSchema } from "./routes/shown-destination.ts";

type Json = Readonly<Record<string, unknown>>;

/** What any route that reads a body, or needs a token, or does anything, may answer. */
const COMMON: readonly ErrorCode[] = ["request_invalid", "internal"];
const OF_TOKENS: readonly ErrorCode[] = [
  "unauthorized",
  "forbidden",
  "rate_limited",
  "overloaded",
  "redis_unavailable",
];
const OF_BODIES: readonly ErrorCode[] = [
  "request_malformed",
  "request_timeout",
  "body_too_large",
  "media_type_unsupported",
];
const OF_KEYS: readonly ErrorCode[] = [
  "idempotency_key_invalid",
  "idempotency_under_way",
  "idempotency_mismatch",
];

/** All codes that a route may answer. */
export function errorsOf(route: Route): readonly ErrorCode[] {
  return [
    ...route.errors,
    ...(route.scope === null ? [] : OF_TOKENS),
    ...(route.body === null && route.streams === null ? [] : OF_BODIES),
    ...(route.method === "POST" ? OF_KEYS : []),
    ...(route.repeats === "withheld" ? (["idempotency_withheld"] as const) : []),
    ...COMMON,
  ];
}

export function renderOpenApi(routes: readonly Route[]): Json {
  const named: Named = new Map();
  toSchema(problemSchema, "output", named);
  const paths: Record<string, Record<string, unknown>> = {};
  for (const route of routes) {
    const path = route.path.replace(/:(\w+)/g, "{$1}");
    paths[path] = { ...paths[path], [route.method.toLowerCase()]: toOperation(route, named) };
  }
  return {
    openapi: "3.1.0",
    info: {
      title: "Postrider",
      version: VERSION,
      description:
        "Webhooks in high volume: actions, deliveries, runs, destinations and dead letters. Errors are problem details (RFC 9457) with a stable `code`.",
      license: { name: "MIT", identifier: "MIT" },
    },
    servers: [{ url: "/" }],
    security: [{ token: [] }],
    tags: [...new Set([...routes.map(toTag), "webhooks"])].map((name) => ({ name })),
    paths,
    webhooks: describeWebhooks((schema) => toSchema(schema, "output", named)),
    components: {
      responses: {
        Problem: PROBLEM_REPLY,
        ProblemForNow: {
          ...PROBLEM_REPLY,
          headers: { "Retry-After": { description: "In seconds.", schema: { type: "integer" } } },
        },
      },
      schemas: Object.fromEntries([...named].sort(([a], [b]) => (a < b ? -1 : 1))),
      securitySchemes: {
        token: {
          type: "http",
          scheme: "bearer",
          description: "A token of `postrider tokens create`, or of POSTRIDER_API_TOKENS.",
        },
      },
    },
  };
}

function toTag({ path }: Route): string {
  return /^\/v1\/([^/]+)/.exec(path)?.[1] ?? "process";
}

function toOperation(route: Route, named: Named): Json {
  const body = toRequestBody(route, named);
  return {
    operationId: route.id,
    summary: route.summary,
    tags: [toTag(route)],
    ...(route.scope === null ? { security: [] } : { description: `Needs the scope \`${route.scope}\`.` }),
    parameters: [
      ...toParameters(route.params, "path"),
      ...toParameters(route.query, "query"),
      ...toHeaders(route),
    ],
    ...(body !== null && { requestBody: body }),
    responses: { ...toReplies(route, named), ...toProblems(route) },
  };
}

function toRequestBody({ body, streams }: Route, named: Named): Json | null {
  if (streams !== null)
    return {
      required: true,
      content: Object.fromEntries(streams.map((type) => [type, { schema: { type: "string" } }])),
    };
  if (body === null) return null;
  return {
    required: !body.safeParse(undefined).success,
    content: { "application/json": { schema: toSchema(body, "input", named) } },
  };
}

function toParameters(schema: z.ZodType | null, place: "path" | "query"): Json[] {
  if (schema === null) return [];
  const { properties = {}, required = [] } = toSchema(schema, "input", new Map()) as {
    properties?: Record<string, Json>;
    required?: string[];
  };
  return Object.entries(properties).map(([name, { description, ...rest }]) => ({
    name,
    in: place,
    required: place === "path" || required.includes(name),
    ...(description !== undefined && { description }),
    schema: rest,
  }));
}

const TEXT = { type: "string" } as const;

function toHeaders({ method, takes }: Route): Json[] {
  const given = takes.map((name) => ({ name, in: "header", required: false, schema: TEXT }));
  if (method !== "POST") return given;
  const description =
    "Names this request: sent again with the same key, it is not carried out twice (draft-ietf-httpapi-idempotency-key-header-08).";
  return [...given, { name: "Idempotency-Key", in: "header", required: false, description, schema: TEXT }];
}

function toReplies(route: Route, named: Named): Json {
  const content = toContent(route, named);
  return Object.fromEntries(
    Object.entries(route.replies).map(([status, description]) => [
      status,
      content === null || status === "204" ? { description } : { description, content },
    ]),
  );
}

/** Of lines of JSON the schema is that of each line: OpenAPI 3.1 has no word for a sequence of documents. */
function toContent({ reply, text }: Route, named: Named): Json | null {
  if (reply !== null) return { "application/json": { schema: toSchema(reply, "output", named) } };
  if (text === null) return null;
  return { [text.type]: { schema: text.line === undefined ? TEXT : toSchema(text.line, "output", named) } };
}

function toProblems(route: Route): Json {
  const byStatus = new Map<number, ErrorCode[]>();
  for (const code of new Set(errorsOf(route))) {
    const { status } = ERROR_CODES[code];
    byStatus.set(status, [...(byStatus.get(status) ?? []), code]);
  }
  return Object.fromEntries(
    [...byStatus]
      .filter(([status]) => !Object.hasOwn(route.replies, status))
      .map(([status, codes]) => [
        status,
        {
          $ref: `#/components/responses/${codes.some(comesAgain) ? "ProblemForNow" : "Problem"}`,
          description: codes.map((code) => `\`${code}\``).join(", "),
        },
      ]),
  );
}

function comesAgain(code: ErrorCode): boolean {
  return retryAfterOf(code) !== undefined || code === "rate_limited";
}

const PROBLEM_REPLY = {
  description: "What went wrong, and what to change.",
  content: { [PROBLEM_TYPE]: { schema: { $ref: "#/components/schemas/Problem" } } },
} as const;

/** Schemas that stand in several places, each under a name of its own. */
const NAMED = z
  .registry<{ id: string }>()
  .add(problemSchema, { id: "Problem" })
  .add(problemDetailSchema, { id: "ProblemDetail" })
  .add(runSchema, { id: "Run" })
  .add(destinationSchema, { id: "Destination" })
  .add(attemptSchema, { id: "Attempt" })
  .add(letterSchema, { id: "DeadLetter" })
  .add(actionSchema, { id: "ActionDocument" })
  .add(customerSchema, { id: "Customer" });

/** @param side what is sent to us, or what we send: defaults make the difference. */
function toSchema(schema: z.ZodType, side: "input" | "output", named: Named): Json {
  const made = z.toJSONSchema(schema, {
    target: "draft-2020-12",
    io: side,
    metadata: NAMED,
    // Told by hand where it matters; the rest is left open.
    unrepresentable: "any",
    override: ({ zodSchema, jsonSchema }) => {
      if (zodSchema._zod.def.type === "bigint") jsonSchema.type = "integer";
      const { description } = zodSchema as unknown as z.ZodType;
      if (description !== undefined) jsonSchema.description = description;
    },
  });
  const { $schema: _, $defs = {}, id, ...own } = withComponents(made);
  for (const [name, { id: __, ...definition }] of Object.entries($defs as Record<string, Json>))
    named.set(name, definition);
  if (id === undefined) return own;
  named.set(String(id), own);
  return { $ref: `#/components/schemas/${String(id)}` };
}

type Named = Map<string, Json>;

function withComponents(schema: Json): Json {
  return JSON.parse(JSON.stringify(schema).replaceAll('"#/$defs/', '"#/components/schemas/')) as Json;
}
