import { readFileSync } from 'node:fs';
import path from 'node:path';
import { afterAll, beforeAll, describe, expect, test } from 'vitest';
import { resolveConfig } from '../../src/config/config.js';
import { createContext } from '../../src/context/context.js';
import { decryptToMarkers } from '../../src/verbs/decrypt.js';
import { canEncryptTo } from '../helpers/abilities.js';
import { cleanEnvironment, eyaml } from '../helpers/cli.js';
import { SILENT } from '../helpers/context.js';
import { CORPUS, encryptedText, expectPlain } from '../helpers/corpus.js';
import { scratchTree } from '../helpers/files.js';
import { BOBS_PASSPHRASE, createGnupgHome, FIXTURES, type GnupgHome } from '../helpers/gnupg.js';

const READERS = ['alice', 'ann', 'puppetmaster', 'carol', 'brian', 'zoe', 'bob', 'rota', 'dan'].filter((name) =>
  canEncryptTo(name),
);

describe.each(READERS)('with the key of %s', (name) => {
  let home: GnupgHome;
  beforeAll(() => {
    home = createGnupgHome({ secret: [name], agentConf: ['allow-preset-passphrase'] });
    if (name === 'bob') presetPassphrase(home);
  });
  afterAll(() => home.remove());

  const decrypt = (file: string) => {
    const config = resolveConfig({ 'gpg-gnupghome': home.path }, { environment: {}, cwd: '/', homeFolder: '/' }, false);
    const context = createContext(config, { environment: cleanEnvironment(), messages: SILENT });
    return decryptToMarkers(encryptedText(file), file, context);
  };

  test.each(CORPUS.filter(({ readers }) => readers.includes(name)))(
    '$file is read as it was written',
    async ({ file }) => expectPlain(await decrypt(file), file),
  );

  test.each(CORPUS.filter(({ readers }) => !readers.includes(name)))('$file is not read', async ({ file }) => {
    await expect(decrypt(file)).rejects.toMatchObject({ code: 'VALUE_UNREADABLE' });
  });
});

function presetPassphrase(home: GnupgHome): void {
  home.gpg(
    ['--pinentry-mode', 'loopback', '--passphrase', BOBS_PASSPHRASE, '--decrypt'],
    home.gpg(['--trust-model', 'always', '-e', '-r', 'bob@example.com'], 'x'),
  );
}

describe('with a keyring of everybody', () => {
  let home: GnupgHome;
  beforeAll(() => {
    home = createGnupgHome({ secret: READERS });
    presetPassphrase(home);
  });
  afterAll(() => home.remove());
  const env = () => ({ GNUPGHOME: home.path });

  test('a binary value comes back byte for byte', async () => {
    const value =
      /ENC\[[^\]]*\]/.exec(readFileSync(path.join(FIXTURES, 'tree/production/keytab.eyaml'), 'utf8'))?.[0] ?? '';
    const { stdoutOctets } = await eyaml(['decrypt', '--stdin'], { env: env(), input: value });
    expect(stdoutOctets).toEqual(readFileSync(path.join(FIXTURES, 'plain/production/keytab.bin')));
  });

  test('a file of mixed methods: the GPG values can be edited, the others keep their bytes', async () => {
    const cwd = scratchTree();
    const before = readFileSync(path.join(cwd, 'pkcs7/mixed.eyaml'), 'utf8');
    const { code, stderr } = await eyaml(['edit', 'pkcs7/mixed.eyaml'], {
      cwd,
      env: { ...env(), EDITOR: 'sed -i "s/DEC(1)::GPG.*/DEC(1)::GPG[changed]!/"' },
    });
    expect(stderr).toContain('3 of 5 values cannot be decrypted and stay as they are');
    expect(code).toBe(0);
    expect(changedLines(before, readFileSync(path.join(cwd, 'pkcs7/mixed.eyaml'), 'utf8'))).toEqual([
      expect.stringMatching(/^mixed::gpg: /),
    ]);
  });

  const editable = CORPUS.filter(({ readers }) => canEncryptTo(...readers));
  test.each([...editable.map(({ file }) => file), 'production/keytab.eyaml'])(
    'edit of %s: one value changed, every other byte is left alone',
    async (file) => {
      const cwd = scratchTree();
      const before = readFileSync(path.join(cwd, file), 'utf8');
      // The first marker gets another plaintext, whatever form it is shown in.
      const editor = `perl -0pi -e 's/DEC\\(1\\)::GPG(:base64)?\\[.*?\\]!/DEC(1)::GPG[changed]!/s'`;
      const { code, stderr } = await eyaml(['edit', file], { cwd, env: { ...env(), EDITOR: editor } });
      expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
      const after = readFileSync(path.join(cwd, file), 'utf8');
      const value = /ENC\[GPG,[A-Za-z0-9+/=\s]+\]/;
      expect(after).not.toBe(before);
      expect(after.replace(value, '…')).toBe(before.replace(value, '…'));
      const shown = await eyaml(['decrypt', '-e', file], { cwd, env: env() });
      expect(/DEC::GPG\[.*?\]!/s.exec(shown.stdout)?.[0]).toBe('DEC::GPG[changed]!');
    },
  );
});

function changedLines(before: string, after: string): string[] {
  const old = before.split('\n');
  return after.split('\n').filter((line, i) => line !== old[i]);
}

describe('what we write', () => {
  const TEAM = ['alice', 'bob', 'carol', 'brian', 'dan', 'puppetmaster', 'olga', 'rota'].filter((name) =>
    canEncryptTo(name),
  );
  let writer: GnupgHome;
  beforeAll(() => {
    writer = createGnupgHome({ pub: [...TEAM, 'mallory'] });
  });
  afterAll(() => writer.remove());

  const encryptFor = async (names: readonly string[], plaintext: string) => {
    const recipients = names.map((name) => (name === 'puppetmaster' ? name : `${name}@example.com`)).join(',');
    const { stdout, code } = await eyaml(['encrypt', '--stdin', '-q', '-o', 'string', '--gpg-recipients', recipients], {
      env: { GNUPGHOME: writer.path },
      input: plaintext,
    });
    expect(code).toBe(0);
    return Buffer.from(/^ENC\[GPG,(.*)\]$/.exec(stdout)?.[1] ?? '', 'base64');
  };

  test.each([[TEAM], [TEAM.filter((name) => name !== 'brian' && name !== 'dan')]])(
    'is read by gpg with the key of each of %s, and is for them alone',
    async (names) => {
      const message = await encryptFor(names, 'for the team');
      for (const name of names) {
        const reader = createGnupgHome({ secret: [name] });
        try {
          const opened = reader.gpg(
            ['--pinentry-mode', 'loopback', '--passphrase', BOBS_PASSPHRASE, '--decrypt'],
            message,
          );
          expect(opened.toString(), name).toBe('for the team');
          const ids = packetKeyIds(writer, message);
          expect(ids).toHaveLength(names.length);
        } finally {
          reader.remove();
        }
      }
      expect(packetKeyIds(writer, message)).toHaveLength(names.length);
      const outsider = createGnupgHome({ secret: ['mallory'] });
      expect(() => outsider.gpg(['--decrypt'], message)).toThrow();
      outsider.remove();
    },
  );

  function packetKeyIds(home: GnupgHome, message: Uint8Array): string[] {
    const listing = home.gpg(['--list-packets', '--list-only'], message).toString();
    return Array.from(
      listing.matchAll(/^:pubkey enc packet: version 3, algo \d+, keyid ([0-9A-F]{16})$/gm),
      ([, id = '']) => id,
    );
  }
});
