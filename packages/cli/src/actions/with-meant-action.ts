// An action that is not in the store, told with the one that was probably meant.

import { hasCode, PostriderError } from "@postrider/shared/errors";
import { suggest } from "@postrider/shared/suggest";
import type { Service } from "../service.ts";

/**
 * Asks for an action.
 * @param ref `id` or `id@version`.
 * @throws what `ask` does; `action_unknown` with a suggestion where one id in the store is near.
 */
export async function withMeantAction<T>(
  { actions }: Pick<Service, "actions">,
  ref: string,
  ask: () => Promise<T>,
): Promise<T> {
  try {
    return await ask();
  } catch (error) {
    if (!hasCode(error, "action_unknown")) throw error;
    const [id = ""] = ref.split("@", 1);
    const known = (await actions.list()).map((one) => one.id);
    const meant = suggest(id, known);
    if (meant === null || meant === id) throw error;
    throw new PostriderError("action_unknown", `${(error as Error).message}; did you mean ${meant}?`, {
      cause: error,
    });
  }
}
