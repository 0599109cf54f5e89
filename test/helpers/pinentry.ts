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

/** Makes a pinentry that gives the passphrase so many times, or is cancelled when there is none. */
export function fakePinentry(passphrase?: string, times = Infinity): FakePinentry {
  const folder = mkdtempSync('/tmp/eg-pin-');
  const program = path.join(folder, 'pinentry');
  const log = path.join(folder, 'log');
  const cancel = 'echo "ERR 83886179 cancelled"';
  const give = `echo "D ${passphrase ?? ''}"; echo OK`;
  const isSpent = times === Infinity ? 'false' : `[ "$(grep -c START ${log})" -gt ${times} ]`;
  const answer = passphrase === undefined ? cancel : `if ${isSpent}; then ${cancel}; else ${give}; fi`;
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
