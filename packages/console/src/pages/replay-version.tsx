// With which version of their actions dead letters are replayed: the one that each was enqueued with, or the
// present one, which is chosen first where there is a newer one, since what failed was mended there.

import { ApiError } from "@postrider/client/api-error";
import { Choice } from "../design/form.tsx";
import { askApi } from "../session/session.ts";

interface Newer {
  /** `id@version`, as it was enqueued. */
  readonly action: string;
  readonly present: number;
}

/** Of which actions there is a newer version; null where the API does not tell. */
export type Versions = readonly Newer[] | null;

const NAME = "version";
const PRESENT = "present";
/** Named in the dialog. */
const NAMED = 3;

/** @param actions `id@version`, as letters name them. */
export async function findNewer(actions: readonly string[]): Promise<Versions> {
  try {
    const { actions: saved } = await askApi("listActions", { query: { archived: "true" } });
    const present = new Map(saved.map(({ id, version }) => [id, version]));
    return [...new Set(actions)].flatMap((action) => {
      const [id = "", version] = action.split("@");
      const latest = present.get(id);
      return latest === undefined || latest <= Number(version) ? [] : [{ action, present: latest }];
    });
  } catch (error) {
    if (error instanceof ApiError) return null;
    throw error;
  }
}

export function VersionChoice({ of: newer }: { readonly of: Versions }) {
  return (
    <>
      <Choice
        label="Composed with"
        name={NAME}
        value={newer !== null && newer.length > 0 ? PRESENT : "enqueued"}
        of={[
          ["enqueued", "the version it was enqueued with"],
          [PRESENT, "the present version of its action"],
        ]}
      />
      {newer !== null && <p class="hint">{sayNewer(newer)}</p>}
    </>
  );
}

function sayNewer(newer: readonly Newer[]): string {
  if (newer.length === 0) return "No action has a newer version than the one enqueued with.";
  const named = newer.slice(0, NAMED).map(({ action, present }) => `${action} is at version ${present} now`);
  const others = newer.length > NAMED ? `, and ${newer.length - NAMED} more have newer ones` : "";
  return `${named.join(", ")}${others}.`;
}

/** What the API is told of the choice. */
export function toVersion({ [NAME]: version }: Readonly<Record<string, string>>) {
  return version === PRESENT ? { presentVersion: true } : {};
}
