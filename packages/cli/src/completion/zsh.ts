// The completion script for zsh: works from a folder of $fpath as well as by `source <(…)`.

import { type Completed, type CompletionTables, type Offer, quote } from "./tables.ts";

export function toZsh({ commands, flags, arguments: places }: CompletionTables): string {
  const atCommands = commands.map(
    ({ path, subcommands, flags: own }) =>
      `    ${quote(path)})
      subcommands=(${subcommands.map(toDescribed).join(" ")})
      flags=(${own.map(toDescribed).join(" ")}) ;;`,
  );
  const atFlags = flags.map(
    ({ path, flags: names, takes, ...completed }) =>
      `    ${names.map((name) => quote(`${path} ${name}`)).join("|")}) takes=${takes}${toAssignments(completed)} ;;`,
  );
  const atArguments = places
    .filter(({ kind, choices }) => kind !== null || choices.length > 0)
    .map(({ path, place, ...completed }) => {
      const pattern = place === null ? `${quote(`${path} `)}*` : quote(`${path} ${place}`);
      return `    ${pattern})${toAssignments(completed)} ;;`;
    });
  return `${HEAD}
_postrider_command() {
  subcommands=() flags=()
  case "$1" in
${atCommands.join("\n")}
  esac
}

_postrider_flag() {
  takes='' kind='' choices=()
  case "$1 $2" in
${atFlags.join("\n")}
  esac
}

_postrider_argument() {
  kind='' choices=()
  case "$1 $2" in
${atArguments.join("\n")}
  esac
}
${BODY}`;
}

/** `name:what it means`, as _describe reads it. */
function toDescribed({ word, description }: Offer): string {
  return quote(`${word.replaceAll(":", "\\:")}:${description}`);
}

function toAssignments({ kind, choices }: Completed): string {
  return `${kind === null ? "" : ` kind=${kind}`}${choices.length === 0 ? "" : ` choices=(${choices.map(quote).join(" ")})`}`;
}

const HEAD = `#compdef postrider
# Completion of postrider for zsh, made by: postrider completion zsh
`;

const BODY = `
_postrider() {
  local at=postrider place=0 pending='' flag='' word i
  local takes kind
  local -a subcommands flags choices
  for ((i = 2; i < CURRENT; i++)); do
    word=\${words[i]}
    if [[ $word == -* ]]; then
      flag=$word
      _postrider_flag "$at" "$flag"
      pending=$takes
      continue
    fi
    if [[ $pending == many ]]; then continue; fi
    if [[ -n $pending ]]; then pending=''; continue; fi
    _postrider_command "$at"
    if (( subcommands[(I)\${(b)word}:*] )); then at="$at $word"; else place=$((place + 1)); fi
  done
  _postrider_command "$at"
  kind='' choices=()
  word=\${words[CURRENT]}
  if [[ $word == --*=* ]]; then
    _postrider_flag "$at" "\${word%%=*}"
    compset -P '*='
  elif [[ $word == -* ]]; then
    _describe option flags
    return
  elif [[ -n $pending ]]; then
    _postrider_flag "$at" "$flag"
  elif (( \${#subcommands} )); then
    _describe command subcommands
    return
  else
    _postrider_argument "$at" "$place"
    if [[ -z $kind ]] && (( ! \${#choices} )); then
      _describe option flags
      return
    fi
  fi
  case "$kind" in
    '' | file) ;;
    *) choices=(\${(f)"$("\${words[1]}" __complete "$kind" 2>/dev/null)"}) ;;
  esac
  if (( \${#choices} )); then compadd -- "\${choices[@]}"; fi
  if [[ $kind == file || $kind == action ]]; then _files; fi
}

if [[ \${funcstack[1]} == _postrider ]]; then _postrider "$@"; else compdef _postrider postrider; fi
`;
