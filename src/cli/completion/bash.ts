import type { CompletedCommand, CompletedOption, Word } from './command-line.js';

/** A script for bash: what it does not complete is a file name, as bash would do without it. */
export function bashScript(commands: readonly CompletedCommand[]): string {
  return `# bash completion for eyaml; made by: eyaml completion bash
_eyaml() {
  local cur=\${COMP_WORDS[COMP_CWORD]} prev=\${COMP_WORDS[COMP_CWORD-1]} at=1 command= options= valued= values= many= operands=()
  COMPREPLY=()
  # Bash takes = for a word of its own.
  if [[ $cur == "=" ]]; then cur=; elif [[ $prev == "=" ]]; then prev=\${COMP_WORDS[COMP_CWORD-2]}; fi
  case "\${COMP_WORDS[1]-} \${COMP_WORDS[2]-}" in
${commands
  .filter(({ name }) => name.includes(' '))
  .map(twoWords)
  .join('')}    *) command=\${COMP_WORDS[1]-} ;;
  esac
  if (( COMP_CWORD <= at )); then
    case "$at" in
      1) COMPREPLY=($(compgen -W '${firstWords(commands)}' -- "$cur")) ;;
    esac
    return
  fi
  case "$command" in
${commands.map(branch).join('')}  esac
  if [[ -n $values ]]; then COMPREPLY=($(compgen -W "$values" -- "$cur")); return; fi
  if [[ $cur == -* ]]; then COMPREPLY=($(compgen -W "$options" -- "$cur")); return; fi
  local i count=0 file=
  for (( i = at + 1; i < COMP_CWORD; i++ )); do
    [[ \${COMP_WORDS[i]} != -* && " $valued " != *" \${COMP_WORDS[i-1]} "* ]] || continue
    (( count > 0 )) || file=\${COMP_WORDS[i]}
    (( ++count ))
  done
  [[ -z $many || $count -lt \${#operands[@]} ]] || count=$(( \${#operands[@]} - 1 ))
  case "\${operands[count]-}" in
    @key)
      local key word=\${COMP_LINE:0:COMP_POINT}
      word=\${word##* }
      # Keys are the text of others: compgen would expand them.
      while read -r key; do
        [[ $key != "$word"* ]] || COMPREPLY+=("$(printf '%q' "$key")")
      done < <(eyaml completion bash --keys "$file" 2>/dev/null)
      # The part up to the last colon is there already.
      [[ $word != *:* || $COMP_WORDBREAKS != *:* ]] || COMPREPLY=("\${COMPREPLY[@]#"\${word%"\${word##*:}"}"}") ;;
    @command) COMPREPLY=($(compgen -W '${firstWords(commands)} options' -- "$cur")) ;;
    @*) ;;
    ?*) COMPREPLY=($(compgen -W "\${operands[count]//,/ }" -- "$cur")) ;;
  esac
}
complete -o bashdefault -o default -F _eyaml eyaml
`;
}

function firstWords(commands: readonly CompletedCommand[]): string {
  return [...new Set(commands.map(({ name }) => name.split(' ')[0]))].join(' ');
}

function twoWords({ name }: CompletedCommand): string {
  return `    '${name}') command='${name}' at=2 ;;\n`;
}

function branch(
  { name, options, operands, takesMany }: CompletedCommand,
  _: number,
  all: readonly CompletedCommand[],
): string {
  const below = all.flatMap((other) => (other.name.startsWith(`${name} `) ? [other.name.slice(name.length + 1)] : []));
  const words = [...(below.length > 0 ? [below] : []), ...operands].map((word) => `'${wordOf(word)}'`);
  const values = options.flatMap((option) =>
    Array.isArray(option.value)
      ? [`        ${namesOf(option).join('|')}) values='${option.value.join(' ')}' ;;\n`]
      : [],
  );
  return `    '${name}')
      options='${options.flatMap(namesOf).join(' ')}' operands=(${words.join(' ')})${takesMany ? ' many=1' : ''}
      valued='${options
        .filter(({ value }) => value !== undefined)
        .flatMap(namesOf)
        .join(' ')}'
      case "$prev" in
${values.join('')}        *) ;;
      esac ;;
`;
}

const wordOf = (word: Word) => (typeof word === 'string' ? `@${word}` : word.join(','));

const namesOf = ({ name, char }: CompletedOption) => [...(char === undefined ? [] : [`-${char}`]), `--${name}`];
