// The snippet store, in Redis. An action takes what it uses with it when it is saved, so a change here
// reaches an action with its next version, and never a delivery that is on its way.

import { checkSnippet, completeSnippets } from "@postrider/compose/complete-snippets";
import { asProducer } from "@postrider/redis/connect";
import type { Store } from "@postrider/redis/shard";
import type { Action } from "@postrider/shared/action";
import { PostriderError } from "@postrider/shared/errors";
import { SNIPPETS_MAX } from "@postrider/shared/snippet";

export interface SnippetStore {
  /** Saves a text under a name. @throws `action_invalid` for what no template could print. */
  set(name: string, text: string): Promise<void>;
  /** All snippets, by name. */
  list(): Promise<{ name: string; text: string }[]>;
  /** Null where there is none of that name. */
  get(name: string): Promise<string | null>;
  /** @returns false where there was none. Saved actions keep theirs. */
  remove(name: string): Promise<boolean>;
  /** An action with those snippets of the store that its templates name and that it does not bring itself. */
  addTo(action: Action): Promise<Action>;
}

/** Input: KEYS snippets; ARGV name, text, most. Output: 1, or 0 where there are too many. */
const SET = `
if redis.call("HEXISTS", KEYS[1], ARGV[1]) == 0 and redis.call("HLEN", KEYS[1]) >= tonumber(ARGV[3]) then return 0 end
redis.call("HSET", KEYS[1], ARGV[1], ARGV[2])
return 1
`;

export function createSnippetStore(store: Store): SnippetStore {
  const key = store.keys.snippets();
  return {
    async set(name, text) {
      checkSnippet(name, text);
      const wasSet = await asProducer(() => store.redis.eval(SET, 1, key, name, text, SNIPPETS_MAX));
      if (wasSet === 1) return;
      throw new PostriderError(
        "action_invalid",
        `snippets: the store holds ${SNIPPETS_MAX} already; remove one that no action uses`,
      );
    },
    async list() {
      const all = await asProducer(() => store.redis.hgetall(key));
      return Object.entries(all)
        .map(([name, text]) => ({ name, text }))
        .sort((a, b) => (a.name < b.name ? -1 : 1));
    },
    get: (name) => asProducer(() => store.redis.hget(key, name)),
    remove: async (name) => (await asProducer(() => store.redis.hdel(key, name))) === 1,
    addTo: (action) =>
      completeSnippets(action, async (names) => {
        const texts = await asProducer(() => store.redis.hmget(key, ...names));
        return Object.fromEntries(
          names.flatMap((name, index) => {
            const text = texts[index];
            return typeof text === "string" ? [[name, text]] : [];
          }),
        );
      }),
  };
}
