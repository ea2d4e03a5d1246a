// Tags of campaign templates besides Liquid's own: chance, identifiers, calling a delivery off; and those of
// mails, refused.

import {
  type Context,
  type Emitter,
  type Liquid,
  Tag,
  type TagToken,
  type TopLevelToken,
  toValueSync,
  Value,
} from "liquidjs";
import { PrintingTag } from "../escape/places.ts";
import { print } from "../escape/print.ts";
import { drawBytes } from "./delivery-facts.ts";
import { toNumber } from "./to-number.ts";

/** Thrown by `cancel`: the delivery ends as cancelled, unsent. */
export class CancelledByTemplate extends Error {}

/** Links and footers of mails, which mean nothing in a request. */
const MAIL_TAGS = [
  "view_in_browser_url",
  "unsubscribe_url",
  "unsubscribe",
  "manage_subscription_preferences_url",
  "tracking_consent_url",
  "subscription_topic_name",
  "cio_link",
  "cio_link_id",
  "countdown",
];
/** They would read files, or render Liquid that stands in data. */
const REFUSED_TAGS: Readonly<Record<string, string>> = {
  include: "reads other templates; there are none here",
  render: "reads other templates; there are none here",
  layout: "reads other templates; there are none here",
  block: "belongs to layouts; there are none here",
  render_liquid: "would render Liquid that stands in data, which anybody may have written",
  tablerow: "writes HTML tables; use for",
};

/** Whether a tag is known only to be refused. */
export function isRefusedTag(name: string): boolean {
  return MAIL_TAGS.includes(name) || name in REFUSED_TAGS;
}

/** Registers the tags. `field` names the field of the action, so that each draws chance of its own. */
export function registerTags(liquid: Liquid, field: string): void {
  liquid.registerTag(
    "random",
    printingTag((context, max) =>
      String(drawBytes(context, field).readUIntBE(0, 6) % Math.max(1, Math.floor(toNumber(max)) || 1)),
    ),
  );
  liquid.registerTag(
    "generate_uuid",
    printingTag((context) => toUuid(drawBytes(context, field))),
  );
  const cancel = printingTag((_, reason) => {
    throw new CancelledByTemplate(print(reason));
  });
  liquid.registerTag("cancel", cancel);
  liquid.registerTag("abort_message", cancel);
  for (const name of MAIL_TAGS)
    liquid.registerTag(name, refusedTag("belongs to mails; it is not available in webhooks"));
  for (const [name, why] of Object.entries(REFUSED_TAGS)) liquid.registerTag(name, refusedTag(why));
}

/** A tag that prints what it makes of its one argument, which may stand in parentheses. */
function printingTag(make: (context: Context, argument: unknown) => string) {
  return class extends PrintingTag {
    readonly argument: Value | null;

    constructor(token: TagToken, remaining: TopLevelToken[], liquid: Liquid) {
      super(token, remaining, liquid);
      const text = token.args
        .trim()
        .replace(/^\((.*)\)$/s, "$1")
        .trim();
      this.argument = text === "" ? null : new Value(text, liquid);
    }

    override render(context: Context, emitter: Emitter): void {
      emitter.write(
        make(context, this.argument === null ? undefined : toValueSync(this.argument.value(context, false))),
      );
    }
  };
}

function refusedTag(why: string) {
  return class extends Tag {
    constructor(token: TagToken, remaining: TopLevelToken[], liquid: Liquid) {
      super(token, remaining, liquid);
      throw new Error(`the tag ${token.name} ${why}`);
    }

    override render(): void {
      // Never made, so never rendered.
    }
  };
}

/** RFC 9562 section 5.4: a version 4 UUID of the delivery's own chance. */
function toUuid(bytes: Buffer): string {
  bytes[6] = ((bytes[6] ?? 0) & 0x0f) | 0x40;
  bytes[8] = ((bytes[8] ?? 0) & 0x3f) | 0x80;
  return bytes.toString("hex", 0, 16).replace(/^(.{8})(.{4})(.{4})(.{4})(.{12})$/, "$1-$2-$3-$4-$5");
}
