// How answers and problems are written out.

import { ERROR_CODES } from "@postrider/shared/error-codes";
import type { Logger } from "@postrider/shared/log";
import type { FastifyReply } from "fastify";
import { PROBLEM_TYPE, retryAfterOf, toPlace, toPostriderError, toProblemDetails } from "../route/problem.ts";
import type { Answer, Route } from "../route/route.ts";
import { JSON_TYPE, toJson } from "../route/to-json.ts";

export function sendAnswer(reply: FastifyReply, { status, body, text, headers = {} }: Answer): FastifyReply {
  void reply.code(status).headers(headers);
  if (text !== undefined) return reply.type(text.type).send(text.text);
  return body === undefined ? reply.send() : reply.type(JSON_TYPE).send(toJson(body));
}

/**
 * Answers what went wrong. Nothing of a stack leaves the process; the log holds the cause of what is ours.
 */
export function sendProblem(
  reply: FastifyReply,
  thrown: unknown,
  requestId: string,
  log: Logger,
): FastifyReply {
  const error = toPostriderError(thrown);
  const { status } = ERROR_CODES[error.code];
  if (status >= 500 && error.cause !== undefined)
    log.error({ requestId, code: error.code, err: error.cause }, "request could not be carried out");
  const retryAfter = retryAfterOf(error.code);
  if (retryAfter !== undefined && !reply.hasHeader("retry-after"))
    void reply.header("retry-after", String(retryAfter));
  if (error.code === "unauthorized") void reply.header("www-authenticate", 'Bearer realm="postrider"');
  const { method, routeOptions } = reply.request;
  const place = toPlace(method, routeOptions.url ?? "");
  return reply
    .code(status)
    .type(PROBLEM_TYPE)
    .send(JSON.stringify(toProblemDetails(error, requestId, place)));
}

/** The methods that a path has; none where it is no path. */
export function findAllowed(url: string, routes: readonly Route[]): string[] {
  const [path = ""] = url.split("?", 1);
  const methods = routes
    .filter((route) => toPattern(route.path).test(path))
    .flatMap(({ method }) => (method === "GET" ? ["GET", "HEAD"] : [method]));
  return [...new Set(methods)];
}

function toPattern(path: string): RegExp {
  const parts = path.split("/").map((part) => (part.startsWith(":") ? "[^/]+" : part.replaceAll(".", "\\.")));
  return new RegExp(`^${parts.join("/")}$`);
}
