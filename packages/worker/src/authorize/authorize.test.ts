import { compileAction } from "@postrider/compose/compile";
import { parseAction } from "@postrider/shared/parse-action";
import { expect, test } from "vitest";
import { createInterrupts } from "../interrupts.ts";
import { LazyText } from "../lazy-text.ts";
import { createAuthorizer } from "./authorize.ts";
import { digestUnkeyed } from "./identity.ts";
import { createUnsharedTokens } from "./shared-tokens.ts";
import { createTokens } from "./tokens.ts";

const now = () => 1_700_000_000_000;
const authorize = createAuthorizer({
  tokens: createTokens({
    shared: createUnsharedTokens(),
    digest: digestUnkeyed,
    interrupts: createInterrupts(),
    now,
  }),
  send: () => Promise.reject(new Error("no token is needed")),
  now,
});

const signing = { scheme: "standard-webhooks", secrets: [`whsec_${"A".repeat(32)}`] };

test.each([
  ["a credential", { auth: { bearer: { token: "t".repeat(400) } } }],
  ["a signature", { signing }],
])("%s that makes the headers too large is not sent", async (_, credentials) => {
  const action = compileAction(parseAction({ id: "a", url: "https://h/", body: "{}", ...credentials }));
  const authorized = (chars: number) =>
    authorize(
      { method: "POST", origin: "https://h", path: "/", headers: ["X", "x".repeat(chars)], body: "{}" },
      { id: "d", action, secrets: {}, sensitive: new Set(), leftMs: () => 1_000 },
    );

  expect(await authorized(15_000)).toMatchObject({ kind: "authorized" });
  expect(await authorized(16_330)).toMatchObject({
    kind: "unsendable",
    reason: "request_too_large",
    problems: [{ field: "headers" }],
  });
});

test("an action whose rules may forbid the token endpoint does not use a token that another one fetched", async () => {
  const asked: unknown[] = [];
  const tokens = createTokens({
    shared: createUnsharedTokens(),
    digest: digestUnkeyed,
    interrupts: createInterrupts(),
    now,
  });
  const withTokens = createAuthorizer({
    tokens,
    now,
    send: async (_, { action }) => {
      asked.push(action.egress?.allowHosts);
      const body = JSON.stringify({ access_token: `t${asked.length}` });
      return { finding: { kind: "reply", status: 200, headers: {}, body: LazyText.of(body), isCut: false } };
    },
  });
  const oauth2 = { tokenUrl: "https://id.example/token", clientId: "c", clientSecret: "written-in" };
  const authorized = (more: object) => {
    const document = { id: "a", url: "https://h/", body: "{}", auth: { oauth2 }, ...more };
    return withTokens(
      { method: "POST", origin: "https://h", path: "/", headers: [], body: "{}" },
      {
        id: "d",
        action: compileAction(parseAction(document)),
        secrets: {},
        sensitive: new Set(),
        leftMs: () => 1_000,
      },
    );
  };

  await authorized({});
  await authorized({ id: "b" });
  await authorized({ egress: { allowHosts: ["h"] } });
  await authorized({ id: "b", egress: { allowHosts: ["h"] } });

  expect(asked).toEqual([undefined, ["h"]]);
});
