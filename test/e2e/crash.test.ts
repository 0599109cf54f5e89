import { execFileSync, spawnSync } from 'node:child_process';
import { createPrivateKey, X509Certificate } from 'node:crypto';
import { cpSync, existsSync, mkdirSync, readdirSync, readFileSync, statSync, writeFileSync } from 'node:fs';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { readKey, readPrivateKey } from 'openpgp';
import { describe, expect, onTestFinished, test } from 'vitest';
import { resolveConfig } from '../../src/config/config.js';
import { createContext, type Context } from '../../src/context/context.js';
import { findFiles } from '../../src/files/find.js';
import { readMemory } from '../../src/recipients/seen/memory.js';
import { createGpgKeys, createPkcs7Keys } from '../../src/verbs/createkeys.js';
import { decryptText } from '../../src/verbs/decrypt.js';
import { edit } from '../../src/verbs/edit/edit.js';
import { findKeys } from '../../src/verbs/init.js';
import { initFolder } from '../../src/verbs/init-folder.js';
import { applyRecrypt } from '../../src/verbs/recrypt/apply.js';
import { planRecrypt } from '../../src/verbs/recrypt/plan.js';
import { cleanEnvironment, eyaml } from '../helpers/cli.js';
import { SILENT } from '../helpers/context.js';
import { environmentOf, foldersOf, killAtEveryOperation, type Place } from '../helpers/faults.js';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome, FINGERPRINTS, FIXTURES } from '../helpers/gnupg.js';
import { addPublicKeys, keyFile, recipientLine } from '../helpers/key-homes.js';
import { hasPeer } from '../helpers/peers.js';
import { keySource } from '../helpers/pkcs7.js';

// What these tests do needs no GnuPG.
const NO_PROGRAMS = '/nonexistent';
const CANARY = 'canary-4Rk8Wq';
const hasGit = hasPeer('git');

const listing = (folder: string) => readdirSync(folder, { recursive: true, encoding: 'utf8' }).sort();
const readText = (file: string) => readFileSync(file, 'utf8');
const nothing = () => undefined;

/** Files that hold a text, private folders in memory and all. */
function filesWith(text: string, folders: readonly string[]): readonly string[] {
  const { stdout } = spawnSync('grep', ['-rlaF', text, ...folders]);
  return stdout.toString().split('\n').filter(Boolean);
}

/** The tools of the library with the keys of a folder, as a next run has them. */
function contextAt(place: Place): Context {
  const around = { environment: {}, cwd: place.cwd, homeFolder: place.home };
  const keys = {
    'pkcs7-private-key': path.join(place.cwd, 'keys/private_key.pkcs7.pem'),
    'pkcs7-public-key': path.join(place.cwd, 'keys/public_key.pkcs7.pem'),
  };
  const config = resolveConfig(keys, around, false);
  return createContext(config, { environment: { ...environmentOf(place), PATH: NO_PROGRAMS }, messages: SILENT });
}

describe('createkeys that is killed at any moment leaves the old pair or a new one, after the next run', () => {
  const OLD = { private: 'old private key\n', public: 'old public key\n' };

  interface KeysCase {
    readonly what: string;
    readonly method: 'pkcs7' | 'gpg';
    readonly files: readonly [string, string];
    readonly isOverwriting: boolean;
  }
  const cases: readonly KeysCase[] = [
    { what: 'PKCS7, a first pair', method: 'pkcs7', files: ['keys/p.pem', 'keys/q.pem'], isOverwriting: false },
    {
      what: 'PKCS7 over an old pair, in two folders',
      method: 'pkcs7',
      files: ['a/p.pem', 'b/q.pem'],
      isOverwriting: true,
    },
    { what: 'GPG over an old pair', method: 'gpg', files: ['keys/p.asc', 'keys/q.asc'], isOverwriting: true },
  ];

  const stateOf = (file: string, old: string) => {
    if (!existsSync(file)) return 'none';
    return readText(file) === old ? 'old' : 'new';
  };

  async function expectPair(method: string, privateFile: string, publicFile: string): Promise<void> {
    if (method === 'pkcs7') {
      const certificate = new X509Certificate(readText(publicFile));
      expect(certificate.checkPrivateKey(createPrivateKey(readText(privateFile)))).toBe(true);
    } else {
      const secret = await readPrivateKey({ armoredKey: readText(privateFile) });
      expect((await readKey({ armoredKey: readText(publicFile) })).getFingerprint()).toBe(secret.getFingerprint());
    }
    expect(statSync(privateFile).mode & 0o077).toBe(0);
  }

  /** Nothing but the key files is what git would add, and what holds a private key is for its owner alone. */
  function expectKept(cwd: string, files: readonly string[]): void {
    for (const file of filesWith('PRIVATE KEY', [cwd])) expect(statSync(file).mode & 0o077).toBe(0);
    if (!hasGit) return;
    const git = (...args: string[]) => spawnSync('git', args, { cwd }).stdout.toString();
    git('init', '-q');
    const names = git('status', '--porcelain', '-uall')
      .split('\n')
      .filter(Boolean)
      .map((line) => line.slice(3));
    const others = names.filter((name) => !files.includes(name)).map((name) => path.join(cwd, name));
    expect(others.filter((file) => readText(file).includes('PRIVATE KEY'))).toEqual([]);
  }

  test.each(cases)('$what', async ({ method, files: [privateName, publicName], isOverwriting }) => {
    const args = [
      'createkeys',
      '-n',
      method,
      `--${method}-private-key`,
      privateName,
      `--${method}-public-key`,
      publicName,
    ];
    const more = method === 'gpg' ? ['--gpg-user-id', 'ann', '--no-passphrase'] : [];
    const notices = new Set<string>();

    const prepare = ({ cwd }: Place) => {
      if (!isOverwriting) return;
      for (const name of [privateName, publicName]) mkdirSync(path.dirname(path.join(cwd, name)), { recursive: true });
      writeFileSync(path.join(cwd, privateName), OLD.private, { mode: 0o600 });
      writeFileSync(path.join(cwd, publicName), OLD.public);
    };
    // Whether there is anything to overwrite by now is the same question as what the next run did first.
    const nextRun = async (cwd: string, privateFile: string, publicFile: string) => {
      const host = {
        confirmOverwrite: () => Promise.resolve(false),
        notify: (text: string) => void notices.add(text.replaceAll(cwd, '.')),
      };
      const pkcs7 = {
        privateKey: keySource('private', { file: privateFile }),
        publicKey: keySource('public', { file: publicFile }),
        ...{ bits: 2048, subject: '/', digest: 'SHA256' },
      };
      const gpg = { userId: 'ann', type: 'cv25519' as const, expiresSeconds: undefined };
      const place = { privateFile, publicFile, keyHome: '/nonexistent' };
      const run =
        method === 'pkcs7'
          ? createPkcs7Keys(pkcs7, host)
          : createGpgKeys(gpg, place, host, () => Promise.resolve(undefined));
      await run.catch((error: unknown) => expect(error).toMatchObject({ code: 'ABORTED' }));
    };

    await killAtEveryOperation({ args: [...args, ...more], options: { input: 'y\ny\n' } }, prepare, async ({ cwd }) => {
      const [privateFile, publicFile] = [path.join(cwd, privateName), path.join(cwd, publicName)];
      const states = () => `${stateOf(privateFile, OLD.private)} ${stateOf(publicFile, OLD.public)}`;
      // The public key may be ahead of the private one, which is then still there, never behind.
      const before = isOverwriting ? 'old' : 'none';
      expect([`${before} ${before}`, `${before} new`, 'new new']).toContain(states());
      expectKept(cwd, [privateName, publicName]);
      await nextRun(cwd, privateFile, publicFile);
      if (states() !== 'old old') await expectPair(method, privateFile, publicFile);
      expectKept(cwd, [privateName, publicName]);
      const names = listing(cwd).filter((name) => !name.startsWith('.git') && statSync(path.join(cwd, name)).isFile());
      expect(names).toEqual([privateName, publicName].sort());
    });
    expect(notices).toContain(`finished the key pair of a killed createkeys: ./${publicName} and ./${privateName}`);
  });
});

describe('edit that is killed at any moment', () => {
  test('leaves the file old or new, its plaintext in its private folder alone, and after the next edit nowhere', async () => {
    const own = await eyaml(['encrypt', '-n', 'pkcs7', '-s', CANARY, '-o', 'string', ...KEYS], { cwd: FIXTURES });
    const old = `---\na: ${own.stdout}\n`;
    const notices: string[] = [];
    const prepare = ({ cwd }: Place) => {
      cpSync(path.join(FIXTURES, 'keys/pkcs7'), path.join(cwd, 'keys'), { recursive: true });
      writeFileSync(path.join(cwd, 'secret.eyaml'), old, { mode: 0o640 });
    };
    const env = { EDITOR: 'sed -i "s/canary/second-canary/"' };
    const operations = await killAtEveryOperation(
      { args: ['edit', 'secret.eyaml'], options: { env } },
      prepare,
      async (place) => {
        const file = path.join(place.cwd, 'secret.eyaml');
        const context = contextAt(place);
        expect([CANARY, `second-${CANARY}`]).toContain(await plaintextIn(file, context));
        for (const found of filesWith(CANARY, foldersOf(place))) {
          expect(path.dirname(path.dirname(found))).toBe(place.runtime);
          expect(statSync(path.dirname(found)).mode & 0o777).toBe(0o700);
        }
        await edit(file, { decrypt: true, preamble: true }, context, {
          openEditor: (buffer) => writeFile(buffer, '---\na: DEC::PKCS7[the third]!\n'),
          returnToEditor: () => Promise.resolve(false),
          onNewReaders: () => Promise.resolve(),
          notify: (text) => void notices.push(text),
          detail: nothing,
          environment: cleanEnvironment(environmentOf(place)),
        });
        context.close();
        expect(await plaintextIn(file, contextAt(place))).toBe('the third');
        expect(statSync(file).mode & 0o777).toBe(0o640);
        expect(filesWith(CANARY, foldersOf(place))).toEqual([]);
        expect(listing(place.cwd).filter((name) => !name.startsWith('keys'))).toEqual(['secret.eyaml']);
        expect([place.runtime, place.temporary].flatMap(listing)).toEqual([]);
      },
    );
    expect(operations).toContain('rename');
    expect(new Set(notices)).toEqual(
      new Set(['removed the edit buffer of a killed edit; its unsaved changes are lost']),
    );
  });
});

describe('recrypt that is killed at any moment', () => {
  const NAMES = ['a.eyaml', 'b.eyaml', 'c.eyaml'];

  test('leaves each file old or new, and the next run does the rest and leaves nothing', async () => {
    const own = await eyaml(['encrypt', '-n', 'pkcs7', '-s', CANARY, '-o', 'string', ...KEYS], { cwd: FIXTURES });
    const old = `---\na: ${own.stdout}\n`;
    const prepare = ({ cwd }: Place) => {
      cpSync(path.join(FIXTURES, 'keys/pkcs7'), path.join(cwd, 'keys'), { recursive: true });
      for (const name of NAMES) writeFileSync(path.join(cwd, name), old);
    };
    const args = ['recrypt', '--all', '--yes', '.'];
    await killAtEveryOperation({ args }, prepare, async (place) => {
      const files = NAMES.map((name) => path.join(place.cwd, name));
      const context = contextAt(place);
      for (const file of files) expect(await plaintextIn(file, context)).toBe(CANARY);
      const found = await findFiles([place.cwd]);
      const plan = await planRecrypt(found.files, { all: true, changeTo: undefined }, context, nothing);
      expect((await applyRecrypt(plan, context, nothing)).files).toHaveLength(NAMES.length);
      context.close();
      for (const file of files) {
        expect(readText(file)).not.toBe(old);
        expect(await plaintextIn(file, context)).toBe(CANARY);
      }
      expect(listing(place.cwd).filter((name) => !name.startsWith('keys'))).toEqual(NAMES);
      expect(filesWith(CANARY, foldersOf(place))).toEqual([]);
    });
  });
});

describe('a first use that is killed at any moment', () => {
  test('leaves no memory or a whole one, and the next run remembers and leaves nothing else', async () => {
    const options = { env: { PATH: NO_PROGRAMS } };
    const args = ['encrypt', '-s', 'x', '-o', 'string'];
    const prepare = ({ cwd }: Place) => {
      addPublicKeys(cwd, ['alice']);
      writeFileSync(path.join(cwd, 'hiera-eyaml-gpg.recipients'), recipientLine('alice'));
    };
    const operations = await killAtEveryOperation({ args, options }, prepare, async (place, moment) => {
      const file = path.join(place.home, '.local/state/eyaml/recipients.json');
      const { repositories } = readMemory(file);
      expect(repositories.size).toBeLessThanOrEqual(1);
      if (moment === undefined) expect(repositories.size).toBe(1);
      const env = { ...environmentOf(place), ...options.env };
      expect((await eyaml(args, { cwd: place.cwd, env })).code).toBe(0);
      expect([...readMemory(file).repositories.values()].map(({ record }) => record.files.size)).toEqual([1]);
      // A lock that was left after all was done is taken over by the next change.
      expect(listing(path.dirname(file)).filter((name) => !name.endsWith('-lock'))).toEqual([path.basename(file)]);
    });
    expect(operations).toContain('rename');
  });
});

describe('init that is killed at any moment', () => {
  test('leaves each file whole or not there, the recipients file last, and the next run makes the rest', async () => {
    const whole = new Map<string, string>();
    const prepare = ({ cwd }: Place) => void addPublicKeys(path.dirname(cwd), ['alice', 'zoe']);
    const keys = ['--recipient', 'alice@example.com', '--recipient', 'zoe@example.com'];
    const args = ['init', '--gpg-public-keys', '../.eyaml/public-keys', ...keys];
    const textsIn = (cwd: string) =>
      listing(cwd)
        .filter((name) => statSync(path.join(cwd, name)).isFile())
        .map((name) => [name, readText(path.join(cwd, name))] as const);
    await killAtEveryOperation({ args, options: { env: { PATH: NO_PROGRAMS } } }, prepare, async (place, moment) => {
      const found = textsIn(place.cwd).filter(([name]) => !path.basename(name).startsWith('.eyaml-'));
      if (moment === undefined) for (const [name, text] of found) whole.set(name, text);
      for (const [name, text] of found) expect(text).toBe(whole.get(name));
      if (existsSync(path.join(place.cwd, 'hiera-eyaml-gpg.recipients'))) expect(found).toHaveLength(whole.size);
      const publicKeys = path.join(path.dirname(place.cwd), '.eyaml/public-keys');
      const context = contextAt(place);
      const chosen = await findKeys(['alice@example.com', 'zoe@example.com'], 'here', context.keystore, publicKeys);
      await initFolder(place.cwd, chosen, context.keystore);
      context.close();
      expect(new Map(textsIn(place.cwd))).toEqual(whole);
    });
    expect(whole.size).toBe(4);
  });

  test('run again, it leaves recipients file and configuration old or new, and the new keys are there before they are named', async () => {
    const old = `# team\n${FINGERPRINTS.alice ?? ''}`;
    const prepare = ({ cwd }: Place) => {
      addPublicKeys(cwd, ['alice']);
      writeFileSync(path.join(cwd, 'hiera-eyaml-gpg.recipients'), old);
      writeFileSync(path.join(cwd, '.eyaml/config.yaml'), 'encrypt_method: gpg');
    };
    const zoe = FINGERPRINTS.zoe ?? '';
    const args = ['init', '--gpg-public-keys', keyFile('zoe', 'pub'), '--recipient', zoe, '--gpg-trust', 'pinned'];
    await killAtEveryOperation({ args, options: { env: { PATH: NO_PROGRAMS } } }, prepare, ({ cwd }, moment) => {
      const recipients = readText(path.join(cwd, 'hiera-eyaml-gpg.recipients'));
      const added = `${old}\n${zoe} # Zoë Ünïcode <zoe@example.com>\n`;
      expect(moment === undefined ? [added] : [old, added]).toContain(recipients);
      if (recipients === added) expect(listing(cwd)).toContain(`.eyaml/public-keys/${zoe}.asc`);
      const configuration = readText(path.join(cwd, '.eyaml/config.yaml'));
      if (recipients === old) expect(configuration).toMatch(/^encrypt_method: gpg(?:\n# .*\ngpg_trust: pinned\n)?$/);
      else expect(configuration).toMatch(/^encrypt_method: gpg\n# .*\ngpg_trust: pinned\n$/);
      return Promise.resolve();
    });
  });
});

test('edit that gets SIGTERM at any moment leaves nothing behind, with no next run', async () => {
  const old = '---\na: plain\n';
  const prepare = ({ cwd }: Place) => {
    cpSync(path.join(FIXTURES, 'keys/pkcs7'), path.join(cwd, 'keys'), { recursive: true });
    writeFileSync(path.join(cwd, 'secret.eyaml'), old);
  };
  const env = { EDITOR: `sed -i "s/plain/DEC::PKCS7[${CANARY}]!/"` };
  const victim = { args: ['edit', 'secret.eyaml'], options: { env }, signal: 'SIGTERM' } as const;
  await killAtEveryOperation(victim, prepare, async (place) => {
    const file = path.join(place.cwd, 'secret.eyaml');
    if (readText(file) !== old) expect(await plaintextIn(file, contextAt(place))).toBe(CANARY);
    expect(listing(place.cwd).filter((name) => !name.startsWith('keys'))).toEqual(['secret.eyaml']);
    expect([place.home, place.runtime, place.temporary].flatMap(listing)).toEqual([]);
  });
});

describe('a change of a recipients file that is killed at any moment', () => {
  const LIST = 'hiera-eyaml-gpg.recipients';
  const textsOf = (cwd: string) => ({
    list: readText(path.join(cwd, LIST)),
    keys: listing(path.join(cwd, '.eyaml/public-keys')),
  });
  const whole = { list: `${recipientLine('alice')}${recipientLine('zoe')}`, keys: ['alice.asc', 'zoe.asc'] };

  test('add leaves the list old or new, with all keys that it needs, and the next run does the rest', async () => {
    const prepare = ({ cwd }: Place) => {
      addPublicKeys(cwd, ['alice']);
      writeFileSync(path.join(cwd, LIST), recipientLine('alice'));
    };
    const args = ['recipients', 'add', 'zoe@example.com', '--gpg-public-keys', keyFile('zoe', 'pub'), '--no-recrypt'];
    const options = { env: { PATH: NO_PROGRAMS } };
    const added = `${FINGERPRINTS.zoe ?? ''}.asc`;
    const operations = await killAtEveryOperation({ args, options }, prepare, async ({ cwd, ...place }) => {
      const { list, keys } = textsOf(cwd);
      expect(list).toMatch(/^E01530\w+ # alice\n(?:BFA2\w+ # Zoë.*\n)?$/);
      if (list.includes('BFA2')) expect(keys).toContain(added);
      const again = await eyaml(args, { cwd, env: { ...environmentOf({ cwd, ...place }), ...options.env } });
      expect(again.code).toBe(0);
      expect(textsOf(cwd).list).toMatch(/^E01530\w+ # alice\nBFA2\w+ # Zoë.*\n$/);
      expect(textsOf(cwd).keys).toEqual([added, 'alice.asc'].sort());
      // A stale lock may stay where there was nothing left to write; the next writer takes it over.
      expect(listing(cwd).filter((name) => name.endsWith('.tmp'))).toEqual([]);
    });
    expect(operations).toContain('rename');
  });

  test('remove leaves the list old or new, and every key that it needs', async () => {
    const prepare = ({ cwd }: Place) => {
      addPublicKeys(cwd, ['alice', 'zoe']);
      writeFileSync(path.join(cwd, LIST), whole.list);
    };
    const args = ['recipients', 'remove', 'zoe@example.com', '--no-recrypt'];
    await killAtEveryOperation({ args, options: { env: { PATH: NO_PROGRAMS } } }, prepare, ({ cwd }) => {
      const { list, keys } = textsOf(cwd);
      expect([whole.list, recipientLine('alice')]).toContain(list);
      if (list === whole.list) expect(keys).toEqual(whole.keys);
      return Promise.resolve();
    });
  });
});

describe('createkeys --into-gnupg that is killed while GnuPG works', () => {
  test.each(['--import', '--import-ownertrust'])(
    'at gpg %s: the files are a pair, and can go into GnuPG again',
    async (option) => {
      const gnupg = createGnupgHome();
      onTestFinished(() => gnupg.remove());
      const [cwd, tools] = [scratchFolder(), scratchFolder()];
      const gpg = execFileSync('sh', ['-c', 'command -v gpg']).toString().trim();
      const killing = `#!/bin/sh\ncase " $* " in *" ${option} "*) kill -9 $PPID; exit 1;; esac\nexec ${gpg} "$@"\n`;
      writeFileSync(path.join(tools, 'gpg'), killing, { mode: 0o755 });
      const files = ['--gpg-private-key', 'p.asc', '--gpg-public-key', 'q.asc'];
      const args = ['createkeys', '-n', 'gpg', '--gpg-user-id', 'ann', '--no-passphrase', '--into-gnupg', ...files];
      const env = { GNUPGHOME: gnupg.path, PATH: `${tools}:${process.env.PATH ?? ''}` };
      const { signal, stdout } = await eyaml(args, { cwd, env });
      expect(signal).toBe('SIGKILL');
      expect(listing(cwd)).toEqual(['p.asc', 'q.asc']);
      const fingerprint = /^[0-9A-F]{40}/.exec(stdout)?.[0] ?? '';
      gnupg.gpg(['--import', path.join(cwd, 'p.asc')]);
      gnupg.gpg(['--import-ownertrust'], `${fingerprint}:6:\n`);
      const message = gnupg.gpg(['-r', fingerprint, '-e'], 'x');
      expect(gnupg.gpg(['-d'], message).toString()).toBe('x');
    },
  );
});

const KEYS = [
  '--pkcs7-private-key',
  'keys/pkcs7/private_key.pkcs7.pem',
  '--pkcs7-public-key',
  'keys/pkcs7/public_key.pkcs7.pem',
];

/** The one value of a file, decrypted; what stands around it is whole. */
async function plaintextIn(file: string, context: Context): Promise<string> {
  const text = readText(file);
  expect(text).toMatch(/^---\na: ENC\[PKCS7,[\w+/=]+\]\n$/);
  const decrypted = (await decryptText(text, file, context)).toString();
  return /^---\na: (.*)\n$/.exec(decrypted)?.[1] ?? '';
}

describe('exposure that is killed at any moment', () => {
  test('leaves the report old or new, readable by its owner alone, and nothing else once it is run again', async () => {
    const report = 'report.csv';
    const prepare = ({ cwd }: Place) => {
      cpSync(path.join(FIXTURES, 'keys/pkcs7'), path.join(cwd, 'keys'), { recursive: true });
      cpSync(path.join(FIXTURES, 'tree/production/role.eyaml'), path.join(cwd, 'a.eyaml'));
      writeFileSync(path.join(cwd, report), 'old', { mode: 0o600 });
    };
    const args = ['exposure', '--age', '--format', 'csv', '--output', report];
    const options = { env: { PATH: NO_PROGRAMS } };
    let whole = '';
    const operations = await killAtEveryOperation({ args, options }, prepare, async (place, moment) => {
      const text = readText(path.join(place.cwd, report));
      if (moment === undefined) whole = text;
      expect(['old', whole]).toContain(text);
      expect(statSync(path.join(place.cwd, report)).mode & 0o777).toBe(0o600);
      const { code } = await eyaml(args, { cwd: place.cwd, env: { ...environmentOf(place), PATH: NO_PROGRAMS } });
      expect({ code, text: readText(path.join(place.cwd, report)) }).toEqual({ code: 0, text: whole });
      expect(listing(place.cwd).filter((name) => !name.startsWith('keys'))).toEqual(['a.eyaml', report]);
    });
    expect(whole).toContain('a.eyaml');
    expect(operations).toContain('rename');
  });
});
