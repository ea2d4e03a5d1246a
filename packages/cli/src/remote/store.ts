// Snippets and secrets through the API.

import { completeSnippets } from "@postrider/compose/complete-snippets";
import { hasCode } from "@postrider/shared/errors";
import type { Service } from "../service.ts";
import { toMs } from "./times.ts";
import type { Remote } from "./told-as-ours.ts";

export function createRemoteSnippets({ call }: Remote): Service["snippets"] {
  const list = async () => [...(await call("listSnippets")).snippets];
  return {
    set: async (name, text) => void (await call("saveSnippet", { params: { name }, body: { text } })),
    list,
    async get(name) {
      const found = await orNull(call("getSnippet", { params: { name } }));
      return found?.text ?? null;
    },
    async remove(name) {
      return (await orNull(call("removeSnippet", { params: { name } }))) !== null;
    },
    async addTo(action) {
      return completeSnippets(action, async (names) => {
        const known = new Map((await list()).map(({ name, text }) => [name, text]));
        return Object.fromEntries(
          names.flatMap((name) => (known.has(name) ? [[name, known.get(name) ?? ""]] : [])),
        );
      });
    },
  };
}

async function orNull<T>(work: Promise<T>): Promise<T | null> {
  try {
    return await work;
  } catch (error) {
    if (hasCode(error, "snippet_unknown")) return null;
    throw error;
  }
}

export function createRemoteSecrets({ call }: Remote): Service["secrets"] {
  return {
    set: async (name, value) => void (await call("saveSecret", { params: { name }, body: { value } })),
    async list() {
      const { secrets } = await call("listSecrets");
      return secrets.map(({ name, setAt, keyId }) => ({ name, setAt: toMs(setAt), keyId }));
    },
    remove: async (name) => void (await call("removeSecret", { params: { name } })),
  };
}
