// Writes down the command line for people and shells, from what the commands say of themselves: docs/cli.md, the manual page, and the
// completion scripts.
import { mkdir, readFile, writeFile } from 'node:fs/promises';
import { bashScript } from '../dist/src/cli/completion/bash.js';
import { completedCommands } from '../dist/src/cli/completion/command-line.js';
import { fishScript } from '../dist/src/cli/completion/fish.js';
import { zshScript } from '../dist/src/cli/completion/zsh.js';
import { SHARED_GROUPS } from '../dist/src/cli/flags.js';
import { usageOf } from '../dist/src/cli/help.js';

const { version } = JSON.parse(await readFile('package.json', 'utf8'));
const manifest = JSON.parse(await readFile('oclif.manifest.json', 'utf8'));
const commands = Object.values(manifest.commands)
  .filter(({ hidden }) => !hidden)
  .sort((a, b) => (a.id < b.id ? -1 : 1));
const isShared = ({ helpGroup }) => SHARED_GROUPS.includes(helpGroup);
const flagsOf = ({ flags }) => Object.values(flags).filter(({ hidden }) => !hidden);
const shared = flagsOf(commands.find(({ flags }) => 'encrypt-method' in flags)).filter(isShared);

function markdown() {
  const sections = commands.map((command) => {
    const own = flagsOf(command).filter((flag) => !isShared(flag));
    return [
      `## eyaml ${nameOf(command)}\n`,
      `    eyaml ${usageOf(command)}\n`,
      `${sentence(command.summary)} ${command.description ?? ''}`.trim() + '\n',
      list([...Object.values(command.args).map(argument), ...own.map(option)]),
      (command.examples ?? []).map((example) => `    ${exampleOf(example)}\n`).join(''),
    ].filter(Boolean);
  });
  return `<!-- Made by npm run build from the commands themselves. -->

# The command line

${sections.map((parts) => parts.join('\n')).join('\n')}
## Global options

Every command takes these. \`eyaml help options\` shows them, with those of plugins.

${list(shared.map(option))}
## Exit codes

- \`0\`: done
- \`1\`: failed, or \`check\` or \`exposure\` found something
- \`2\`: wrong usage
`;
}

const list = (entries) => entries.map(([name, text]) => `- \`${name}\`${text ? `: ${text}` : ''}\n`).join('');

function argument({ name, description = '', options }) {
  return [name.toUpperCase(), description || (options ?? []).join(', ')];
}

function option(flag) {
  const name = `--${flag.type === 'boolean' && flag.allowNo ? '[no-]' : ''}${flag.name}`;
  const value = flag.type === 'boolean' ? '' : ` ${flag.helpValue ?? flag.options?.join('|') ?? 'VALUE'}`;
  return [`${flag.char ? `-${flag.char}, ` : ''}${name}${value}`, flag.summary];
}

function manual() {
  const parts = commands.flatMap((command) => {
    const own = flagsOf(command).filter((flag) => !isShared(flag));
    const text = [sentence(command.summary), command.description].filter(Boolean).join(' ');
    return [
      `.SS "eyaml ${roff(usageOf(command))}"`,
      roff(text),
      ...[...Object.values(command.args).map(argument), ...own.map(option)].flatMap(entry),
      ...(command.examples ?? []).flatMap((example) => ['.PP', '.RS', '.nf', roff(exampleOf(example)), '.fi', '.RE']),
    ];
  });
  return `${[
    `.TH EYAML 1 "" "hiera-eyaml-gpg ${version}" "User Commands"`,
    '.SH NAME',
    'eyaml \\- encrypted values in Hiera files, for people with GnuPG keys',
    '.SH SYNOPSIS',
    '.B eyaml',
    '.I COMMAND',
    '[options]',
    '.SH COMMANDS',
    ...parts,
    '.SH GLOBAL OPTIONS',
    ...shared.map(option).flatMap(entry),
    '.SH EXIT STATUS',
    '0: done. 1: failed, or check or exposure found something. 2: wrong usage.',
    '.SH FILES',
    ...['hiera-eyaml-gpg.recipients', 'who reads the files in this folder and below'].flatMap(line),
    ...['.eyaml/config.yaml', 'configuration of a folder; in the home, of a person'].flatMap(line),
    ...['/etc/eyaml/config.yaml', 'configuration of a machine'].flatMap(line),
    '.SH SEE ALSO',
    '.BR gpg (1)',
  ].join('\n')}\n`;
}

const line = (text, i) => (i === 0 ? ['.TP', `.I ${roff(text)}`] : [roff(text)]);
const entry = ([name, text]) => ['.TP', `.B ${roff(name)}`, roff(text || ' ')];

// A minus sign that can be copied, and no line that is taken for a request.
function roff(text) {
  return text
    .replaceAll('\\', '\\e')
    .replaceAll('-', '\\-')
    .replaceAll('…', '...')
    .replace(/^([.'])/, '\\&$1');
}

function nameOf({ id }) {
  return id.replaceAll(':', ' ');
}

function sentence(summary) {
  return `${summary.charAt(0).toUpperCase()}${summary.slice(1)}.`;
}

function exampleOf(example) {
  return example.replaceAll('<%= config.bin %>', 'eyaml');
}

await mkdir('man', { recursive: true });
await mkdir('completions', { recursive: true });
const completed = completedCommands(commands);
await writeFile('completions/eyaml.bash', bashScript(completed));
await writeFile('completions/_eyaml', zshScript(completed));
await writeFile('completions/eyaml.fish', fishScript(completed));
await writeFile('docs/cli.md', markdown());
await writeFile('man/eyaml.1', manual());
