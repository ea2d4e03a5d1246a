// Between compose and send: adds to a composed request what proves who sends it. Nothing here decides what
// becomes of a delivery; what cannot be added is a finding like any other.

import type { CompiledAction } from "@postrider/compose/compile";
import type { Credentials, OAuthClient } from "@postrider/compose/compile-credentials";
import { findHeaderBlockProblem } from "@postrider/compose/headers";
import type { ComposedRequest } from "@postrider/compose/request";
import type { Secrets } from "@postrider/compose/secret-grants";
import type { Finding, Unready, Unsendable } from "../attempt.ts";
import { addCredential } from "./conceal.ts";
import { type NoToken, readTokenAnswer, toTokenRequest, unavailable } from "./oauth.ts";
import { createSigner, type Signer } from "./sign.ts";
import type { TokenOrder, Tokens } from "./tokens.ts";

export interface Authorized {
  readonly kind: "authorized";
  readonly request: ComposedRequest;
  /** After a 401: the same request with another token; null where another one would be refused as well. */
  readonly renew: (() => Promise<Authorized | NoToken | null>) | null;
}

/** What an attempt is authorized with. */
export interface AuthorizeContext {
  /** The delivery's id, or the key that a replay has given it instead. */
  readonly id: string;
  readonly action: CompiledAction;
  readonly secrets: Secrets;
  /** Values that nobody may see: tokens are added. */
  readonly sensitive: Set<string>;
  /** What is left of the attempt's deadline; nothing is waited for beyond it. */
  readonly leftMs: () => number;
}

/** Adds credentials and signature; without a promise unless a token has to be fetched. */
export type Authorize = (
  request: ComposedRequest,
  context: AuthorizeContext,
) => Authorized | NoToken | Promise<Authorized | NoToken>;

export interface AuthorizeOptions {
  readonly tokens: Tokens;
  /** The same way that deliveries take, so that a token endpoint is as guarded as a destination. */
  readonly send: (
    request: ComposedRequest,
    compiled: Pick<CompiledAction, "action" | "secretHeaders">,
    leftMs: number,
  ) => Promise<{ readonly finding: Exclude<Finding, { kind: "cancelled" | "broken" }> }>;
  readonly now: () => number;
  /** Told what came of each request for a token. */
  readonly onTokenFetch?: ((result: "issued" | "unavailable" | "refused") => void) | undefined;
}

export function createAuthorizer(options: AuthorizeOptions): Authorize {
  const { tokens, now } = options;
  const prepared = new WeakMap<CompiledAction, { secrets: Secrets; ready: Ready | Unready }>();
  const prepare = (action: CompiledAction, secrets: Secrets): Ready | Unready => {
    const known = prepared.get(action);
    if (known?.secrets === secrets) return known.ready;
    const ready = getReady(action, secrets);
    prepared.set(action, { secrets, ready });
    return ready;
  };

  return (request, context) => {
    const { action, secrets, sensitive, leftMs } = context;
    if (action.renderCredentials === null) return { kind: "authorized", request, renew: null };
    const ready = prepare(action, secrets);
    if ("kind" in ready) return ready;
    const finish = (authorization: string | null, renew: Authorized["renew"]): Authorized | Unsendable => {
      const headers = authorization === null ? request.headers : withAuthorization(request, authorization);
      if (authorization !== null) addCredential(sensitive, authorization);
      const signed = sign({ ...request, headers }, ready.signer, context.id, now());
      const tooLarge = findHeaderBlockProblem(signed.headers);
      return tooLarge === null ? { kind: "authorized", request: signed, renew } : unsendable(tooLarge);
    };
    const { auth } = ready;
    if (auth === null || typeof auth === "string") return finish(auth, null);

    sensitive.add(auth.clientSecret);
    const order = toOrder(auth, action, options);
    const withToken = (value: string, isRenewed: boolean): Authorized | Unsendable =>
      finish(`Bearer ${value}`, isRenewed ? null : () => renew(value));
    const renew = async (refused: string): Promise<Authorized | NoToken | null> => {
      const found = await inTime(tokens.renew(order, refused), leftMs());
      return found?.kind === "token" ? withToken(found.token.value, true) : found;
    };
    const found = tokens.get(order);
    if (!(found instanceof Promise))
      return found.kind === "token" ? withToken(found.token.value, false) : found;
    return inTime(found, leftMs()).then((late) =>
      late.kind === "token" ? withToken(late.token.value, false) : late,
    );
  };
}

/**
 * Waits no longer for a token than the attempt may take. The fetch itself goes on, within a deadline of its
 * own: it is everybody's, and the next attempt has what it brings.
 */
async function inTime<Found>(found: Promise<Found>, leftMs: number): Promise<Found | Unready> {
  let timer: NodeJS.Timeout | undefined;
  const late = new Promise<Unready>((resolve) => {
    timer = setTimeout(() => resolve(LATE), Math.max(1, leftMs));
  });
  try {
    return await Promise.race([found, late]);
  } finally {
    clearTimeout(timer);
  }
}

const LATE = unavailable("gave no token within the attempt's timeoutMs");

/** What does not change from one delivery to the next. */
interface Ready {
  readonly auth: string | OAuthClient | null;
  readonly signer: Signer | null;
}

function getReady({ renderCredentials }: CompiledAction, secrets: Secrets): Ready | Unready {
  const rendered = renderCredentials?.(secrets) ?? NO_CREDENTIALS;
  if ("problem" in rendered) return unusable(rendered.problem.field, rendered.problem.message);
  const { auth, signing } = rendered;
  if (signing === null) return { auth, signer: null };
  const signer = createSigner(signing.scheme, signing.secrets);
  return typeof signer === "function"
    ? { auth, signer }
    : unusable(`signing.secrets[${signer.index}]`, signer.problem);
}

const NO_CREDENTIALS: Credentials = { auth: null, signing: null };

function unusable(field: string, message: string): Unready {
  return { kind: "unready", reason: "secret_invalid", message: `${field}: ${message}` };
}

function unsendable(message: string): Unsendable {
  const reason = "request_too_large";
  return { kind: "unsendable", reason, problems: [{ field: "headers", code: reason, message }] };
}

function toOrder(
  client: OAuthClient,
  { action, secretHeaders }: CompiledAction,
  { send, now, onTokenFetch = () => undefined }: AuthorizeOptions,
): TokenOrder {
  return {
    client,
    egress: action.egress,
    timeoutMs: action.timeoutMs,
    async fetch() {
      // Not redirected: a client's secret goes where the action says, and nowhere else.
      const compiled = { action: { ...action, redirects: 0 }, secretHeaders };
      const { finding } = await send(toTokenRequest(client), compiled, action.timeoutMs);
      const answer = readTokenAnswer(finding, now());
      if (!("kind" in answer)) onTokenFetch("issued");
      else if (answer.kind === "unready") onTokenFetch("unavailable");
      else if (answer.kind === "unsendable") onTokenFetch("refused");
      return answer;
    },
  };
}

/** Instead of one that the URL's user info gave: receivers would see two, and trust either. */
function withAuthorization({ headers }: ComposedRequest, authorization: string): string[] {
  const others = headers.filter(
    (_, index) => headers[index - (index % 2)]?.toLowerCase() !== "authorization",
  );
  return [...others, "Authorization", authorization];
}

/**
 * Headers that the request has already, such as a delivery's id under the same name, are not written twice.
 */
function sign(request: ComposedRequest, signer: Signer | null, id: string, now: number): ComposedRequest {
  if (signer === null) return request;
  const signature = signer({ id, timestamp: Math.floor(now / 1_000), body: request.body ?? "" });
  const headers = [...request.headers];
  for (let index = 0; index < signature.length; index += 2) {
    const [name = "", value = ""] = signature.slice(index, index + 2);
    if (!headers.some((given, at) => at % 2 === 0 && given.toLowerCase() === name.toLowerCase()))
      headers.push(name, value);
  }
  return { ...request, headers };
}
