// Who is at the console: the token, kept for this tab alone, and what it grants.

import { ApiError } from "@postrider/client/api-error";
import { type Call, createCall } from "@postrider/client/call";
import type { Operations } from "@postrider/client/generated";
import { type Ask, exchange } from "@postrider/client/http-exchange";
import { signal } from "@preact/signals";

export type Caller = Operations["getCaller"]["reply"];
export type Scope = Caller["scopes"][number];

export type Session =
  | { readonly state: "asking" }
  /** `why`: what the API said; null on a first visit. */
  | { readonly state: "out"; readonly why: string | null }
  | { readonly state: "away"; readonly error: ApiError }
  | { readonly state: "in"; readonly caller: Caller };

const STORED = "postrider.token";
/** A look that takes longer is given up; the next one comes soon. */
const LOOK_MS = 20_000;
/** Changes are sent again after a cut connection: each carries a key, so that it is carried out once. */
const CHANGE_TRIES = 3;

/** Where the API is: one folder above the page, whatever the base path. */
export const apiUrl = new URL("..", location.href.split("#")[0]).href.replace(/\/$/, "");

export const session = signal<Session>({ state: "asking" });
/** Whether the last request found no API. */
export const isAway = signal(false);

let token = sessionStorage.getItem(STORED);
let look = createCalls(1);
let change = createCalls(CHANGE_TRIES);

function createCalls(tries: number): Call {
  const call = createCall({ url: apiUrl, token }, { tries, timeoutMs: LOOK_MS });
  const watched = async (...input: Parameters<Call>): Promise<unknown> => {
    try {
      const reply = await call(...input);
      isAway.value = false;
      return reply;
    } catch (error) {
      notice(error);
      throw error;
    }
  };
  return watched as Call;
}

/** A token that is refused ends the session, whichever request found out. */
function notice(error: unknown): void {
  if (!(error instanceof ApiError)) return;
  isAway.value = error.code === "api_unreachable";
  if (error.code === "unauthorized" && session.value.state === "in")
    session.value = { state: "out", why: error.message };
}

/** Reads; tried once, since whoever looks looks again. @throws ApiError. */
export const askApi = ((...input: Parameters<Call>) => look(...input)) as Call;
/** Changes; tried again where the connection is cut. @throws ApiError. */
export const tellApi = ((...input: Parameters<Call>) => change(...input)) as Call;

/**
 * An answer that is a stream, its body unread.
 * @throws ApiError.
 */
export async function openApi(ask: Ask): Promise<Response> {
  try {
    const response = await exchange({ url: apiUrl, token }, ask);
    isAway.value = false;
    return response;
  } catch (error) {
    notice(error);
    throw error;
  }
}

/** Finds out whether the token that is there, or none, lets the reader in. */
export async function enter(): Promise<void> {
  try {
    session.value = { state: "in", caller: await askApi("getCaller") };
  } catch (error) {
    if (!(error instanceof ApiError)) throw error;
    session.value =
      error.code === "unauthorized"
        ? { state: "out", why: token === null ? null : error.message }
        : { state: "away", error };
  }
}

export async function signIn(given: string): Promise<void> {
  setToken(given);
  await enter();
}

export function signOut(): void {
  setToken(null);
  session.value = { state: "out", why: null };
}

function setToken(given: string | null): void {
  token = given;
  if (given === null) sessionStorage.removeItem(STORED);
  else sessionStorage.setItem(STORED, given);
  look = createCalls(1);
  change = createCalls(CHANGE_TRIES);
}

/** Whether the reader has a token to give back. */
export function hasToken(): boolean {
  return token !== null;
}

/** Whether the token holds a scope: what it may not do is not offered. */
export function may(scope: Scope): boolean {
  return session.value.state === "in" && session.value.caller.scopes.includes(scope);
}
