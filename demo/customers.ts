// 10,000 customers with the mess of real life, the same ones at every run.

export interface DemoCustomer extends Record<string, unknown> {
  readonly id: string | number;
  readonly email: string;
  readonly plan: string | null;
}

/** mulberry32: small, fast, and the same everywhere. */
function createRandom(seed: number): () => number {
  let state = seed;
  return () => {
    state = (state + 0x6d2b79f5) | 0;
    let mixed = Math.imul(state ^ (state >>> 15), 1 | state);
    mixed = (mixed + Math.imul(mixed ^ (mixed >>> 7), 61 | mixed)) ^ mixed;
    return ((mixed ^ (mixed >>> 14)) >>> 0) / 4_294_967_296;
  };
}

const NAMES = [
  "Ann",
  'Bob "the Builder"',
  "O'Brien",
  "back\\slash",
  "line\nbreak",
  "tab\there",
  "carriage\rreturn",
  "Zoë",
  "李小龍",
  "Ålesund",
  "🙂 Emoji",
  "👩‍👩‍👧‍👦 family",
  "עברית",
  "العربية \u202e turned",
  "e\u0301 combining",
  "null\u0000byte",
  "line\u2028separator",
  "",
  "{{ customer.id }}",
  "{% raw %}",
  "100 % & <b>more</b>",
  "a=>b => c",
  '{"json": true}',
  "a=1&b=2",
  "  spaces  ",
  "\ufeffmark",
  "true",
  "null",
  "1e5",
  "x".repeat(300),
];
const PLANS = ["free", "gold", 'plat"inum', "7", null];

/** `count` customers; every id is distinct, though not every one is pretty. */
export function* makeCustomers(count: number, seed: number): Generator<DemoCustomer> {
  const random = createRandom(seed);
  const pick = <T>(values: readonly T[]): T => values[Math.floor(random() * values.length)] as T;
  for (let index = 0; index < count; index++) {
    yield {
      id: makeId(index),
      email: `${pick(["ann", "bob+tag", "o'brien", "ü", '"quoted"'])}.${index}@example.com`,
      plan: pick(PLANS),
      first_name: pick(NAMES),
      last_name: pick(NAMES),
      score: pick([0, -1, 0.1, 1e21, Number.MAX_SAFE_INTEGER, index / 7]),
      subscribed: random() < 0.5,
      deleted_at: null,
      tags: Array.from({ length: Math.floor(random() * 4) }, () => pick(NAMES)),
      address: {
        street: pick(NAMES),
        geo: { lat: random() * 180 - 90, points: [[1, 2], []] },
        note: random() < 0.1 ? null : pick(NAMES),
      },
      ...(index % 500 === 0 && { biography: pick(NAMES).repeat(100).padEnd(20_000, 'long "text" 🙂 ') }),
    };
  }
}

function makeId(index: number): string | number {
  if (index % 10 === 0) return index;
  if (index % 10 === 1) return `org/${index}/user`;
  if (index % 10 === 2) return `name with spaces ${index}`;
  if (index % 10 === 3) return `ключ:${index}:🙂`;
  return `c-${index}`;
}
