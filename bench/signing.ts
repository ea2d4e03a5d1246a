// What signing costs: the worker's own step between compose and send, over the request of the bench, with one
// Standard Webhooks secret. Measured by itself in this process, since in a whole delivery it would drown in
// the noise.

import { randomBytes } from "node:crypto";
import { compileAction } from "@postrider/compose/compile";
import type { ComposedRequest } from "@postrider/compose/request";
import { parseAction } from "@postrider/shared/parse-action";
import { createAuthorizer } from "@postrider/worker/authorize/authorize";
import { type Spread, toSpread } from "./statistics.ts";
import { CONSTANT_BODY, toAction } from "./workload.ts";

export interface SigningCost {
  /** CPU time of one signature, in µs. */
  readonly microsPerDelivery: Spread;
}

const ROUNDS = 7;
/** Long enough for V8 to have optimised it all in the first, which is left out. */
const SIGNATURES = 50_000;

export function measureSigning(): SigningCost {
  const secret = `whsec_${randomBytes(32).toString("base64")}`;
  const signing = { scheme: "standard-webhooks" as const, secrets: [secret] };
  const action = compileAction(parseAction({ ...toAction("http://127.0.0.1:1"), signing }));
  const authorize = createAuthorizer({
    tokens: { get: refuse, renew: refuse },
    send: refuse,
    now: Date.now,
  });
  const request: ComposedRequest = {
    method: "POST",
    origin: "http://127.0.0.1:1",
    path: "/",
    headers: [
      "Content-Type",
      "application/json",
      "X-Campaign",
      "spring",
      "Idempotency-Key",
      "abcdefgh.ijklmnop",
    ],
    body: CONSTANT_BODY,
  };
  const secrets = {};
  const leftMs = (): number => action.action.timeoutMs;
  const round = (): number => {
    const before = process.cpuUsage();
    for (let index = 0; index < SIGNATURES; index++)
      void authorize(request, { id: `abcdefgh.${index}`, action, secrets, sensitive: new Set(), leftMs });
    const { user, system } = process.cpuUsage(before);
    return (user + system) / SIGNATURES;
  };
  const [, ...measured] = Array.from({ length: ROUNDS + 1 }, round);
  return { microsPerDelivery: toSpread(measured) };
}

function refuse(): never {
  throw new Error("signing asks nobody");
}
