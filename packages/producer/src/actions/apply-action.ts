// A document is saved as an action's latest version, and its limits hold from then on.

import { compileDraft } from "@postrider/compose/compile-draft";
import { findWarnings } from "@postrider/compose/warnings";
import { asProducer } from "@postrider/redis/connect";
import { restoreAction } from "@postrider/redis/scripts/archive-action";
import { saveAction } from "@postrider/redis/scripts/save-action";
import type { Store } from "@postrider/redis/shard";
import type { Action } from "@postrider/shared/action";
import type { ActionVersion } from "@postrider/shared/action-ref";
import { MASK } from "@postrider/shared/credential-names";
import { PostriderError, type Problem } from "@postrider/shared/errors";
import { stringifyExact } from "@postrider/shared/exact-json";
import { findMasks } from "@postrider/shared/mask";
import { invalidAction, parseActionDocument } from "@postrider/shared/parse-action";
import type { Sealer } from "@postrider/shared/seal";
import { openStoredAction, toStoredAction } from "@postrider/shared/stored-action";
import type { SnippetStore } from "../snippets/snippets.ts";
import type { AnnounceLimits } from "./announce-limits.ts";
import { toDigest } from "./saved-versions.ts";

export interface Applied extends ActionVersion {
  /** False: the same content was saved already, and no new version was made. */
  readonly isNew: boolean;
  /** The action was archived, and is no more. */
  readonly isRestored: boolean;
  /** What will surprise, although it was saved. */
  readonly warnings: readonly Problem[];
}

export interface Applying {
  readonly store: Store;
  readonly announce: AnnounceLimits;
  readonly snippets: SnippetStore;
  readonly sealer: Sealer;
}

/** @throws `action_invalid`, `precondition_failed`. */
export async function applyAction(
  document: unknown,
  ifLatest: number | undefined,
  { store, announce, snippets, sealer }: Applying,
): Promise<Applied> {
  const { action: given, examples } = parseActionDocument(document);
  refuseMasks(given);
  const action = await snippets.addTo(given);
  const warnings = findWarnings(compileDraft(action));
  const stored = toStoredAction(action, sealer);
  const same = await findSame(store, action, sealer);
  if (same !== null) {
    if (ifLatest !== undefined && ifLatest !== same.version) throw changed(action.id, ifLatest);
    await asProducer(() =>
      store.redis.hset(store.keys.action(action.id), "examples", stringifyExact(examples)),
    );
    const isRestored = (await restoreAction(store, action.id)) === true;
    await announce(action, same);
    return { ...same, isNew: false, isRestored, warnings };
  }
  const digest = toDigest(stored);
  const version = {
    id: action.id,
    digest,
    document: stored,
    examples: stringifyExact(examples),
    ifLatest,
  };
  const saved = await saveAction(store, version);
  if (saved === null) throw changed(action.id, ifLatest);
  const { wasArchived, isNew } = saved;
  await announce(action, { id: action.id, version: saved.version });
  return { id: action.id, version: saved.version, isNew, isRestored: wasArchived, warnings };
}

/** What somebody saved who saw a mask would be sent as it is. @throws `action_invalid`. */
export function refuseMasks(action: Action): void {
  const problems = findMasks(action).map((field) => ({
    field,
    message: `is ${MASK}, which stands where a credential is not shown; write the credential, or better name a stored secret`,
  }));
  if (problems.length > 0) throw invalidAction(problems);
}

function changed(id: string, ifLatest: number | undefined): PostriderError {
  return new PostriderError(
    "precondition_failed",
    ifLatest === 0
      ? `the action ${id} is there already`
      : `version ${ifLatest} of ${id} is not the latest one`,
  );
}

/**
 * The latest version, where it says the same; what is sealed differs each time, so that its digest cannot
 * tell.
 */
export async function findSame(store: Store, action: Action, sealer: Sealer): Promise<ActionVersion | null> {
  const key = store.keys.action(action.id);
  const latest = await asProducer(() => store.redis.hget(key, "latest"));
  const stored = latest === null ? null : await asProducer(() => store.redis.hget(key, latest));
  if (latest === null || stored === null) return null;
  const opened = openStoredAction(stored, sealer);
  if ("problem" in opened || JSON.stringify(opened.document) !== JSON.stringify(action)) return null;
  return { id: action.id, version: Number(latest) };
}
