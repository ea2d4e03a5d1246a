// Bodies, URLs and forms as people write them, with what a receiver must read back of any customer.

/** A customer whose texts are hostile. */
export interface HostileCustomer {
  readonly id: string;
  readonly name: string;
  readonly city: string;
  readonly email: string | null;
  readonly age: number | string;
  readonly vip: boolean;
  readonly tags: readonly string[];
  readonly orders: readonly { readonly sku: string; readonly price: number; readonly note: string | null }[];
  readonly address: { readonly street: string; readonly lines: readonly string[] };
  readonly "odd name": string;
}

type Read = (customer: HostileCustomer) => unknown;

/** Where a string in a JSON value position reads as a number, true, false or null, it is sent as such. */
export function bare(value: unknown): unknown {
  return typeof value === "string" &&
    /^(?:-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?|true|false|null)$/.test(value)
    ? JSON.parse(value)
    : value;
}

const LOOP = "{% for o in customer.orders %}";
const COMMA = "{% unless forloop.last %},{% endunless %}{% endfor %}";

/** JSON bodies. */
export const JSON_CORPUS: readonly (readonly [template: string, read: Read])[] = [
  ['{"name": "{{ customer.name }}", "city": "{{ customer.city }}"}', ({ name, city }) => ({ name, city })],
  [
    '{"name":"{{customer.name}}","greeting":"Hello {{ customer.name }} of {{ customer.city }}!"}',
    ({ name, city }) => ({ name, greeting: `Hello ${name} of ${city}!` }),
  ],
  [
    '{"name": {{ customer.name | json }}, "age": {{ customer.age }}}',
    ({ name, age }) => ({ name, age: bare(age) }),
  ],
  [
    '{"name": {{ customer.name }}, "vip": {{ customer.vip }}}',
    ({ name, vip }) => ({ name: bare(name), vip }),
  ],
  ['{"age": {{ customer.age | json }}}', ({ age }) => ({ age })],
  [
    '{"email": {% if customer.email %}"{{ customer.email }}"{% else %}null{% endif %}}',
    ({ email }) => ({ email }),
  ],
  [
    '{"email": "{{ customer.email | default: "none" }}"}',
    ({ email }) => ({ email: email === null || email === "" ? "none" : email }),
  ],
  [
    '{"greeting": "{% if customer.vip %}Dear {{ customer.name }}{% else %}Hi {{ customer.name }}, from {{ customer.city }}{% endif %}!"}',
    ({ vip, name, city }) => ({ greeting: vip ? `Dear ${name}!` : `Hi ${name}, from ${city}!` }),
  ],
  [
    '{"tier": {% case customer.vip %}{% when true %}"gold {{ customer.name }}"{% else %}"{{ customer.city }}"{% endcase %}}',
    ({ vip, name, city }) => ({ tier: vip ? `gold ${name}` : city }),
  ],
  [
    '{"a": 1{% if customer.vip %}, "name": "{{ customer.name }}"{% endif %}{% unless customer.vip %}, "city": "{{ customer.city }}"{% endunless %}}',
    ({ vip, name, city }) => (vip ? { a: 1, name } : { a: 1, city }),
  ],
  ["{{ customer | replace: '=>', ':' }}", (customer) => customer],
  ["{{ customer }}", (customer) => customer],
  ["{{ customer | json }}", (customer) => customer],
  [
    '{"customer": {{ customer | replace: "=>", ":" | strip }}, "ok": true}',
    (customer) => ({ customer, ok: true }),
  ],
  ["[{{ customer.tags | json }}, {{ customer.address }}]", ({ tags, address }) => [tags, address]],
  [
    '{"address": "{{ customer.address }}"}',
    ({ address }) => ({ address: JSON.stringify(address).replaceAll("=>", "=\\u003e") }),
  ],
  [
    '{"tags": [{% for tag in customer.tags %}"{{ tag }}"{% unless forloop.last %}, {% endunless %}{% endfor %}]}',
    ({ tags }) => ({ tags }),
  ],
  [
    '{"tags": [{% for tag in customer.tags %}{% unless forloop.first %},{% endunless %}{{ tag | json }}{% endfor %}]}',
    ({ tags }) => ({ tags }),
  ],
  [
    '{"tags": [{% for tag in customer.tags %}{% if forloop.last %}"{{ tag }}"{% else %}"{{ tag }}",{% endif %}{% endfor %}]}',
    ({ tags }) => ({ tags }),
  ],
  [
    '{"tags": "{% for tag in customer.tags %}{{ tag }};{% endfor %}"}',
    ({ tags }) => ({ tags: tags.map((tag) => `${tag};`).join("") }),
  ],
  ['{"tags": "{{ customer.tags | join: ", " }}"}', ({ tags }) => ({ tags: tags.join(", ") })],
  [
    `[${LOOP}{"sku": "{{ o.sku }}", "price": {{ o.price }}, "note": {{ o.note | json }}}${COMMA}]`,
    ({ orders }) => orders,
  ],
  [
    `{"items": [${LOOP}"{{ o.sku }} of {{ customer.name }}"${COMMA}], "count": {{ customer.orders | size }}}`,
    ({ orders, name }) => ({ items: orders.map(({ sku }) => `${sku} of ${name}`), count: orders.length }),
  ],
  [
    `{"notes": [${LOOP}{% if o.note %}"{{ o.note }}"{% else %}null{% endif %}${COMMA}]}`,
    ({ orders }) => ({ notes: orders.map(({ note }) => note) }),
  ],
  [
    `{ ${LOOP}"k{{ forloop.index0 }}": {"v": "{{ o.sku }}"}${COMMA}}`,
    ({ orders }) => Object.fromEntries(orders.map(({ sku }, index) => [`k${index}`, { v: sku }])),
  ],
  [
    `[${LOOP}[{% for t in customer.tags %}"{{ t }}/{{ o.sku }}"{% unless forloop.last %},{% endunless %}{% endfor %}]${COMMA}]`,
    ({ orders, tags }) => orders.map(({ sku }) => tags.map((tag) => `${tag}/${sku}`)),
  ],
  [
    '{% assign full = customer.name | append: " " | append: customer.city %}{"full": "{{ full }}"}',
    ({ name, city }) => ({ full: `${name} ${city}` }),
  ],
  ['{% assign name = customer.name | json %}{"name": {{ name }}}', ({ name }) => ({ name })],
  [
    '{% capture line %}{{ customer.name }}, {{ customer.city }}{% endcapture %}{"line": "{{ line }}"}',
    ({ name, city }) => ({ line: `${name}, ${city}` }),
  ],
  [
    '{% capture person %}{"name": "{{ customer.name }}", "lines": {{ customer.address.lines }}}{% endcapture %}{"person": {{ person }}}',
    ({ name, address }) => ({ person: { name, lines: address.lines } }),
  ],
  [
    '{%- if customer.vip -%} {"a": "{{- customer.name -}}"} {%- else -%} {"b": "{{ customer.city }}"} {%- endif -%}',
    ({ vip, name, city }) => (vip ? { a: name } : { b: city }),
  ],
  [
    '{"odd": "{{ customer["odd name"] }}", "line": "{{ customer.address.lines[0] | default: "-" }}"}',
    (customer) => ({ odd: customer["odd name"], line: customer.address.lines[0] || "-" }),
  ],
  [
    '{"open": {% if customer.vip %}"{% endif %}{{ customer.name }}{% if customer.vip %}"{% endif %}}',
    ({ vip, name }) => ({ open: vip ? name : bare(name) }),
  ],
  [
    '{"sum": {{ customer.orders | sum: "price" }}, "skus": {{ customer.orders | map: "sku" | json }}}',
    ({ orders }) => ({
      sum: orders.reduce((sum, { price }) => sum + price, 0),
      skus: orders.map(({ sku }) => sku),
    }),
  ],
  [
    '{"quote": "\\"{{ customer.name }}\\"", "path": "C:\\\\{{ customer.city }}\\\\"}',
    ({ name, city }) => ({ quote: `"${name}"`, path: `C:\\${city}\\` }),
  ],
  [
    '{% liquid\n assign n = customer.name\n if customer.vip\n  assign n = customer.city\n endif\n%}{"n": "{{ n }}"}',
    ({ vip, name, city }) => ({ n: vip ? city : name }),
  ],
];
