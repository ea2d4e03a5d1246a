// What options of loads and of plans take, from text, with messages that say what to write instead.

import { InvalidArgumentError } from "commander";

const SHARE_MAX = 0.9;

/** A share of all. */
export function parseShare(text: string): number {
  const share = Number(text);
  if (text.trim() !== "" && share >= 0 && share <= SHARE_MAX) return share;
  throw new InvalidArgumentError(`must be a share from 0 to ${SHARE_MAX}, such as 0.05 for one in twenty`);
}

/** `host:port`, `[::1]:port`. */
export function parseListen(text: string): { readonly host: string; readonly port: number } {
  const [, bracketed, plain, digits] = /^(?:\[([^\]]+)\]|([^:]+)):(\d{1,5})$/.exec(text) ?? [];
  const host = bracketed ?? plain;
  const port = Number(digits);
  if (host !== undefined && port <= 65_535) return { host, port };
  throw new InvalidArgumentError(
    "must be an address and a port, such as 0.0.0.0:9000, [::1]:9000 or 127.0.0.1:0",
  );
}

/** A URL without path or query: requests get paths of their own. */
export function parseReceiver(text: string): string {
  if (URL.canParse(text)) {
    const { protocol, origin, href } = new URL(text);
    if (/^https?:$/.test(protocol) && (href === `${origin}/` || href === origin)) return origin;
  }
  throw new InvalidArgumentError("must be a URL without a path, such as http://load.example.internal:9000");
}

/** A parser for commander: a number, whole or not, within a range. */
export function parseWithin(min: number, max: number): (text: string) => number {
  return (text) => {
    const value = Number(text);
    if (text.trim() !== "" && value >= min && value <= max) return value;
    throw new InvalidArgumentError(`must be a number from ${min} to ${max}`);
  };
}
