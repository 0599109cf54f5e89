// The keys of the benchmark: GnuPG homes, key files, a PKCS7 pair.
import { cpSync, existsSync, mkdirSync, symlinkSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import * as openpgp from 'openpgp';
import { eyaml, HOME_PREFIX, must, once } from './world.mjs';

// A GnuPG home is an object:
//   env           the clean environment, with this home
//   fingerprints  of its keys, which it trusts all
//   socket        the agent's
//   keygrip       of the first key's encryption subkey

const PEOPLE = ['ann', 'bob', 'cy'];

/** A home with three cv25519 keys. */
export function team(world) {
  return once(world, 'team', () => makeHome(world, 'team', PEOPLE, 'future-default'));
}

/** A home with one key of 3072-bit RSA. */
export function rsaHome(world) {
  return once(world, 'rsa', () => makeHome(world, 'rsa', ['ann'], 'rsa3072'));
}

/** The team's home with further keys, of people who have nothing to do with it. */
export function ring(world, size) {
  return once(world, 'ring', async () => {
    const small = await team(world);
    const folder = path.join(world.folder, `${HOME_PREFIX}ring`);
    const isData = (file) => !/S\.[\w.-]+$|\.lock$|#lk/.test(file);
    cpSync(small.env.GNUPGHOME, folder, { recursive: true, filter: isData });
    const env = { ...world.env, GNUPGHOME: folder };
    writeFileSync(path.join(world.folder, 'ring.gpg'), await publicKeys(size));
    await must(world, ['gpg', '--batch', '--quiet', '--import', path.join(world.folder, 'ring.gpg')], { env });
    await must(world, ['gpg', '--batch', '--quiet', '--check-trustdb'], { env });
    return describe(world, env, small.fingerprints);
  });
}

/**
 * Key files, and no GnuPG: three keys, one of which is the user's own.
 * Gives their environment, the recipients, and eyaml's options.
 */
export function keyFile(world, type) {
  return once(world, `key file ${type}`, async () => {
    const env = { ...world.env, PATH: withoutGpg(world) };
    const [secret, shared] = ['secret', 'shared'].map((kind) => path.join(world.folder, `${type}-${kind}`));
    const recipients = [];
    for (const person of PEOPLE) {
      const files = [
        '--gpg-private-key',
        path.join(secret, person),
        '--gpg-public-key',
        path.join(shared, `${person}.asc`),
      ];
      const kind = ['--gpg-user-id', `${person}@example.com`, '--no-passphrase', '--gpg-key-type', type];
      const { argv } = eyaml(world, ['createkeys', '-n', 'gpg', ...kind, ...files]);
      recipients.push(/\b[0-9A-F]{40}\b/.exec(await must(world, argv, { env }))[0]);
    }
    const options = ['--gpg-private-key', path.join(secret, PEOPLE[0]), '--gpg-public-keys', shared];
    return { env, recipients, options };
  });
}

/** A PKCS7 pair, as options of eyaml, Ruby's too. */
export function pkcs7(world) {
  return once(world, 'pkcs7', async () => {
    const file = (kind) => [`--pkcs7-${kind}-key`, path.join(world.folder, 'pkcs7', `${kind}.pem`)];
    const options = [...file('private'), ...file('public')];
    await must(world, eyaml(world, ['createkeys', '-n', 'pkcs7', ...options]).argv);
    return options;
  });
}

async function makeHome(world, name, people, algorithm) {
  const folder = path.join(world.folder, HOME_PREFIX + name);
  mkdirSync(folder, { mode: 0o700 });
  const env = { ...world.env, GNUPGHOME: folder };
  const gpg = (...args) => must(world, ['gpg', '--batch', '--quiet', '--passphrase', '', ...args], { env });
  const fingerprints = [];
  for (const person of people) {
    const userId = `${person}@example.com`;
    await gpg('--quick-gen-key', userId, algorithm, 'default', 'never');
    const [, fingerprint] = /^fpr:+([0-9A-F]+):/m.exec(await gpg('--with-colons', '--list-keys', userId));
    if (algorithm === 'rsa3072') await gpg('--quick-add-key', fingerprint, algorithm, 'encr', 'never');
    fingerprints.push(fingerprint);
  }
  return describe(world, env, fingerprints);
}

async function describe(world, env, fingerprints) {
  const listed = await must(world, ['gpg', '--with-colons', '--with-keygrip', '--list-secret-keys', fingerprints[0]], {
    env,
  });
  const [, keygrip] = /^ssb:.*\n(?:fpr.*\n)*grp:+([0-9A-F]+):/m.exec(listed);
  const socket = (await must(world, ['gpgconf', '--list-dirs', 'agent-socket'], { env })).trim();
  return { env, fingerprints, keygrip, socket };
}

async function publicKeys(count) {
  const keys = [];
  for (let i = 0; i < count; i += 1) {
    const userIDs = [{ name: `Person ${i}`, email: `person${i}@example.net` }];
    const options = { type: 'ecc', curve: 'ed25519Legacy', userIDs, format: 'object' };
    keys.push((await openpgp.generateKey(options)).publicKey.write());
  }
  return Buffer.concat(keys);
}

// A PATH without gpg, but with git, which is used if it is there.
function withoutGpg({ folder, programs }) {
  const place = path.join(folder, 'no-gpg');
  if (existsSync(place)) return place;
  mkdirSync(place);
  if (programs.git) symlinkSync(programs.git, path.join(place, 'git'));
  return place;
}
