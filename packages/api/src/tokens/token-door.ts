// Who may come in: a token of the right scope, or on loopback, as long as there is no token at all, whoever
// is on this machine, but no page that its browser shows.

import { isIP } from "node:net";
import { PostriderError } from "@postrider/shared/errors";
import { ANYBODY, type Caller, holds } from "../route/caller.ts";
import type { Door, Visit } from "../route/door.ts";
import type { TokenDirectory } from "./directory.ts";
import type { RateLimit } from "./rate-limit.ts";

export interface DoorOptions {
  readonly directory: TokenDirectory;
  readonly rateLimit: RateLimit;
  /** Whether the API listens on loopback only, since there was no token when it began. */
  readonly isLoopbackOnly: () => boolean;
}

export function createDoor({ directory, rateLimit, isLoopbackOnly }: DoorOptions): Door {
  const identify = async (visit: Visit): Promise<Caller> => {
    const { authorization } = visit;
    if (authorization === undefined) {
      if (!isLoopbackOnly() || !(await directory.isEmpty()))
        throw new PostriderError("unauthorized", "a token is needed: Authorization: Bearer TOKEN");
      refuseStrangers(visit);
      return ANYBODY;
    }
    const [, token] = /^Bearer +([\w.~+/=-]{1,1000})$/i.exec(authorization) ?? [];
    if (token === undefined)
      throw new PostriderError("unauthorized", "the Authorization header must be: Bearer TOKEN");
    const caller = await directory.find(token);
    if (caller === null)
      throw new PostriderError("unauthorized", "the token is unknown, was revoked, or has expired");
    return caller;
  };
  return {
    async admit(visit, { scope }, setHeader) {
      const caller = await identify(visit);
      if (caller !== ANYBODY) {
        const { isAllowed, headers } = await rateLimit.take(caller.id);
        for (const [name, value] of Object.entries(headers)) setHeader(name, value);
        if (!isAllowed)
          throw new PostriderError(
            "rate_limited",
            `the token ${caller.name} has sent more than POSTRIDER_API_REQUESTS_PER_SECOND allows`,
          );
      }
      if (scope !== null && !holds(caller, scope))
        throw new PostriderError(
          "forbidden",
          `this needs the scope ${scope}; the token has ${caller.scopes.join(", ")}`,
        );
      return caller;
    },
    async isStillWelcome(visit, { scope }) {
      try {
        const caller = await identify(visit);
        return scope === null || holds(caller, scope);
      } catch (error) {
        // While Redis is away nobody knows better.
        return error instanceof PostriderError && error.code === "redis_unavailable";
      }
    },
  };
}

/**
 * Without tokens, a page that a browser on this machine shows could use the API: by sending to it, or, under
 * a name that leads to this machine, by reading it.
 * @throws `forbidden`.
 */
function refuseStrangers({ host, origin, fetchSite }: Visit): void {
  if (!isLoopbackHost(host))
    throw new PostriderError(
      "forbidden",
      "without tokens the API answers to localhost and 127.0.0.1 only; make a token: postrider tokens create",
    );
  const isOwn = origin === undefined || origin === `http://${host}` || origin === `https://${host}`;
  if (!isOwn || (fetchSite !== undefined && fetchSite !== "same-origin" && fetchSite !== "none"))
    throw new PostriderError("forbidden", "without tokens the API answers to no page of another origin");
}

function isLoopbackHost(host: string | undefined): boolean {
  if (host === undefined || !URL.canParse(`http://${host}`)) return false;
  const { hostname } = new URL(`http://${host}`);
  return (
    hostname === "localhost" || hostname === "[::1]" || (isIP(hostname) === 4 && hostname.startsWith("127."))
  );
}
