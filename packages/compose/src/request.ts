// The composed request: a plain value that says exactly what would be sent.

import type { Action } from "@postrider/shared/action";
import { isCredentialName, MASK } from "@postrider/shared/credential-names";
import { SIGNATURE_HEADERS } from "@postrider/shared/credentials";
import type { Problem } from "@postrider/shared/errors";
import type { Reason } from "@postrider/shared/outcome";

export interface ComposedRequest {
  readonly method: Action["method"];
  /** `scheme://host:port` of the destination. */
  readonly origin: string;
  /** Path and query. */
  readonly path: string;
  /** Names and values in turn, in the order in which they are sent. */
  readonly headers: readonly string[];
  readonly body: string | null;
}

export type Composed =
  | { readonly kind: "request"; readonly request: ComposedRequest }
  /** The template called the delivery off. */
  | { readonly kind: "cancelled"; readonly message: string }
  | {
      readonly kind: "problem";
      readonly reason: Reason;
      readonly problems: readonly Problem[];
      /**
       * Why the same delivery may fare better another time: it was cut short from outside, or its turn has
       * not come. Absent: it never will.
       */
      readonly passes?: "interrupted" | "unready";
    };

/** What became of a field that gave no text. */
export function toComposed(
  rendered: { readonly cancelled: string } | { readonly reason: Reason; readonly problem: Problem },
): Composed {
  return "cancelled" in rendered
    ? { kind: "cancelled", message: rendered.cancelled }
    : toFailure(rendered.reason, rendered.problem);
}

/** A composition that failed for one reason. */
export function toFailure(reason: Reason, problem: Problem): Composed {
  return { kind: "problem", reason, problems: [{ code: reason, ...problem }] };
}

export interface ShownRequest {
  readonly method: string;
  readonly url: string;
  readonly headers: readonly { readonly name: string; readonly value: string }[];
  readonly body: string | null;
}

/**
 * The request as people and programs may see it: credentials masked, and what is only added when it is sent
 * named. Hand it a request that was composed with masked secrets: then no value that came from a secret is in
 * it, wherever the template put it.
 */
export function toShown(
  { method, origin, path, headers, body }: ComposedRequest,
  { auth, signing }: Pick<Action, "auth" | "signing">,
): ShownRequest {
  const pairs: { name: string; value: string }[] = [];
  for (let index = 0; index < headers.length; index += 2) {
    const name = headers[index] ?? "";
    pairs.push({ name, value: isCredentialName(name) ? MASK : (headers[index + 1] ?? "") });
  }
  const isGiven = (name: string) => pairs.some((pair) => pair.name.toLowerCase() === name.toLowerCase());
  const added = [
    ...(auth === undefined ? [] : ["Authorization"]),
    ...(signing === undefined ? [] : SIGNATURE_HEADERS[signing.scheme]),
  ];
  for (const name of added) if (!isGiven(name)) pairs.push({ name, value: MASK });
  return { method, url: origin + path, headers: pairs, body };
}
