// The completion script for fish.

import type { Completed, CompletionTables, Offer } from "./tables.ts";

export function toFish({ commands, flags, arguments: places }: CompletionTables): string {
  const atCommands = commands.map(
    ({ path, subcommands, flags: own }) => `        case ${quote(path)}
            set -g __postrider_subcommands ${subcommands.map(({ word }) => quote(word)).join(" ")}
            set -g __postrider_offers ${(subcommands.length > 0 ? subcommands : own).map(toDescribed).join(" ")}
            set -g __postrider_flags ${own.map(toDescribed).join(" ")}`,
  );
  const atFlags = flags.map(
    ({ path, flags: names, takes, ...completed }) =>
      `        case ${names.map((name) => quote(`${path} ${name}`)).join(" ")}
            set -g __postrider_takes ${takes}${toAssignments(completed)}`,
  );
  const atArguments = places
    .filter(({ kind, choices }) => kind !== null || choices.length > 0)
    .map(
      ({ path, place, ...completed }) =>
        `        case ${quote(`${path} ${place ?? "*"}`)}${toAssignments(completed)}`,
    );
  return `${HEAD}
function __postrider_command
    set -g __postrider_subcommands
    set -g __postrider_offers
    set -g __postrider_flags
    switch $argv[1]
${atCommands.join("\n")}
    end
end

function __postrider_flag
    set -g __postrider_takes ''
    set -g __postrider_kind ''
    set -g __postrider_choices
    switch "$argv[1] $argv[2]"
${atFlags.join("\n")}
    end
end

function __postrider_argument
    set -g __postrider_kind ''
    set -g __postrider_choices
    switch "$argv[1] $argv[2]"
${atArguments.join("\n")}
    end
end
${BODY}`;
}

/** In single quotes, inside of which fish knows `\'` and `\\`. */
function quote(text: string): string {
  return `'${text.replaceAll("\\", "\\\\").replaceAll("'", "\\'")}'`;
}

/** A tab parts a word from its description. */
function toDescribed({ word, description }: Offer): string {
  return `${word}\\t${quote(description)}`;
}

function toAssignments({ kind, choices }: Completed): string {
  const lines = [
    ...(kind === null ? [] : [`set -g __postrider_kind ${kind}`]),
    ...(choices.length === 0 ? [] : [`set -g __postrider_choices ${choices.map(quote).join(" ")}`]),
  ];
  return lines.map((line) => `\n            ${line}`).join("");
}

const HEAD = `# Completion of postrider for fish, made by: postrider completion fish
`;

const BODY = `
function __postrider_complete
    set -l words (commandline -opc)
    set -l current (commandline -ct)
    set -l at postrider
    set -l place 0
    set -l pending ''
    set -l flag ''
    for word in $words[2..-1]
        if string match -q -- '-*' $word
            set flag $word
            __postrider_flag $at $flag
            set pending $__postrider_takes
        else if test "$pending" = many
            continue
        else if test -n "$pending"
            set pending ''
        else
            __postrider_command $at
            if contains -- $word $__postrider_subcommands
                set at "$at $word"
            else
                set place (math $place + 1)
            end
        end
    end
    __postrider_command $at
    set -g __postrider_kind ''
    set -g __postrider_choices
    set -l before ''
    if string match -q -- '--*=*' $current
        set before (string replace -r -- '=.*' '=' $current)
        __postrider_flag $at (string replace -r -- '=.*' '' $current)
    else if string match -q -- '-*' $current
        printf '%s\\n' $__postrider_flags
        return
    else if test -n "$pending"
        __postrider_flag $at $flag
    else
        __postrider_argument $at $place
        if test -z "$__postrider_kind$__postrider_choices"
            printf '%s\\n' $__postrider_offers
            return
        end
    end
    for choice in $__postrider_choices
        echo $before$choice
    end
    switch $__postrider_kind
        case ''
        case file
            __fish_complete_path (string replace -- "$before" '' $current)
        case '*'
            for id in ($words[1] __complete $__postrider_kind 2>/dev/null)
                echo $before$id
            end
            if test "$__postrider_kind" = action
                __fish_complete_path $current
            end
    end
end

complete -c postrider -f -a '(__postrider_complete)'
`;
