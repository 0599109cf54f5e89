import { execFileSync } from 'node:child_process';
import path from 'node:path';
import { cleanEnvironment } from './cli.js';
import { CERTIFICATE_FILE, PRIVATE_KEY_FILE } from './pkcs7.js';

/** A run of the Ruby tool's command. */
export interface RubyRun {
  readonly status: number;
  readonly stdout: string;
  readonly stderr: string;
}

const SCRIPT = path.join(import.meta.dirname, 'ruby-eyaml.rb');

function ask(cwd: string, requests: readonly object[]): unknown[] {
  const answers = execFileSync('ruby', [SCRIPT, PRIVATE_KEY_FILE, CERTIFICATE_FILE], {
    cwd,
    env: cleanEnvironment({ HOME: cwd }),
    input: requests.map((request) => `${JSON.stringify(request)}\n`).join(''),
    maxBuffer: 2 ** 28,
  });
  return answers
    .toString()
    .trimEnd()
    .split('\n')
    .map((line) => JSON.parse(line) as unknown);
}

/** Runs the Ruby tool's command with the fixtures' keys, once for each list of arguments. */
export function rubyEyaml(
  cwd: string,
  commands: readonly (readonly string[])[],
  env: Readonly<Record<string, string>> = {},
): readonly RubyRun[] {
  return ask(
    cwd,
    commands.map((argv) => ({ argv, env })),
  ) as RubyRun[];
}

/** What the Ruby tool's PKCS7 encryptor makes of octets. */
export function rubyPkcs7(verb: 'encrypt' | 'decrypt', all: readonly Uint8Array[]): readonly Buffer[] {
  const requests = all.map((octets) => ({ [verb]: Buffer.from(octets).toString('base64') }));
  return ask('/', requests).map((answer) => Buffer.from(String(answer), 'base64'));
}
