import { findProgram } from '../../files/program.js';

type Part = 'gnupg' | 'pinentry';

// Each package manager with its names of the packages; the first one that is there counts.
const MANAGERS: readonly (readonly [program: string, install: string, packages: Readonly<Record<Part, string>>])[] = [
  ['apt-get', 'apt-get install', { gnupg: 'gnupg', pinentry: 'pinentry-curses' }],
  ['dnf', 'dnf install', { gnupg: 'gnupg2', pinentry: 'pinentry' }],
  ['yum', 'yum install', { gnupg: 'gnupg2', pinentry: 'pinentry' }],
  ['zypper', 'zypper install', { gnupg: 'gpg2', pinentry: 'pinentry' }],
  ['apk', 'apk add', { gnupg: 'gnupg', pinentry: 'pinentry' }],
  ['pacman', 'pacman -S', { gnupg: 'gnupg', pinentry: 'pinentry' }],
  ['brew', 'brew install', { gnupg: 'gnupg', pinentry: 'pinentry-mac' }],
];

/** The command that installs a part of GnuPG on this machine. */
export function installCommand(part: Part, environment: NodeJS.ProcessEnv): string {
  const found = MANAGERS.find(([program]) => findProgram(program, environment) !== undefined);
  const [, install, packages] = found ?? ['', 'apt-get install', { gnupg: 'gnupg', pinentry: 'pinentry-curses' }];
  return `${install} ${packages[part]}`;
}
