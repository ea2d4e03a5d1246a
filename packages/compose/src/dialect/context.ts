// What a rendering reads its names in: liquidjs' own context, with texts measured in characters.

import { Context } from "liquidjs";
import { countCharacters } from "./characters.ts";

/** liquidjs asks a class for how properties are read. */
export class DialectContext extends Context {
  override readProperty(object: never, name: never): unknown {
    if (typeof object === "string" && name === "size") return countCharacters(object);
    return super.readProperty(object, name);
  }
}
