// A request as it arrived in the request bin, and as it is kept there for people to look at.

import type { Action } from "./action.ts";
import { isCredentialName, MASK } from "./credential-names.ts";

/** A request as it arrived. */
export interface Arrived {
  readonly method: string;
  readonly path: string;
  readonly httpVersion: string;
  /** In the order and spelling in which they came. */
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body: string;
  readonly bodyBytes: number;
}

/** One that is kept. */
export interface Kept extends Arrived {
  /** Unix ms. */
  readonly at: number;
  /** The action's id. */
  readonly action: string;
}

/** Of a body; larger ones are cut. */
const BODY_CHARS_MAX = 16_384;

/** As it is kept and shown: credentials masked, in the body too where it may hold some. */
export function toKept(
  arrived: Arrived,
  { id, secretsInBody }: Pick<Action, "id" | "secretsInBody">,
  secretHeaders: ReadonlySet<string>,
  at: number,
): Kept {
  const isSecret = (name: string): boolean => isCredentialName(name) || secretHeaders.has(name.toLowerCase());
  return {
    ...arrived,
    at,
    action: id,
    headers: arrived.headers.map(({ name, value }) => ({ name, value: isSecret(name) ? MASK : value })),
    body: secretsInBody ? MASK : arrived.body.slice(0, BODY_CHARS_MAX),
  };
}
