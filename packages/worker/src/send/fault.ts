// Which fault a socket's or undici's error is. Matched by code, never by class or text.

import type { Fault, FaultCode } from "../attempt.ts";

const FAULTS: Readonly<Record<string, FaultCode>> = {
  POSTRIDER_DNS: "dns",
  POSTRIDER_CONNECT: "connect",
  POSTRIDER_CONNECT_TIMEOUT: "connect_timeout",
  POSTRIDER_TLS: "tls",
  POSTRIDER_PROXY: "proxy",
  POSTRIDER_LOCAL: "local",
  POSTRIDER_PROTOCOL: "protocol",
  POSTRIDER_HEADERS: "headers_too_large",
  ENOTFOUND: "dns",
  EAI_AGAIN: "dns",
  EAI_FAIL: "dns",
  EAI_NODATA: "dns",
  EAI_NONAME: "dns",
  ENODATA: "dns",
  ESERVFAIL: "dns",
  ECONNREFUSED: "connect",
  EHOSTUNREACH: "connect",
  ENETUNREACH: "connect",
  EHOSTDOWN: "connect",
  ENETDOWN: "local",
  EADDRNOTAVAIL: "local",
  EADDRINUSE: "local",
  EACCES: "local",
  EPERM: "local",
  EMFILE: "local",
  ENFILE: "local",
  ENOBUFS: "local",
  ENOMEM: "local",
  // A bug of ours: retried, as one that a release may mend, and no word about the destination.
  UND_ERR_INVALID_ARG: "local",
  ETIMEDOUT: "connect_timeout",
  UND_ERR_CONNECT_TIMEOUT: "connect_timeout",
  UND_ERR_SOCKET: "reset",
  ECONNRESET: "reset",
  EPIPE: "reset",
  ECONNABORTED: "reset",
  UND_ERR_CLOSED: "reset",
  UND_ERR_DESTROYED: "reset",
  UND_ERR_HEADERS_OVERFLOW: "headers_too_large",
  HPE_HEADER_OVERFLOW: "headers_too_large",
  UND_ERR_RES_CONTENT_LENGTH_MISMATCH: "protocol",
  UND_ERR_INFO: "protocol",
  EPROTO: "tls",
};

/**
 * Whether this machine lacked what a connection takes, such as descriptors, memory, ports, a network or the
 * permission: no other machine's fault.
 */
export function isLocal(error: unknown): boolean {
  return FAULTS[toCode(error)] === "local";
}

/**
 * That there was no connection. What had begun to be written had one, so that such a code then tells of its
 * end.
 */
const UNCONNECTED: ReadonlySet<FaultCode> = new Set(["dns", "connect", "connect_timeout", "local"]);

/**
 * Node's names for what OpenSSL says of a certificate (tls documentation, "X509 certificate error codes").
 */
const CERTIFICATE =
  /^(CERT_|CRL_|ERR_TLS_CERT_|DEPTH_ZERO_|SELF_SIGNED_|UNABLE_TO_|INVALID_CA|INVALID_PURPOSE|PATH_LENGTH|HOSTNAME_MISMATCH|ERROR_IN_CERT)/;

const UNKNOWN_TO_HTTP: Fault = {
  kind: "fault",
  code: "protocol",
  message: "the answer is none that HTTP knows",
};

/** The fault behind an error; `wasSent` tells whether the request had begun to be written. */
export function toFault(error: unknown, wasSent: boolean): Fault {
  const code = toCode(error);
  // undici's own assertions, which some answers (a status of 000) run into, show a piece of its source.
  if (code === "ERR_ASSERTION") return UNKNOWN_TO_HTTP;
  const message = error instanceof Error && error.message !== "" ? error.message : code;
  return {
    kind: "fault",
    code: toFaultCode(code, wasSent),
    message: `${message}${code === "" || code === "HPE" || code.startsWith("POSTRIDER_") || message.includes(code) ? "" : ` (${code})`}`,
  };
}

/** undici 7 gives its parser's error a name but no code, though llhttp has one for it. */
function toCode(error: unknown): string {
  if (!(error instanceof Error)) return "";
  if ("code" in error && typeof error.code === "string") return error.code;
  return error.name === "HTTPParserError" ? "HPE" : "";
}

function toFaultCode(code: string, wasSent: boolean): FaultCode {
  const known = FAULTS[code];
  if (known !== undefined) return wasSent && UNCONNECTED.has(known) ? "reset" : known;
  if (CERTIFICATE.test(code)) return "certificate";
  if (code.startsWith("ERR_SSL_") || code.startsWith("ERR_TLS_")) return "tls";
  if (code.startsWith("HPE")) return "protocol";
  return wasSent ? "reset" : "connect";
}
