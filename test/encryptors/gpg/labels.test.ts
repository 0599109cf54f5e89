import { afterAll, beforeAll, describe, expect, onTestFinished, test } from 'vitest';
import type { Encryptor } from '../../../src/encryptors/encryptor.js';
import { createGnupgKeystore } from '../../../src/keys/gnupg/gnupg.js';
import { eyamlErrorOf } from '../../helpers/errors.js';
import { createGnupgHome, FINGERPRINTS, type GnupgHome } from '../../helpers/gnupg.js';
import { keyfiles, encryptorWith } from '../../helpers/keyfiles.js';
import { subkeysOf } from '../../helpers/readers.js';
import { relabelled } from '../../helpers/relabel.js';

// What a value says of its readers is what its writer says. Who has a key can see whether it opens what is under its name.
const WILDCARD = '0000000000000000';

let home: GnupgHome;
let alice: string;
let zoe: string;
let bob: string;
let forBoth: Buffer;
beforeAll(() => {
  home = createGnupgHome({ secret: ['alice'], pub: ['zoe', 'bob'] });
  [alice = '', zoe = '', bob = ''] = ['alice', 'zoe', 'bob'].map((name) => subkeysOf(home, name).at(-1) ?? '');
  forBoth = home.gpg(['-r', FINGERPRINTS.alice ?? '', '-r', FINGERPRINTS.zoe ?? '', '--encrypt'], 'x');
});
afterAll(() => home.remove());

const WORLDS: Readonly<Record<string, () => Encryptor>> = {
  gnupg: () => {
    const keystore = createGnupgKeystore({ home: home.path, environment: { PATH: process.env.PATH } });
    onTestFinished(() => keystore.close());
    return encryptorWith(keystore);
  },
  'key files': () => encryptorWith(keyfiles({ secret: ['alice'], pub: ['zoe'] })),
};

describe.each(Object.entries(WORLDS))('%s', (_, encryptor) => {
  async function reviewed(message: Uint8Array) {
    const names: string[] = [];
    const plaintext = await encryptor().decrypt(message, (id) => names.push(id));
    return { names, plaintext: Buffer.from(plaintext).toString() };
  }

  test('a value that is as it says is opened, and nothing is wrong with it', async () => {
    expect(await reviewed(forBoth)).toEqual({ names: [], plaintext: 'x' });
  });

  test('a reader under my name beside me', async () => {
    expect(await reviewed(relabelled(forBoth, { [zoe]: alice }))).toEqual({ names: [alice], plaintext: 'x' });
  });

  test('a reader under my name, and what is mine without a name', async () => {
    const message = relabelled(forBoth, { [zoe]: alice, [alice]: WILDCARD });
    expect(await reviewed(message)).toEqual({ names: [alice], plaintext: 'x' });
  });

  test('a reader under my name alone: it does not open, and the name is told', async () => {
    const names: string[] = [];
    const message = relabelled(forBoth, { [zoe]: alice, [alice]: zoe });
    await eyamlErrorOf(() => encryptor().decrypt(message, (id) => names.push(id)));
    expect(names).toEqual([alice]);
  });

  test('without a review a value opens as before', async () => {
    expect(Buffer.from(await encryptor().decrypt(relabelled(forBoth, { [zoe]: alice }))).toString()).toBe('x');
  });

  test('names of others are nothing that one can judge', async () => {
    expect((await reviewed(relabelled(forBoth, { [zoe]: bob }))).names).toEqual([]);
  });
});
