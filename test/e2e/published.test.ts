import { spawnSync } from 'node:child_process';
import { chmodSync, mkdirSync, readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, test } from 'vitest';
import { cleanEnvironment, SCRIPT } from '../helpers/cli.js';
import { createScene } from '../helpers/scene.js';

// Command lines from published scripts and editor plugins, as they stand there; those that other tests run are not here.
async function prepare() {
  const scene = createScene({ keys: true });
  const bin = path.join(scene.homeFolder, 'bin');
  mkdirSync(bin);
  writeFileSync(path.join(bin, 'eyaml'), SCRIPT);
  chmodSync(path.join(bin, 'eyaml'), 0o755);
  await scene.run(['set', '--value', 's3cret', 'common.yaml', 'password']);
  scene.write('enc', scene.read('common.yaml').replace(/^---\npassword: |\n$/g, ''));
  const env = cleanEnvironment({ HOME: scene.homeFolder, PATH: `${bin}:${process.env.PATH ?? ''}` });
  return (line: string) =>
    spawnSync('bash', ['-o', 'pipefail', '-c', line], {
      cwd: scene.cwd,
      env,
      encoding: 'utf8',
    });
}

const VALUE = /^ENC\[PKCS7,[\w+/=]+\]$/;
const BLOCK = /^ {2}ENC\[PKCS7,[\w+/=]+\n(?: {2}[\w+/=]+\n)*(?: {2}[\w+/=]*\]\n)$/;

test.each<readonly [string, RegExp | string]>([
  ['eyaml encrypt -o string -q -s s3cret', VALUE],
  ['eyaml encrypt --output="block" --string=s3cret', BLOCK],
  ["printf s3cret | eyaml encrypt --stdin | grep '^string' | cut -c9-", /^ENC\[PKCS7,[\w+/=]+\]\n$/],
  ['eyaml encrypt --pkcs7-public-key=keys/public_key.pkcs7.pem -o string -s s3cret', VALUE],
  ['eyaml decrypt --trace -f common.yaml', '---\npassword: s3cret\n'],
  ['eyaml decrypt -s "$(cat enc)"', 's3cret'],
  ["grep ^password common.yaml | eyaml decrypt --stdin | cut -d' ' -f2", 's3cret\n'],
])('%s', async (line, wanted) => {
  const sh = await prepare();
  const { stdout, status } = sh(line);
  expect(status).toBe(0);
  if (typeof wanted === 'string') expect(stdout).toBe(wanted);
  else expect(stdout).toMatch(wanted);
  const made = /ENC\[[^\]]*\]/.exec(stdout)?.[0];
  if (made !== undefined) expect(sh(`eyaml decrypt -s "${made}"`).stdout).toBe('s3cret');
});

test('the lines for editors in docs/reference.md', async () => {
  const sh = await prepare();
  const reference = readFileSync(path.resolve(import.meta.dirname, '../../docs/reference.md'), 'utf8');
  const lines = (reference.match(/^ {4}eyaml (?:decrypt|encrypt) .*#/gm) ?? []).map((line) => line.trim().slice(0, -1));
  expect(lines).toHaveLength(3);
  const script = lines.join('\n').replaceAll('FILE', 'common.yaml').replace('eyaml encrypt --stdin', 'printf x | $&');
  const { status, stdout } = sh(`set -e\n${script}\ncmp NEW common.yaml && grep 'DEC::PKCS7.s3cret.!' COPY`);
  expect(stdout).toMatch(/^ENC\[PKCS7,[\w+/=]+\]password: DEC::PKCS7\[s3cret\]!\n$/);
  expect(status).toBe(0);
});

test('the script for editor plugins in docs/reference.md', async () => {
  const sh = await prepare();
  const reference = readFileSync(path.resolve(import.meta.dirname, '../../docs/reference.md'), 'utf8');
  const script = /^```sh\n(.*?)^```$/ms.exec(reference)?.[1] ?? '';
  const lines = [
    `set -e\ncat > eyaml-editor << 'END'\n${script}END`,
    'mkdir -p ~/control-repo/data && cp -r keys common.yaml ~/control-repo && chmod +x eyaml-editor',
    'printf "a: DEC::PKCS7[x]!\\n" > copy.yaml',
    './eyaml-editor encrypt -e "$PWD/copy.yaml"',
    'printf x | ./eyaml-editor encrypt -o string --stdin',
    './eyaml-editor decrypt -e common.yaml',
  ];
  const { status, stdout } = sh(lines.join('\n'));
  expect(stdout).toMatch(/^a: ENC\[PKCS7,[^\]]+\]\nENC\[PKCS7,[^\]]+\]---\npassword: DEC::PKCS7\[s3cret\]!\n$/);
  expect(status).toBe(0);
});
