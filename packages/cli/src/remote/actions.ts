// Actions through the API, and test sends, which a worker carries out.

import type { Action } from "@postrider/shared/action";
import { parseActionRef } from "@postrider/shared/action-ref";
import { hasCode, PostriderError } from "@postrider/shared/errors";
import type { TestSend } from "@postrider/worker/test-send";
import type { Service } from "../service.ts";
import { toMsOrNull } from "./times.ts";
import { type Remote, toProblem } from "./told-as-ours.ts";

export function createRemoteActions({ call }: Remote): Pick<Service, "actions" | "checkAction"> {
  const get: Service["actions"]["get"] = async (ref) => {
    checkRef(ref);
    const { id, version, action, archivedAt } = await call("getAction", { params: { id: ref } });
    return { id, version, archivedAt: toMsOrNull(archivedAt), action: action as never };
  };
  /** Null where there is none: the change then says so in its own words. */
  const isArchived = async (id: string): Promise<boolean | null> => {
    try {
      return (await get(id)).archivedAt !== null;
    } catch (error) {
      if (hasCode(error, "action_unknown")) return null;
      throw error;
    }
  };
  return {
    actions: {
      get,
      // The API does not tell whether anything has changed: what stood before does.
      async archive(id) {
        checkId(id);
        const wasArchived = await isArchived(id);
        await call("archiveAction", { params: { id } });
        return { isChanged: wasArchived === false };
      },
      async restore(id) {
        checkId(id);
        const wasArchived = await isArchived(id);
        await call("restoreAction", { params: { id } });
        return { isChanged: wasArchived === true };
      },
      async list({ archived } = {}) {
        const { actions } = await call("listActions", {
          query: { ...(archived === true && { archived: "true" }) },
        });
        return actions.map(({ archivedAt, ...one }) => ({ ...one, archivedAt: toMsOrNull(archivedAt) }));
      },
      async apply(document, { ifLatest } = {}) {
        const { id } = document as { readonly id: string };
        const { warnings, ...applied } = await call("saveAction", {
          params: { id },
          body: document as never,
          ...(ifLatest !== undefined && { headers: toCondition(ifLatest) }),
        });
        return { ...applied, warnings: warnings.map(toProblem) };
      },
    },
    async checkAction(ref) {
      try {
        await get(ref);
      } catch (error) {
        // A token may enqueue what it may not read; enqueueing tells the rest.
        if (!hasCode(error, "forbidden")) throw error;
      }
    },
  };
}

function toCondition(ifLatest: number): Record<string, string> {
  return ifLatest === 0 ? { "if-none-match": "*" } : { "if-match": `"${ifLatest}"` };
}

/** @throws `action_unknown`, as the store says it. */
function checkRef(ref: string): void {
  if (parseActionRef(ref) !== null) return;
  throw new PostriderError(
    "action_unknown",
    `"${ref}" is no action: it must look like my-action or my-action@3`,
  );
}

/** A reference with a version names no action to switch. @throws `action_unknown`, as the store says it. */
function checkId(id: string): void {
  if (parseActionRef(id)?.id === id) return;
  throw new PostriderError("action_unknown", `the action ${id} is not in the store`);
}

type Sample = Parameters<Service["testSend"]>[1];

/** A worker waits for one attempt, as long as the action lets it take. */
const TEST_SEND_MS = 600_000;

export function createTestSend({ call }: Remote): Service["testSend"] {
  return async (action, sample, to) => {
    if (typeof action === "string" && to !== undefined)
      throw new PostriderError(
        "settings_invalid",
        "through the API a worker sends a saved action to its own address: give its file for --to, or unset POSTRIDER_URL to send from this machine",
      );
    const { problems, ...result } = await call("testAction", {
      ...(typeof action === "string" ? toSaved(action, sample) : toDraft(action, sample, to)),
      timeoutMs: TEST_SEND_MS,
    });
    const { request, reply, fault, ...rest } = result;
    return { request, reply, fault, problems: problems.map(toProblem), ...rest } as unknown as TestSend;
  };
}

function toSaved(ref: string, sample: Sample) {
  checkRef(ref);
  return { params: { id: ref }, body: sample };
}

/** A document of this machine, which need not be saved. */
function toDraft(action: Action, sample: Sample, to: string | undefined) {
  const document = { ...action, ...(to !== undefined && { url: to }) };
  return { params: { id: action.id }, body: { ...sample, action: document } };
}
