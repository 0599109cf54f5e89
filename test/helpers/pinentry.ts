import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import path from 'node:path';

/** A pinentry that never asks anybody. */
export interface FakePinentry {
  /** The line for gpg-agent.conf. */
  readonly agentConf: string;
  /** How many times gpg-agent started it. */
  readonly starts: () => number;
  /** What it was to show, one entry per start. */
  readonly descriptions: () => readonly string[];
  remove(): void;
}

/** Makes a pinentry that gives the passphrase, or is cancelled when there is none. */
export function fakePinentry(passphrase?: string): FakePinentry {
  const folder = mkdtempSync('/tmp/eg-pin-');
  const program = path.join(folder, 'pinentry');
  const log = path.join(folder, 'log');
  const answer = passphrase === undefined ? 'echo "ERR 83886179 cancelled"' : `echo "D ${passphrase}"; echo OK`;
  const script = `#!/bin/bash
echo START >> ${log}
echo "OK ready"
while IFS= read -r line; do
  case "$line" in
    SETDESC*) echo "$line" >> ${log}; echo OK ;;
    GETPIN*) ${answer} ;;
    BYE*) echo OK; exit 0 ;;
    *) echo OK ;;
  esac
done
`;
  writeFileSync(program, script, { mode: 0o700 });
  const logged = (word: string) =>
    existsSync(log)
      ? readFileSync(log, 'utf8')
          .split('\n')
          .filter((line) => line.startsWith(word))
      : [];
  return {
    agentConf: `pinentry-program ${program}`,
    starts: () => logged('START').length,
    descriptions: () => logged('SETDESC').map((line) => decodeURIComponent(line.slice('SETDESC '.length))),
    remove: () => rmSync(folder, { recursive: true }),
  };
}
