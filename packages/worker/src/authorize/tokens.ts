// Access tokens, one for each client and all workers: fetched by one of them before the old one runs out,
// while the others go on with the old one, or wait where there is none.

import { randomUUID } from "node:crypto";
import type { OAuthClient } from "@postrider/compose/compile-credentials";
import type { EgressRules } from "@postrider/shared/egress";
import { createSleeper } from "@postrider/shared/sleeper";
import { LRUCache } from "lru-cache";
import type { Interrupted } from "../attempt.ts";
import type { Interrupts } from "../interrupts.ts";
import { conceal } from "./conceal.ts";
import { createIdentify, type Digest } from "./identity.ts";
import { type IssuedToken, type NoToken, unavailable } from "./oauth.ts";
import type { SharedTokens, Token } from "./shared-tokens.ts";

/** Asks the endpoint for a token. */
export type FetchToken = () => Promise<IssuedToken | NoToken>;

export interface TokenOrder {
  readonly client: OAuthClient;
  /** The rules that the endpoint is reached under: a token that others fetched is no way around them. */
  readonly egress?: EgressRules | undefined;
  readonly fetch: FetchToken;
  /** No fetch takes longer. */
  readonly timeoutMs: number;
}

export type TokenFound = { readonly kind: "token"; readonly token: Token } | NoToken;

export interface Tokens {
  /** A token that is good now. Known ones come back without a promise. */
  get(order: TokenOrder): TokenFound | Promise<TokenFound>;
  /** Another token than one that was refused; null when that was only just fetched for the same reason. */
  renew(order: TokenOrder, refused: string): Promise<TokenFound | null>;
}

export interface TokenOptions {
  readonly shared: SharedTokens;
  readonly digest: Digest;
  readonly interrupts: Interrupts;
  readonly now: () => number;
}

/** The next token is fetched when a fifth of the lifetime is left, and a minute at most. */
const REFRESH_SHARE = 0.2;
const REFRESH_MS_MAX = 60_000;
/** A destination that refuses every token must not make every delivery fetch one. */
const FORCED_AGAIN_MS = 10_000;
/** How long all wait after a failed fetch before the next one, unless the endpoint asks for longer. */
const FAILURE_MS = 5_000;
/** How often a worker that waits for another one's fetch looks. */
const POLL_MS = 100;
/** Beyond the fetch's own deadline, for Redis' round trips. */
const LOCK_MARGIN_MS = 5_000;
/** Clients that this process remembers; a client belongs to an action, so that these are many. */
const CLIENTS_MAX = 1_000;

interface Client {
  token: Token | null;
  failure: { readonly finding: NoToken; readonly until: number } | null;
  pending: Promise<TokenFound> | null;
}

export function createTokens(options: TokenOptions): Tokens {
  const { digest, now } = options;
  const clients = new LRUCache<string, Client>({ max: CLIENTS_MAX });
  const identify = createIdentify(digest);

  const find = (order: TokenOrder): { identity: string; client: Client } => {
    const identity = identify(order);
    const client = clients.get(identity) ?? { token: null, failure: null, pending: null };
    clients.set(identity, client);
    return { identity, client };
  };
  const obtain = (order: TokenOrder, refused: string | null): Promise<TokenFound> => {
    const { identity, client } = find(order);
    client.pending ??= obtainOnce(order, { identity, client, refused }, options).finally(() => {
      client.pending = null;
    });
    return client.pending;
  };

  return {
    get(order) {
      const { token, failure } = find(order).client;
      if (token !== null && now() < token.refreshAt) return { kind: "token", token };
      if (token === null || now() >= token.expiresAt) return obtain(order, null);
      // In the background: what goes wrong shows when the old one has run out.
      if (failure === null || now() >= failure.until) void obtain(order, null).catch(() => undefined);
      return { kind: "token", token };
    },
    async renew(order, refused) {
      const { client } = find(order);
      // A fetch that began before the refusal may still bring the token that was refused.
      await client.pending;
      const { token } = client;
      if (token !== null && token.value !== refused && now() < token.expiresAt)
        return { kind: "token", token };
      if (token?.isForced === true && now() - token.issuedAt < FORCED_AGAIN_MS) return null;
      return obtain(order, refused);
    },
  };
}

interface Wanted {
  readonly identity: string;
  readonly client: Client;
  /** A token that is no good, whatever its dates say. */
  readonly refused: string | null;
}

const NO_ANSWER = "is being asked by another worker, or Redis takes no lock: there is no answer yet";

/** One process' way to a token: from the others, by fetching it, or by waiting for who fetches it. */
async function obtainOnce(order: TokenOrder, wanted: Wanted, options: TokenOptions): Promise<TokenFound> {
  const deadline = options.now() + order.timeoutMs + LOCK_MARGIN_MS;
  const sleeper = createSleeper();
  const place = options.interrupts.add(sleeper);
  try {
    for (;;) {
      const found = (await lookUp(wanted, options)) ?? (await fetchAlone(order, wanted, options));
      if (found !== null) return found;
      if (options.now() >= deadline) return unavailable(NO_ANSWER);
      if (!(await sleeper.sleep(POLL_MS))) return INTERRUPTED;
    }
  } finally {
    options.interrupts.remove(place);
  }
}

/** What the others have: a token, or why all have to wait; null where somebody has to fetch. */
async function lookUp(
  { identity, client, refused }: Wanted,
  options: TokenOptions,
): Promise<TokenFound | null> {
  const { shared, now } = options;
  const read = await shared.read(identity);
  const found = chooseToken(read.token, client.token, refused, now());
  if (found?.isFresh === true) return keep(client, found.token);
  const known = recentFailure(client, now());
  const failure = known ?? read.failure;
  if (failure === null) return null;
  if (known === null) client.failure = { finding: failure, until: endOfFailure(failure, now()) };
  return found === null ? failure : keep(client, found.token);
}

/** Fetches, unless another worker does: then the old token while it is good, or null. */
async function fetchAlone(
  order: TokenOrder,
  wanted: Wanted,
  options: TokenOptions,
): Promise<TokenFound | null> {
  const { shared, now } = options;
  const { identity, client, refused } = wanted;
  const owner = randomUUID();
  // Where Redis takes no lock, nobody fetches: with some endpoints each new token ends the old one for all.
  if (await orElse(shared.lock(identity, owner, order.timeoutMs + LOCK_MARGIN_MS), false)) {
    try {
      return await fetchOnce(order, wanted, options);
    } finally {
      // It runs out by itself.
      await orElse(shared.unlock(identity, owner), undefined);
    }
  }
  const old = chooseToken((await shared.read(identity)).token, client.token, refused, now());
  return old === null ? null : keep(client, old.token);
}

/** What Redis may refuse to keep, when it is full or cannot save, without harm to what this worker has. */
async function orElse<T>(work: Promise<T>, otherwise: T): Promise<T> {
  try {
    return await work;
  } catch {
    return otherwise;
  }
}

const INTERRUPTED: Interrupted = { kind: "interrupted" };

/** A token as it stands now; null where it is none, refused, or over. */
function checkToken(
  token: Token | null,
  refused: string | null,
  now: number,
): { token: Token; isFresh: boolean } | null {
  if (token === null || token.value === refused || now >= token.expiresAt) return null;
  return { token, isFresh: now < token.refreshAt };
}

/** The one that is good for longer: ours may be the newer one, where Redis did not take it. */
function chooseToken(
  theirs: Token | null,
  ours: Token | null,
  refused: string | null,
  now: number,
): ReturnType<typeof checkToken> {
  const [one, other] = [checkToken(theirs, refused, now), checkToken(ours, refused, now)];
  if (one === null || other === null) return one ?? other;
  return one.token.refreshAt >= other.token.refreshAt ? one : other;
}

function keep(client: Client, token: Token): TokenFound {
  client.token = token;
  return { kind: "token", token };
}

/** Until when nobody asks again: for a moment, or for as long as the endpoint asks to be left alone. */
function endOfFailure(finding: NoToken, now: number): number {
  const asked = finding.kind === "unready" ? (finding.notBefore ?? 0) : 0;
  return Math.max(now + FAILURE_MS, asked);
}

function recentFailure({ failure }: Client, now: number): NoToken | null {
  return failure !== null && now < failure.until ? failure.finding : null;
}

async function fetchOnce(
  order: TokenOrder,
  { identity, client, refused }: Wanted,
  { shared, now }: TokenOptions,
): Promise<TokenFound> {
  // Whoever held the lock until now may have brought what is wanted.
  const { token } = await shared.read(identity);
  const brought = checkToken(token, refused, now());
  if (brought?.isFresh === true) return keep(client, brought.token);
  const issued = await order.fetch();
  const issuedAt = now();
  if ("kind" in issued) {
    if (issued.kind === "interrupted") return issued;
    // An endpoint may call its error by what it was sent, and this lies in Redis unsealed.
    const finding = conceal(issued, new Set([order.client.clientSecret]));
    const until = endOfFailure(finding, issuedAt);
    client.failure = { finding, until };
    await orElse(shared.writeFailure(identity, finding, Math.ceil(until - issuedAt)), undefined);
    return finding;
  }
  const expiresAt = issuedAt + issued.lifetimeMs;
  const fresh: Token = {
    value: issued.value,
    issuedAt,
    refreshAt: expiresAt - Math.min(REFRESH_MS_MAX, issued.lifetimeMs * REFRESH_SHARE),
    expiresAt,
    isForced: refused !== null,
  };
  client.failure = null;
  const found = keep(client, fresh);
  await orElse(shared.write(identity, fresh, issuedAt), undefined);
  return found;
}
