// What is no HTTP that Node can read, answered as a problem before the connection is closed.

import { randomUUID } from "node:crypto";
import type { Socket } from "node:net";
import { ERROR_CODES, type ErrorCode } from "@postrider/shared/error-codes";
import { PostriderError } from "@postrider/shared/errors";
import { PROBLEM_TYPE, toProblemDetails } from "../route/problem.ts";
import { SECURITY_HEADERS } from "./security-headers.ts";

const CODES: Readonly<Record<string, ErrorCode>> = {
  HPE_HEADER_OVERFLOW: "headers_too_large",
  ERR_HTTP_REQUEST_TIMEOUT: "request_timeout",
};

const PHRASES: Readonly<Record<number, string>> = {
  400: "Bad Request",
  408: "Request Timeout",
  431: "Request Header Fields Too Large",
};

export function refuseConnection(error: Error & { readonly code?: string }, socket: Socket): void {
  // After a reset there is nobody to tell.
  if (error.code === "ECONNRESET" || !socket.writable) return void socket.destroy();
  const code = CODES[error.code ?? ""] ?? "request_malformed";
  const { status } = ERROR_CODES[code];
  const id = randomUUID();
  const body = JSON.stringify(
    toProblemDetails(
      new PostriderError(code, `the request cannot be read: ${error.code ?? "malformed"}`),
      id,
    ),
  );
  const headers = {
    ...SECURITY_HEADERS,
    "x-request-id": id,
    "content-type": PROBLEM_TYPE,
    "content-length": String(Buffer.byteLength(body)),
    connection: "close",
  };
  const lines = Object.entries(headers).map(([name, value]) => `${name}: ${value}\r\n`);
  socket.end(`HTTP/1.1 ${status} ${PHRASES[status] ?? ""}\r\n${lines.join("")}\r\n${body}`);
}
