// The request of a delivery, as somebody looks at it: composed anew, credentials masked, for as long as the
// delivery is kept.

import { expect, test } from "vitest";
import { expectProblem, startApi } from "../support/api.ts";
import { newKey } from "../support/secret-keys.ts";

test("a delivery that waits shows the request that it will send; one that is gone says so", async () => {
  await using api = await startApi({ POSTRIDER_SECRET_KEYS: newKey("k1") });
  const { producer } = api;
  await producer.secrets.set("KEY", "a secret of some length");
  await producer.actions.apply({
    id: "a",
    url: "https://example.com/{{ customer.id }}",
    headers: [{ name: "X-Api-Key", value: "{{ secrets.KEY }}" }],
    secrets: ["KEY"],
    body: '{"order": {{ customer.order }}}',
  });
  const { id } = await producer.enqueue({
    action: "a",
    customer: { id: "c-1", order: 9_007_199_254_740_993n },
  });
  const { id: failing } = await producer.enqueue({ action: "a", customer: { id: "c-2" } });

  const { json, text } = await api.request("GET", `/v1/deliveries/${id}/request`);
  expect(json).toMatchObject({
    request: { method: "POST", url: "https://example.com/c-1" },
    delivery: { action: "a@1", customer: { id: "c-1" } },
    curl: expect.stringContaining("curl"),
    problems: [],
  });
  expect(text).toContain('{\\"order\\": 9007199254740993}');
  expect(text).not.toContain("a secret of some length");

  const { json: bad } = await api.request("GET", `/v1/deliveries/${failing}/request`);
  expect(bad).toMatchObject({ request: null, problems: [{ message: expect.stringMatching(/missing/) }] });

  await producer.deliveries.cancel(id);
  const { json: gone } = await api.request("GET", `/v1/deliveries/${id}/request`);
  expect(gone).toMatchObject({ delivery: null, problems: [{ message: expect.stringMatching(/no more/) }] });
  expectProblem(await api.request("GET", "/v1/deliveries/none/request"), "delivery_unknown");
});
