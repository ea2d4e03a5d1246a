import type { ActionDocument } from "@postrider/shared/action";
import { parseAction } from "@postrider/shared/parse-action";
import { USER_AGENT } from "@postrider/shared/version";
import { describe, expect, test } from "vitest";
import { type CompiledAction, compileAction } from "./compile.ts";
import { findOutputs } from "./describe.ts";
import { COMPOSE_LIMITS } from "./limits.ts";
import type { Composed } from "./request.ts";
import { toShown } from "./request.ts";
import { withMaskedSecrets } from "./secret-grants.ts";

const KEY = "k3y-v4lue/+ü";
const facts = { id: "d1", dueAt: 1_700_000_000_000 };

function compile(document: Partial<ActionDocument>): CompiledAction {
  return compileAction(parseAction({ id: "a", url: "https://h/x", secrets: ["KEY"], ...document }));
}

function request(composed: Composed) {
  if (composed.kind !== "request") throw new Error(JSON.stringify(composed));
  return composed.request;
}

const scope = { customer: { id: 1, name: "secrets" }, secrets: { KEY } };

describe("refused when the action is saved, with the place", () => {
  test.each<[string, Partial<ActionDocument>, string]>([
    [
      "a snippet in a body",
      { body: "{{ snippets.s }}", snippets: { s: "\n{{ secrets.KEY }}" } },
      "snippets.s (line 2, column 4): uses a secret; secretsInBody: true allows it (it is printed in body)",
    ],
    [
      "a snippet in a snippet, in a branch",
      {
        body: "{% if customer.x %}{{ snippets.s }}{% endif %}",
        snippets: { s: "{{ snippets.t }}", t: "{% assign x = secrets.KEY %}" },
      },
      "snippets.t",
    ],
    [
      "a snippet that names an unlisted one",
      { headers: [{ name: "X", value: "{{ snippets.s }}" }], snippets: { s: "{{ secrets.OTHER }}" } },
      "uses the secret OTHER; the action's secrets do not list it",
    ],
    [
      "a snippet in a path",
      { url: "https://h/{{ snippets.s }}", snippets: { s: "{{ secrets.KEY }}" } },
      "snippets.s",
    ],
    [
      "user info after a snippet that ends it",
      { url: "https://{{ snippets.s }}{{ secrets.KEY }}@h/", snippets: { s: "host/" } },
      "url (line 1",
    ],
    [
      "user info after a branch that may end it",
      { url: "https://{% if customer.x %}host/{% endif %}{{ secrets.KEY }}@h/" },
      "url (line 1",
    ],
    [
      "user info after a raw value",
      { url: "https://{{ customer.x | raw }}{{ secrets.KEY }}@h/" },
      "url (line 1",
    ],
    [
      "snippets in auth",
      { auth: { bearer: { token: "{{ snippets.s }}" } }, snippets: { s: "{{ secrets.KEY }}" } },
      "auth.bearer.token: uses snippets; only secrets can stand here",
    ],
    ["a path", { url: "https://h/{{ secrets.KEY }}" }, "url (line 1"],
    ["a query", { url: "https://h/x?k={{ secrets.KEY }}" }, "url"],
    ["a host", { url: "https://{{ secrets.KEY }}/" }, "url"],
    ["a path with an @", { url: "https://h/{{ secrets.KEY }}@x" }, "url"],
    ["an assign in the URL", { url: "https://{% assign k = secrets.KEY %}u:p@h/{{ k }}" }, "url"],
    ["raw user info", { url: "https://u:{{ secrets.KEY | raw }}@h/" }, "url"],
    ["user info as it is", { url: "https://u:{{ secrets.KEY }}@h/", escaping: "none" }, "url"],
    ["a body", { body: '{"k":\n {{ secrets.KEY }}}' }, "body (line 2"],
    ["a body's tag", { body: "{% if secrets.KEY == 'x' %}1{% endif %}" }, "body"],
    ["a body's cancel", { body: "{% cancel secrets.KEY %}" }, "body"],
    ["a form", { form: [{ name: "k", value: "{{ secrets.KEY }}" }] }, "form[0].value"],
    [
      "a name that is not listed",
      { headers: [{ name: "X", value: "{{ secrets.OTHER }}" }] },
      "headers[0].value",
    ],
    ["all secrets", { headers: [{ name: "X", value: "{{ secrets }}" }] }, "headers[0].value"],
    [
      "a computed name",
      { headers: [{ name: "X", value: "{{ secrets[customer.name] }}" }] },
      "headers[0].value",
    ],
    ["an unlisted one in auth", { auth: { bearer: { token: "{{ secrets.NO }}" } } }, "auth.bearer.token"],
    ["a customer's data in auth", { auth: { bearer: { token: "{{ customer.id }}" } } }, "auth.bearer.token"],
  ])("%s", (_, document, place) => {
    expect(() => compile(document)).toThrow(place);
  });
});

test.each([
  "{{ 'a' | append: secrets.KEY }}",
  "{{ 'a' | replace: 'a', secrets.KEY | upcase }}",
  "{{ customer[secrets.KEY] }}",
  "{{ secrets['KEY'] }}",
  "{% assign x = secrets.KEY %}",
  "{% capture x %}{{ secrets.KEY }}{% endcapture %}",
  "{% if customer.id == 1 and customer.name contains secrets.KEY %}1{% endif %}",
  "{% if customer.id %}1{% elsif secrets.KEY %}2{% endif %}",
  "{% unless secrets.KEY %}1{% endunless %}",
  "{% case secrets.KEY %}{% when 1 %}1{% endcase %}",
  "{% case customer.id %}{% when 1, secrets.KEY %}1{% else %}2{% endcase %}",
  "{% for x in secrets.KEY %}1{% endfor %}",
  "{% for x in (1..secrets.KEY) %}1{% endfor %}",
  "{% for x in customer.l limit: secrets.KEY %}1{% else %}2{% endfor %}",
  "{% for x in customer.l %}1{% else %}{{ secrets.KEY }}{% endfor %}",
  "{% cycle 'a', secrets.KEY %}",
  "{% echo secrets.KEY %}",
  "{% random secrets.KEY %}",
  "{% liquid\necho secrets.KEY\n%}",
])("no way of using a secret goes unseen: %s", (body) => {
  expect(() => compile({ body })).toThrow("uses a secret; secretsInBody: true allows it");
});

test("a listed secret stands in headers, in user info, and in a body that may have it", () => {
  const composed = request(
    compile({
      url: "https://us%40er:{{ secrets.KEY }}@h/x",
      headers: [{ name: "X-Sig", value: "a {{ secrets.KEY | sha256 }}" }],
      body: '{"k": {{ secrets.KEY }}}',
      secretsInBody: true,
    }).compose(facts, scope),
  );

  expect(composed.origin + composed.path).toBe("https://h/x");
  expect(composed.body).toBe(JSON.stringify({ k: KEY }).replace(":", ": "));
  expect(composed.headers).toContain(`Basic ${Buffer.from(`us@er:${KEY}`).toString("base64")}`);
  expect(composed.headers.find((text) => /^a [0-9a-f]{64}$/.test(text))).toBeDefined();
});

test("a snippet prints a secret where the template that prints it may have one", () => {
  const compiled = compile({
    url: "https://{{ snippets.login }}@h/x",
    headers: [
      { name: "X-Sig", value: "{{ snippets.signature }}" },
      { name: "X-Plain", value: "{{ snippets.plain }}" },
    ],
    snippets: {
      login: "us%40er:{{ secrets.KEY }}",
      signature: "{{ secrets.KEY | sha256 }}",
      plain: "p",
    },
  });
  const { headers } = request(compiled.compose(facts, scope));

  expect(headers).toContain(`Basic ${Buffer.from(`us@er:${KEY}`).toString("base64")}`);
  expect(headers[headers.indexOf("X-Sig") + 1]).toMatch(/^[0-9a-f]{64}$/);
  expect(compiled.secretHeaders).toEqual(new Set(["x-sig"]));
});

test("texts in the place of a credential are in no description and no complaint", () => {
  const written = { headers: [{ name: "Authorization", value: "Basic {{ 'us:wr1tten' | base64 }}" }] };
  expect(findOutputs(compile(written))).toMatchObject([{ expression: '{{ "***" | base64 }}' }]);

  const broken = { headers: [{ name: "Authorization", value: "Basic {{ 'us:wr1tten' | base64" }] };
  expect(() => compile(broken)).toThrow('headers[0].value (line 1, column 7): output "***" not closed');
});

test("a field that does not use secrets by name is given none, however it asks", () => {
  const sneaky = "{% assign s = 'secrets' %}{{ [s].KEY }}";
  const composed = compile({ headers: [{ name: "X", value: "{{ secrets.KEY }}" }], body: sneaky }).compose(
    facts,
    scope,
  );

  expect(composed).toMatchObject({ kind: "problem", reason: "value_missing" });
  expect(JSON.stringify(composed)).not.toContain(KEY);
});

test("what is shown was composed with masks, so that no filter can carry a secret into it", () => {
  const compiled = compile({
    headers: [
      { name: "X-Custom", value: "{{ secrets.KEY | base64_encode }}" },
      { name: "X-Api-Key", value: "written-into-it" },
    ],
    auth: { basic: { username: "u", password: "{{ secrets.KEY }}" } },
    signing: { scheme: "standard-webhooks", secrets: ["{{ secrets.KEY }}"] },
    body: "{{ secrets.KEY | sha1 }}",
    secretsInBody: true,
  });
  const { action } = compiled;
  const shown = toShown(request(compiled.compose(facts, withMaskedSecrets(scope, action))), action);

  expect(shown.headers).toEqual([
    { name: "Content-Type", value: "application/json" },
    { name: "User-Agent", value: USER_AGENT },
    { name: "X-Custom", value: Buffer.from("***").toString("base64") },
    { name: "X-Api-Key", value: "***" },
    { name: "Idempotency-Key", value: "d1" },
    { name: "Authorization", value: "***" },
    { name: "webhook-id", value: "***" },
    { name: "webhook-timestamp", value: "***" },
    { name: "webhook-signature", value: "***" },
  ]);
});

test("what takes long to render is refused in auth, where nothing could stop it", () => {
  const token = "{% for i in (1..10000) %}{{ secrets.KEY }}{% endfor %}";
  const action = parseAction({ id: "a", url: "https://h/x", secrets: ["KEY"], auth: { bearer: { token } } });
  const lowered = { ...COMPOSE_LIMITS, cheapWorkMax: 10_000 };

  expect(() => compileAction(action, lowered)).toThrow("auth.bearer.token: takes too much to render");
});

test("credentials are rendered from secrets, and a problem with one does not show it", () => {
  const render = (auth: ActionDocument["auth"], secrets = { KEY }) =>
    compile({ auth }).renderCredentials?.(secrets);

  expect(render({ basic: { username: "u", password: "{{ secrets.KEY }}" } })).toMatchObject({
    auth: `Basic ${Buffer.from(`u:${KEY}`).toString("base64")}`,
  });
  expect(
    render({
      oauth2: { tokenUrl: "https://t/x?y", clientId: "c", clientSecret: "{{ secrets.KEY }}", scope: "a b" },
    }),
  ).toMatchObject({
    auth: {
      tokenUrl: { origin: "https://t", path: "/x?y" },
      clientSecret: KEY,
      scope: "a b",
      audience: null,
      clientAuthentication: "basic",
    },
  });
  const broken = render({ bearer: { token: "{{ secrets.KEY }}" } }, { KEY: "line\nbreak" });
  expect(broken).toMatchObject({ problem: { field: "auth.bearer.token" } });
  expect(JSON.stringify(broken)).not.toContain("break\n");
  expect(JSON.stringify(broken)).not.toMatch(/line\\nbreak/);
});

test("a credential does not end with the line break of its YAML block", () => {
  const render = (auth: ActionDocument["auth"], secrets = { KEY }) =>
    compile({ auth }).renderCredentials?.(secrets);

  expect(render({ bearer: { token: "{{ secrets.KEY }}\n" } })).toMatchObject({ auth: `Bearer ${KEY}` });
  expect(render({ bearer: { token: "{{ secrets.KEY }}" } }, { KEY: "t\r\n" })).toMatchObject({
    auth: "Bearer t",
  });
  expect(render({ basic: { username: "u\n", password: "{{ secrets.KEY }}\n" } })).toMatchObject({
    auth: `Basic ${Buffer.from(`u:${KEY}`).toString("base64")}`,
  });
});

test("an empty secret leaves no segment of a token's URL out", () => {
  const oauth2 = { tokenUrl: "https://t/{{ secrets.KEY }}/token", clientId: "c", clientSecret: "s" };
  expect(compile({ auth: { oauth2 } }).renderCredentials?.({ KEY: "" })).toMatchObject({
    problem: {
      field: "auth.oauth2.tokenUrl",
      message: expect.stringContaining("{{ secrets.KEY }} is empty"),
    },
  });
});

test("the name of the header with the delivery's id is the action's to choose", () => {
  expect(
    request(compile({ idempotencyHeader: "X-CIO-Idempotency-Key" }).compose(facts, scope)).headers,
  ).toEqual(["User-Agent", USER_AGENT, "X-CIO-Idempotency-Key", "d1"]);
});
