// Server-sent events (https://html.spec.whatwg.org/multipage/server-sent-events.html), as far as our API uses
// them. Pure.

export interface ServerEvent {
  readonly event: string;
  /** Null where it has none: the place stays where it was. */
  readonly id: string | null;
  readonly data: string;
}

/**
 * The events that lines make; comments, which only keep the connection alive, and events without data are
 * passed over.
 */
export async function* readEvents(lines: AsyncIterable<string>): AsyncGenerator<ServerEvent> {
  let fields = new Map<string, string>();
  for await (const line of lines) {
    if (line !== "") {
      addField(fields, line);
      continue;
    }
    const data = fields.get("data");
    const [event = "message", id = null] = [fields.get("event"), fields.get("id")];
    if (data !== undefined) yield { event, id, data };
    fields = new Map();
  }
}

function addField(fields: Map<string, string>, line: string): void {
  const [, name = "", value = ""] = /^([^:]*)(?:: ?(.*))?$/s.exec(line.replace(/\r$/, "")) ?? [];
  const before = name === "data" ? fields.get(name) : undefined;
  fields.set(name, before === undefined ? value : `${before}\n${value}`);
}
