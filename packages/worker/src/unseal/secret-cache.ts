// The opened secrets that this process holds: those of the actions that it delivers, up to a bound, and read
// again every few seconds, so that a value that was set, rotated or removed is noticed soon.

import type { CompiledAction } from "@postrider/compose/compile";
import type { Secrets } from "@postrider/compose/secret-grants";
import type { Sealer } from "@postrider/shared/seal";
import { LRUCache } from "lru-cache";
import type { Unready } from "../attempt.ts";
import { openSecrets, type ReadStored } from "./open-secrets.ts";

/** An action's secrets, or why they cannot be had. */
export type Found = { readonly kind: "secrets"; readonly secrets: Secrets } | Unready;
export type FindSecrets = (action: CompiledAction) => Found | Promise<Found>;

/** How long a change may go unnoticed; read that seldom it costs nothing. */
const FRESH_MS = 2_000;

const NONE: Found = { kind: "secrets", secrets: {} };

interface Entry {
  readonly readAt: number;
  readonly stored: readonly (string | null)[];
  readonly found: Found;
}

export interface SecretCacheOptions {
  readonly actionsMax: number;
  readonly now: () => number;
  /** Whether a secret is not for actions. */
  readonly isReserved?: (name: string) => boolean;
}

/**
 * Who saves actions may send the secrets that they list anywhere, and a private key is no business of theirs.
 */
function refuse(name: string): Unready {
  const message = `the secret ${name} belongs to POSTRIDER_TLS_FILE and is not given to actions`;
  return { kind: "unready", reason: "secret_missing", message };
}

/** The same object comes back as long as nothing has changed, so that what is made of it can be kept. */
export function createSecretCache(
  read: ReadStored,
  sealer: Sealer,
  { actionsMax, now, isReserved = () => false }: SecretCacheOptions,
): FindSecrets {
  const entries = new LRUCache<CompiledAction, Entry>({ max: actionsMax });
  const reading = new Map<CompiledAction, Promise<Found>>();

  const readAnew = async (action: CompiledAction): Promise<Found> => {
    const names = action.action.secrets;
    const reserved = names.find(isReserved);
    if (reserved !== undefined) return refuse(reserved);
    const stored = await read(names);
    const known = entries.get(action);
    const isSame = known?.stored.every((text, index) => text === stored[index]) === true;
    const found = isSame ? known.found : openAll(names, stored, sealer);
    entries.set(action, { readAt: now(), stored, found });
    return found;
  };

  return (action) => {
    if (action.action.secrets.length === 0) return NONE;
    const known = entries.get(action);
    if (known !== undefined && now() - known.readAt < FRESH_MS) return known.found;
    const pending = reading.get(action) ?? readAnew(action).finally(() => reading.delete(action));
    reading.set(action, pending);
    return pending;
  };
}

function openAll(names: readonly string[], stored: readonly (string | null)[], sealer: Sealer): Found {
  const { values, problems } = openSecrets(names, stored, sealer);
  return problems[0] ?? { kind: "secrets", secrets: Object.fromEntries(values) };
}
