// The request that a dead letter would send, composed again when someone looks: it is stored nowhere.
// Credentials are masked.

import { type CompiledAction, compileAction } from "@postrider/compose/compile";
import type { DeliveryFacts } from "@postrider/compose/dialect/delivery-facts";
import type { Scope } from "@postrider/compose/render/template";
import { type Composed, type ShownRequest, toFailure, toShown } from "@postrider/compose/request";
import { toFacts, toScope } from "@postrider/compose/scope";
import { withMaskedSecrets } from "@postrider/compose/secret-grants";
import type { Action } from "@postrider/shared/action";
import { type Delivery, unpackDelivery } from "@postrider/shared/delivery";
import { PostriderError, type Problem } from "@postrider/shared/errors";
import type { Sealer } from "@postrider/shared/seal";
import type { ActionStore } from "../actions/actions.ts";
import { toCurl } from "./curl.ts";

/** Composes where a template that takes too long can be stopped; a worker's composer is one. */
export type Compose = (
  action: CompiledAction,
  facts: DeliveryFacts,
  scope: Scope,
) => Composed | Promise<Composed>;

export interface WouldSend {
  /** Null where it cannot be composed; the problems say why. */
  readonly request: ShownRequest | null;
  /** A shell command that would send it, with the credentials left out. */
  readonly curl: string | null;
  readonly problems: readonly Problem[];
}

/** A caller's own process has other work to do: only what is provably cheap is composed here. */
const composeCheap: Compose = (action, facts, scope) =>
  action.isCheapFor(scope)
    ? action.compose(facts, scope)
    : toFailure("template_too_costly", {
        field: "",
        message:
          "with these data its templates are not provably cheap, so that only a worker or the command line composes it, where it can be stopped",
      });

interface Composing {
  readonly actions: ActionStore;
  readonly sealer: Sealer;
  readonly compose?: Compose | undefined;
}

/** The request of a delivery, as its next attempt would send it. */
export async function composeShown(
  delivery: Delivery,
  times: { readonly id: string; readonly dueAt: number },
  { actions, sealer, compose = composeCheap }: Composing,
): Promise<WouldSend> {
  const opened = unpackDelivery(delivery, sealer);
  if ("problem" in opened)
    return failed([{ field: "", code: "key_missing", message: `the delivery ${opened.problem}` }]);
  try {
    const compiled = compileAction((await actions.get(delivery.action)).action);
    const scope = withMaskedSecrets(toScope(opened, times.id), compiled.action);
    return toWouldSend(await compose(compiled, toFacts(delivery, times), scope), compiled.action);
  } catch (error) {
    if (!(error instanceof PostriderError) || error.code.startsWith("redis_")) throw error;
    return failed(error.problems.length > 0 ? error.problems : [{ field: "", message: error.message }]);
  }
}

function toWouldSend(composed: Composed, action: Action): WouldSend {
  if (composed.kind === "problem") return failed(composed.problems);
  if (composed.kind === "cancelled")
    return failed([{ field: "", code: "cancelled", message: composed.message }]);
  const request = toShown(composed.request, action);
  return { request, curl: toCurl(request), problems: [] };
}

function failed(problems: readonly Problem[]): WouldSend {
  return { request: null, curl: null, problems };
}
