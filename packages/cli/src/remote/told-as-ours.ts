// Errors of the API as the command line tells its own: the same codes and messages, and with those that only
// a network brings, what to change. The token stands in none.

import type { Client } from "@postrider/client";
import { ApiError, type ProblemTold } from "@postrider/client/api-error";
import { ERROR_CODES, type ErrorCode } from "@postrider/shared/error-codes";
import { PostriderError, type Problem } from "@postrider/shared/errors";
import { VERSION } from "@postrider/shared/version";

/** A client whose errors are PostriderErrors. */
export type Remote = Client;

interface Place {
  readonly url: string;
  readonly hasToken: boolean;
}

export function toldAsOurs(client: Client, place: Place): Remote {
  const tell = async (error: unknown): Promise<unknown> =>
    error instanceof ApiError ? toOurs(error, place, client) : error;
  async function* told<T>(items: AsyncGenerator<T, void>): AsyncGenerator<T, void> {
    try {
      yield* items;
    } catch (error) {
      throw await tell(error);
    }
  }
  const orTold = async <T>(work: Promise<T>): Promise<T> => {
    try {
      return await work;
    } catch (error) {
      throw await tell(error);
    }
  };
  return {
    call: (operation, ...input) => orTold(client.call(operation, ...input)),
    each: (operation, input) => told(client.each(operation, input)),
    sendCustomers: (order) => orTold(client.sendCustomers(order)),
    outcomes: (options) => told(client.outcomes(options)),
    events: (options) => told(client.events(options)),
  };
}

/** Errors that an API of another version may bring, which knows other paths and fields. */
const OF_OTHER_VERSIONS: ReadonlySet<string> = new Set([
  "api_foreign",
  "not_found",
  "method_not_allowed",
  "request_invalid",
]);

async function toOurs(error: ApiError, place: Place, client: Client): Promise<PostriderError> {
  const isKnown = Object.hasOwn(ERROR_CODES, error.code);
  const advice = toAdvice(error, place);
  const version = isKnown && !OF_OTHER_VERSIONS.has(error.code) ? "" : await compareVersions(client, place);
  const message = isKnown ? error.message : `${error.message} (${error.code})`;
  return new PostriderError(
    isKnown ? (error.code as ErrorCode) : "api_foreign",
    [message, advice, version].filter((part) => part !== "").join("; "),
    { cause: error, problems: error.problems.map(toProblem) },
  );
}

function toAdvice({ code }: ApiError, { url, hasToken }: Place): string {
  switch (code) {
    case "unauthorized":
      return hasToken
        ? `POSTRIDER_TOKEN holds no token that the API at ${url} knows, or one that has expired; make another with postrider tokens create`
        : `the API at ${url} needs a token: set POSTRIDER_TOKEN to one that postrider tokens create has printed`;
    case "forbidden":
      return "the token in POSTRIDER_TOKEN does not reach so far; use one with a wider scope, or of these actions and lanes";
    case "api_unreachable":
      return "check POSTRIDER_URL, and that postrider api runs there; without POSTRIDER_URL commands work straight on Redis";
    case "not_found":
      return `POSTRIDER_URL (${url}) must be where the API begins`;
    case "api_foreign":
      return "check POSTRIDER_URL";
    default:
      return "";
  }
}

/** What to do where the API is of another version; "" where it is not, or does not tell. */
async function compareVersions(client: Client, { url }: Place): Promise<string> {
  const described = (await client.call("getOpenApi").catch(() => null)) as {
    readonly info?: { readonly version?: unknown };
  } | null;
  const version = described?.info?.version;
  if (typeof version !== "string" || version === VERSION) return "";
  return `the API at ${url} is version ${version}, and this command line ${VERSION}: use the same version of both`;
}

/** A problem with its field as the command line writes it: `headers[1].value`. */
export function toProblem({ pointer, ...rest }: ProblemTold): Problem {
  return { field: toField(pointer), ...rest };
}

function toField(pointer: string): string {
  if (!pointer.startsWith("/")) return pointer;
  const steps = pointer
    .slice(1)
    .split("/")
    .map((step) => step.replaceAll("~1", "/").replaceAll("~0", "~"));
  return steps.map(toStep).join("").replace(/^\./, "");
}

function toStep(step: string): string {
  if (/^\d+$/.test(step)) return `[${step}]`;
  return /^[\w-]+$/.test(step) ? `.${step}` : `[${JSON.stringify(step)}]`;
}
