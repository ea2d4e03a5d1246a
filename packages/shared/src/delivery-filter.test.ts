import { expect, test } from "vitest";
import { deliveryFilterSchema } from "./delivery-filter.ts";

test.each(["gne", 7, null, [], { toString: "" }])(
  "a field of a filter that is %j gets a message, whatever it is",
  (value) => {
    for (const field of Object.keys(deliveryFilterSchema.shape)) {
      const { error } = deliveryFilterSchema.safeParse({ [field]: value });
      for (const { message } of error?.issues ?? []) expect(message, field).toMatch(/[a-z]/);
    }
  },
);

test("a reason that is none is named, with the one that was meant", () => {
  const { error } = deliveryFilterSchema.safeParse({ reason: "reply_4x" });
  expect(error?.issues[0]?.message).toBe('"reply_4x" is none; did you mean reply_4xx?');
});
