// The completion script for bash, from 3.2 on, as macOS has it: no associative arrays, no mapfile.

import { type Completed, type CompletionTables, quote } from "./tables.ts";

export function toBash({ commands, flags, arguments: places }: CompletionTables): string {
  const atCommands = commands.map(
    ({ path, subcommands, flags: own }) =>
      `    ${quote(path)}) subcommands=${quote(toWords(subcommands))} flags=${quote(toWords(own))} ;;`,
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
  subcommands='' flags=''
  case "$1" in
${atCommands.join("\n")}
  esac
}

_postrider_flag() {
  takes='' kind='' choices=''
  case "$1 $2" in
${atFlags.join("\n")}
  esac
}

_postrider_argument() {
  kind='' choices=''
  case "$1 $2" in
${atArguments.join("\n")}
  esac
}
${BODY}`;
}

function toWords(offers: readonly { readonly word: string }[]): string {
  return offers.map(({ word }) => word).join(" ");
}

function toAssignments({ kind, choices }: Completed): string {
  return `${kind === null ? "" : ` kind=${kind}`}${choices.length === 0 ? "" : ` choices=${quote(choices.join(" "))}`}`;
}

const HEAD = `# Completion of postrider for bash, made by: postrider completion bash
`;

/** Words are parted here by blanks, since bash also parts them at the : and @ of origins and actions. */
const BODY = `
_postrider() {
  local at=postrider place=0 pending='' flag='' word current kept i
  local subcommands flags takes kind choices
  local line=\${COMP_LINE:0:COMP_POINT} words
  read -ra words <<<"$line"
  case "$line" in *[[:space:]]) words+=('') ;; esac
  current=\${words[\${#words[@]} - 1]}
  for ((i = 1; i < \${#words[@]} - 1; i++)); do
    word=\${words[i]}
    case "$word" in
      -*)
        flag=$word
        _postrider_flag "$at" "$flag"
        pending=$takes
        continue
        ;;
    esac
    if [[ $pending == many ]]; then continue; fi
    if [[ -n $pending ]]; then pending=''; continue; fi
    _postrider_command "$at"
    if [[ " $subcommands " == *" $word "* ]]; then at="$at $word"; else place=$((place + 1)); fi
  done
  COMPREPLY=()
  _postrider_command "$at"
  kind='' choices=''
  case "$current" in
    --*=*)
      _postrider_flag "$at" "\${current%%=*}"
      _postrider_offer "\${current#*=}"
      return
      ;;
    -*)
      COMPREPLY=($(compgen -W "$flags" -- "$current"))
      return
      ;;
  esac
  if [[ -n $pending ]]; then
    _postrider_flag "$at" "$flag"
  elif [[ -n $subcommands ]]; then
    choices=$subcommands
  else
    _postrider_argument "$at" "$place"
    if [[ -z $kind$choices ]]; then choices=$flags; fi
  fi
  _postrider_offer "$current"
}

_postrider_offer() {
  local word ids='' kept i
  if [[ -n $choices ]]; then ids=$choices; fi
  case "$kind" in
    '' | file) ;;
    *) ids=$("\${COMP_WORDS[0]}" __complete "$kind" 2>/dev/null) ;;
  esac
  for word in $ids; do
    if [[ $word == "$1"* ]]; then COMPREPLY+=("$word"); fi
  done
  if [[ ($kind == file || $kind == action) && \${#COMPREPLY[@]} == 0 ]]; then
    compopt -o filenames 2>/dev/null
    while IFS= read -r word; do COMPREPLY+=("$word"); done < <(compgen -f -- "$1")
    return
  fi
  # What bash holds for words of their own already is not to be typed twice.
  kept=\${1%"\${1##*[:@]}"}
  if [[ -n $kept && $COMP_WORDBREAKS == *[:@]* ]]; then
    for ((i = 0; i < \${#COMPREPLY[@]}; i++)); do COMPREPLY[i]=\${COMPREPLY[i]#"$kept"}; done
  fi
}

complete -F _postrider postrider
`;
