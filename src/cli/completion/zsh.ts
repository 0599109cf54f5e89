import type { CompletedCommand, CompletedOption, Word } from './command-line.js';

const ACTIONS = { file: '_files', folder: '_files -/', key: '_eyaml_keys', command: '_eyaml_commands', text: '' };

/** A script for zsh; it may be loaded, or stand as \`_eyaml\` in a folder of \`fpath\`. */
export function zshScript(commands: readonly CompletedCommand[]): string {
  const first = new Map(commands.map(({ name, summary }) => [name.split(' ')[0] ?? '', summary]));
  return `#compdef eyaml
# zsh completion for eyaml; made by: eyaml completion zsh
_eyaml_commands() {
  local -a commands=(
${[...first].map(([name, summary]) => `    '${name}:${summary}'\n`).join('')}  )
  _describe command commands
}
_eyaml_keys() {
  local -a keys=("\${(@f)$(eyaml completion zsh --keys "$line[1]" 2>/dev/null)}")
  [[ -z $keys ]] || compadd -a keys
}
_eyaml() {
  if (( CURRENT == 2 )); then _eyaml_commands; return; fi
  local -a line
  case "$words[2] \${words[3]-}" in
${commands
  .filter(({ name }) => name.includes(' '))
  .map(twoWords)
  .join('')}    *) local name=$words[2]; shift words; (( CURRENT-- )) ;;
  esac
  case "$name" in
${commands.map(branch).join('')}  esac
}
if [[ $funcstack[1] == _eyaml ]]; then _eyaml "$@"; else compdef _eyaml eyaml; fi
`;
}

function twoWords({ name }: CompletedCommand): string {
  return `    '${name}') local name='${name}'; shift 2 words; (( CURRENT -= 2 )) ;;\n`;
}

function branch({ name, options, operands, takesMany }: CompletedCommand, _: number, all: readonly CompletedCommand[]) {
  const below = all.flatMap((other) => (other.name.startsWith(`${name} `) ? [other.name.slice(name.length + 1)] : []));
  const places = [...(below.length > 0 ? [below] : []), ...operands];
  const specs = places.map((word, i) => {
    const place = takesMany && i === places.length - 1 ? '*' : String(i + 1);
    return `      '${place}:argument:${actionOf(word)}'`;
  });
  return `    '${name}') _arguments -S ${['', ...options.map(spec), ...specs].join(' \\\n')} ;;\n`;
}

function spec({ name, char, summary, value }: CompletedOption): string {
  const more = value === undefined ? '' : `:value:${actionOf(value)}`;
  const equals = value === undefined ? '' : '=';
  if (char === undefined) return `      '*--${name}${equals}[${summary}]${more}'`;
  return `      '*'{-${char},--${name}${equals}}'[${summary}]${more}'`;
}

function actionOf(word: Word): string {
  return typeof word === 'string' ? ACTIONS[word] : `(${word.join(' ')})`;
}
