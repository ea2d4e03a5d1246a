// A warning about one node of a template: where it stands, as it is written, and what will surprise.

import type { Action } from "@postrider/shared/action";
import type { Problem } from "@postrider/shared/errors";
import { holdsCredential } from "@postrider/shared/mask";
import type { CompiledField } from "./compile.ts";
import { createLocator, maskTexts, textOfToken } from "./render/operands.ts";

type Node = CompiledField["template"]["nodes"][number];
export type Warn = (node: Node, code: string, message: string) => Problem;

/** Says of a node, as it is written and where, what will surprise. */
export function createWarn({ field }: CompiledField, action: Action): Warn {
  const locate = createLocator();
  const isSecret = holdsCredential(field, action);
  return ({ token }, code, message) => ({
    field: token.file ?? field,
    ...locate(token),
    code,
    message: `${isSecret ? maskTexts(textOfToken(token)) : textOfToken(token)} ${message}`,
  });
}
