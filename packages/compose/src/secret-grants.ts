// Who may see which secrets: checked when an action is compiled, and kept to when it is composed. A field
// that may not see any is given a scope that has none.

import type { Action } from "@postrider/shared/action";
import { MASK } from "@postrider/shared/credential-names";
import type { Problem } from "@postrider/shared/errors";
import { areInUserInfo, findSecretUses, SECRETS, toPlaced, useSecrets } from "./render/secret-uses.ts";
import type { Scope, Template } from "./render/template.ts";

/** Opened secrets by name. */
export type Secrets = Readonly<Record<string, string>>;

/** What stands for an action's secrets where the request is shown and not sent. */
export function toMaskedSecrets({ secrets }: Pick<Action, "secrets">): Secrets {
  return Object.fromEntries(secrets.map((name) => [name, MASK]));
}

/** A scope in which the action's secrets are only masks. */
export function withMaskedSecrets(scope: Scope, action: Pick<Action, "secrets">): Scope {
  return action.secrets.length === 0 ? scope : { ...scope, [SECRETS]: toMaskedSecrets(action) };
}

/** Checks a field's uses of secrets against the action. */
export function checkSecrets(field: string, { nodes }: Template, action: Action): readonly Problem[] {
  const { names, problems, place } = findSecretUses(field, nodes);
  if (place === null) return problems;
  const refuse = (message: string): Problem => toPlaced(field, message, place);
  const found = [...problems];
  for (const name of names)
    if (!action.secrets.includes(name))
      found.push(refuse(`uses the secret ${name}; the action's secrets do not list it`));
  // Not escaped, a secret with a slash in it would become a host, or a path.
  if (field === "url" && (action.escaping === "none" || !areInUserInfo(nodes)))
    found.push(
      refuse(
        "may use a secret in the user info only, escaped: a host, path or query is logged along the way",
      ),
    );
  if (/^(body|form)\b/.test(field) && !action.secretsInBody)
    found.push(refuse("uses a secret; secretsInBody: true allows it"));
  return found;
}

export function usesSecrets({ nodes }: Pick<Template, "nodes">): boolean {
  return useSecrets(nodes);
}

/** The template, with secrets only where it uses them: `checkSecrets` has said that it may. */
export function grantSecrets(template: Template, action: Action): Template {
  if (action.secrets.length === 0 || usesSecrets(template)) return template;
  return {
    ...template,
    render: (scope, facts) => template.render(withoutSecrets(scope), facts),
    findOutputAt: (offset, scope, facts) => template.findOutputAt(offset, withoutSecrets(scope), facts),
  };
}

function withoutSecrets({ [SECRETS]: _, ...rest }: Scope): Scope {
  return rest;
}
