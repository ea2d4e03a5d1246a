// The HTTP server: Fastify, told everything that matters explicitly, with the routes of a table. Knows HTTP,
// and nothing of what the routes do.

import { hash } from "node:crypto";
import type { Socket } from "node:net";
import { PostriderError } from "@postrider/shared/errors";
import { type FastifyInstance, type FastifyReply, type FastifyRequest, fastify } from "fastify";
import { ANYBODY, type Caller } from "../route/caller.ts";
import type { Door, Visit } from "../route/door.ts";
import type { Given } from "../route/read-input.ts";
import type { Answer, Circumstances, Route } from "../route/route.ts";
import { limitBodyTime } from "./body-time.ts";
import { type ConsoleFiles, serveConsole } from "./console-files.ts";
import { lingerAfterAnswer } from "./linger.ts";
import { createOccupancy, type Occupancy, type OccupancyOptions } from "./occupancy.ts";
import { checkCoding, readJson } from "./read-json.ts";
import { refuseConnection } from "./refuse-connection.ts";
import { toRequestId } from "./request-id.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";
import { findAllowed, sendAnswer, sendProblem } from "./send-answer.ts";
import type { RequestTrace } from "./trace-requests.ts";

declare module "fastify" {
  interface FastifyRequest {
    caller: Caller;
    /** SHA-256 of the body, where the request has an Idempotency-Key. */
    bodyDigest: string;
    /** Null where traces are off. */
    trace: RequestTrace | null;
    /** What its log line says beside. */
    noted: Answer["noted"];
  }
}

/** From anybody, on routes that need no token. */
const OPEN_BODY_BYTES_MAX = 4_096;
/** The longest part of a path: an origin, encoded. */
const PARAM_CHARS_MAX = 2_048;
/** How long a client may take for its request's head, and for nothing at all. */
const HEADERS_MS = 10_000;
const SILENCE_MS = 120_000;
const KEEP_ALIVE_MS = 65_000;

export interface ServerOptions extends OccupancyOptions {
  readonly routes: readonly Route[];
  readonly door: Door;
  readonly answer: (route: Route, given: Given, circumstances: Circumstances) => Promise<Answer>;
  readonly bodyBytesMax: number;
  /** Read with the first request for it; null: there is no console. */
  readonly readConsole: () => ConsoleFiles | null;
  /** How long a client may take to send such a body. */
  readonly bodyMs: number;
  /** PEM; null: plain HTTP. */
  readonly tls: { readonly cert: string; readonly key: string } | null;
}

export interface Server {
  /** @returns the address with the port that was taken. */
  listen(place: { readonly host: string; readonly port: number }): Promise<string>;
  isOpen(): boolean;
  /** Takes no more, and resolves when what is in flight is answered; after so long it is cut off. */
  close(graceMs: number): Promise<void>;
}

export function createServer(options: ServerOptions): Server {
  let isOpen = true;
  const occupancy = createOccupancy(options);
  const app = createApp(options);
  const enter = createEntrance(options, occupancy);
  for (const route of options.routes) addRoute(app, route, { ...options, enter });
  serveConsole(app, options.readConsole);
  app.addHook("onSend", (_, reply, payload, done) => {
    // Told when the answer goes out: a request may have come long before the end.
    if (!isOpen) void reply.header("connection", "close");
    done(null, payload);
  });
  app.setErrorHandler((error, request, reply) => sendProblem(reply, error, request.id, options.log));
  app.setNotFoundHandler((request, reply) => {
    void reply.headers(SECURITY_HEADERS).header("x-request-id", request.id);
    throw toNotFound(request, reply, options.routes);
  });
  return {
    listen: (place) => app.listen(place),
    isOpen: () => isOpen,
    async close(graceMs) {
      isOpen = false;
      const cut = setTimeout(() => app.server.closeAllConnections(), graceMs);
      await app.close();
      clearTimeout(cut);
    },
  };
}

function createApp({ bodyBytesMax, tls, log }: ServerOptions): FastifyInstance {
  const app = fastify({
    logger: false,
    genReqId: toRequestId,
    bodyLimit: bodyBytesMax,
    // Bodies have a time of their own below: a stream of customers may take hours.
    requestTimeout: 0,
    connectionTimeout: SILENCE_MS,
    keepAliveTimeout: KEEP_ALIVE_MS,
    http: { headersTimeout: HEADERS_MS },
    ...(tls !== null && { https: { ...tls, headersTimeout: HEADERS_MS } }),
    forceCloseConnections: "idle",
    // Whoever gets through on an open connection is answered; the answer tells it to close that.
    return503OnClosing: false,
    exposeHeadRoutes: true,
    routerOptions: { maxParamLength: PARAM_CHARS_MAX, ignoreTrailingSlash: false, caseSensitive: true },
    frameworkErrors: (error, request, reply) => {
      void reply.headers(SECURITY_HEADERS).header("x-request-id", request.id);
      sendProblem(reply as unknown as FastifyReply, error, request.id, log);
    },
    clientErrorHandler: (error, socket: Socket) => refuseConnection(error, socket),
  });
  app.decorateRequest("caller", null as unknown as Caller);
  app.decorateRequest("bodyDigest", "");
  app.decorateRequest("trace", null);
  app.decorateRequest("noted", undefined);
  app.removeAllContentTypeParsers();
  app.addContentTypeParser("application/json", { parseAs: "buffer" }, (request, bytes: Buffer, done) => {
    try {
      checkCoding(request.headers["content-type"] ?? "", request.headers["content-encoding"]);
      if (request.headers["idempotency-key"] !== undefined) request.bodyDigest = hash("sha256", bytes, "hex");
      done(null, bytes.length === 0 ? undefined : readJson(bytes));
    } catch (error) {
      done(error as Error);
    }
  });
  return app as unknown as FastifyInstance;
}

type Enter = (route: Route, request: FastifyRequest, reply: FastifyReply) => Promise<void>;

/** What happens before a body is read. */
function createEntrance({ door }: ServerOptions, occupancy: Occupancy): Enter {
  return async (route, request, reply) => {
    void reply.headers(SECURITY_HEADERS).header("x-request-id", request.id);
    occupancy.take(route, request, reply);
    if (route.scope === null) {
      request.caller = ANYBODY;
      return;
    }
    request.caller = await door.admit(
      toVisit(request),
      route,
      (name, value) => void reply.header(name, value),
    );
  };
}

function toVisit({ headers }: FastifyRequest): Visit {
  const { authorization, host, origin, "sec-fetch-site": fetchSite } = headers;
  return { authorization, host, origin, fetchSite: typeof fetchSite === "string" ? fetchSite : undefined };
}

function addRoute(
  app: FastifyInstance,
  route: Route,
  { enter, answer, bodyMs, door }: { enter: Enter } & Pick<ServerOptions, "answer" | "bodyMs" | "door">,
): void {
  const add = (to: FastifyInstance): void => {
    to.route({
      method: route.method,
      url: route.path,
      onRequest(request, reply) {
        if (route.streams !== null) lingerAfterAnswer(request, reply);
        return enter(route, request, reply);
      },
      ...(route.streams === null && { preParsing: limitBodyTime(bodyMs) }),
      ...(route.scope === null && { bodyLimit: OPEN_BODY_BYTES_MAX }),
      async handler(request, reply) {
        const circumstances = toCircumstances(route, request, reply, door);
        const { trace } = request;
        const answered = await (trace === null
          ? answer(route, request, circumstances)
          : trace.run(() => answer(route, request, circumstances)));
        request.noted = answered.noted;
        return sendAnswer(reply, answered);
      },
    });
  };
  const { streams } = route;
  if (streams === null) {
    add(app);
    return;
  }
  void app.register((child, _, done) => {
    child.removeAllContentTypeParsers();
    child.addContentTypeParser([...streams], (_request, payload, parsed) => parsed(null, payload));
    add(child as unknown as FastifyInstance);
    done();
  });
}

function toCircumstances(
  route: Route,
  request: FastifyRequest,
  reply: FastifyReply,
  door: Door,
): Circumstances {
  const { headers } = request;
  const key = headers["idempotency-key"];
  return {
    stream: route.streams === null ? null : (request.body as Circumstances["stream"]),
    mediaType: (headers["content-type"] ?? "").split(";", 1)[0]?.trim().toLowerCase() || null,
    header: (name) => {
      const value = headers[name];
      return Array.isArray(value) ? value.join(", ") : value;
    },
    caller: request.caller,
    requestId: request.id,
    idempotencyKey: typeof key === "string" ? key : null,
    bodyDigest: request.bodyDigest,
    url: request.raw.url ?? "",
    signal: toSignal(reply),
    isStillWelcome: () => door.isStillWelcome(toVisit(request), route),
  };
}

function toSignal({ raw }: FastifyReply): AbortSignal {
  const controller = new AbortController();
  raw.once("close", () => {
    if (!raw.writableFinished) controller.abort();
  });
  return controller.signal;
}

function toNotFound(
  { method, url }: FastifyRequest,
  reply: FastifyReply,
  routes: readonly Route[],
): PostriderError {
  const allowed = findAllowed(url, routes);
  if (allowed.length === 0)
    return new PostriderError("not_found", `there is no such path; /openapi.json and /docs list them`);
  void reply.header("allow", allowed.join(", "));
  return new PostriderError(
    "method_not_allowed",
    `${method} is none of this path's methods: ${allowed.join(", ")}`,
  );
}
