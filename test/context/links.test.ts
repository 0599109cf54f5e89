import { mkdirSync, rmSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { readHead } from '../../src/openpgp/inspect.js';
import { encryptText } from '../../src/verbs/encrypt.js';
import { planRecrypt } from '../../src/verbs/recrypt/plan.js';
import { contextFor } from '../helpers/context.js';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome } from '../helpers/gnupg.js';

const PERSON = { a: 'alice@example.com', b: 'zoe@example.com' } as const;

/** Two folders for different people, by a file in each or by rules of the folder above, and one context for all. */
function scene(how: 'files' | 'rules') {
  const home = createGnupgHome({ secret: ['alice', 'zoe'] });
  onTestFinished(() => home.remove());
  const top = scratchFolder();
  const at = (name: string) => path.join(top, name);
  for (const name of ['a', 'b'] as const) {
    mkdirSync(at(name));
    writeFileSync(at(how === 'files' ? `${name}/hiera-eyaml-gpg.recipients` : `${name}.list`), `${PERSON[name]}\n`);
  }
  if (how === 'rules') {
    mkdirSync(at('.eyaml'));
    const rule = (name: string) => `  - path: ${name}/**\n    recipients_file: ${name}.list\n`;
    writeFileSync(at('.eyaml/config.yaml'), `rules:\n${rule('a')}${rule('b')}`);
  }
  const lead = (link: string, to: string) => {
    rmSync(at(link), { force: true });
    symlinkSync(to, at(link));
  };
  return { context: contextFor(home), at, lead };
}

function readersIn(text: string): string {
  const [, payload = ''] = /ENC\[GPG,([^\]]+)\]/.exec(text) ?? [];
  return readHead(Buffer.from(payload, 'base64')).readers.join();
}

test.each([
  ['files', 'now.yaml', '/x.yaml', 'now.yaml'],
  ['files', 'now', '', 'now/x.yaml'],
  ['rules', 'now.yaml', '/x.yaml', 'now.yaml'],
  ['rules', 'now', '', 'now/x.yaml'],
] as const)('with %s, a link %s that leads elsewhere meanwhile is followed anew', async (how, link, below, name) => {
  const { context, at, lead } = scene(how);
  const encrypt = (target: string) => encryptText(Buffer.from('x'), at(target), context);
  const texts = { a: await encrypt('a/x.yaml'), b: await encrypt('b/x.yaml') };
  const readers = { a: readersIn(texts.a), b: readersIn(texts.b) };
  expect(readers.a).not.toBe(readers.b);
  for (const folder of ['a', 'b', 'a'] as const) {
    writeFileSync(at(`${folder}/x.yaml`), `key: ${texts[folder]}\n`);
    lead(link, folder + below);
    expect(readersIn(await encrypt(name))).toBe(readers[folder]);
    const plan = await planRecrypt([at(name)], { all: false, changeTo: undefined }, context);
    expect([plan.files, plan.problems, plan.upToDate]).toEqual([[], [], 1]);
  }
});
