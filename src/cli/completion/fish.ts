import type { CompletedCommand, CompletedOption } from './command-line.js';

/** A script for fish: what it does not complete is a file name, as fish would do without it. */
export function fishScript(commands: readonly CompletedCommand[]): string {
  const first = new Map(commands.map(({ name, summary }) => [name.split(' ')[0] ?? '', summary]));
  return `# fish completion for eyaml; made by: eyaml completion fish
function __eyaml_words
    set -l words (commandline -opc)
    string match -v -- '-*' $words[2..]
end
function __eyaml_at
    set -l words (__eyaml_words)
    set -l name (string split ' ' -- $argv[1])
    test (count $words) -ge (count $name); and test "$words[1..$(count $name)]" = "$argv[1]"
end
function __eyaml_count
    __eyaml_at $argv[1]; and test (count (__eyaml_words)) -eq $argv[2]
end
function __eyaml_keys
    eyaml completion fish --keys (__eyaml_words)[-1] 2>/dev/null
end
complete -c eyaml -f -n 'test (count (__eyaml_words)) -eq 0' -a '${[...first.keys()].join(' ')}'
${[...first].map(([name, summary]) => `complete -c eyaml -f -n 'test (count (__eyaml_words)) -eq 0' -a ${name} -d '${summary}'\n`).join('')}${commands.map(lines).join('')}`;
}

function lines({ name, options, operands }: CompletedCommand, _: number, all: readonly CompletedCommand[]): string {
  const below = all.flatMap((other) => (other.name.startsWith(`${name} `) ? [other.name.slice(name.length + 1)] : []));
  const words = name.split(' ').length;
  const places = [...(below.length > 0 ? [below] : []), ...operands].map((word, i) => {
    const candidates = Array.isArray(word) ? word.join(' ') : word === 'key' ? '(__eyaml_keys)' : undefined;
    if (candidates === undefined) return '';
    return `complete -c eyaml -f -n "__eyaml_count '${name}' ${words + i}" -a '${candidates}'\n`;
  });
  return options.map((option) => lineOf(name, option)).join('') + places.join('');
}

function lineOf(command: string, { name, char, summary, value }: CompletedOption): string {
  const short = char === undefined ? '' : ` -s ${char}`;
  const argument = value === undefined ? '' : Array.isArray(value) ? ` -x -a '${value.join(' ')}'` : ' -r';
  return `complete -c eyaml -n "__eyaml_at '${command}'"${short} -l ${name}${argument} -d '${summary}'\n`;
}
