import { readFileSync, writeFileSync } from 'node:fs';
import path from 'node:path';
import { describe, expect, onTestFinished, test } from 'vitest';
import { PACKET, readPackets, writePacket } from '../../../src/openpgp/packets.js';
import { revoker, sceneOf, type Scene } from '../../helpers/certificate-cases/case.js';
import { over, packet, signaturePacket } from '../../helpers/certificates.js';
import { scratchFolder } from '../../helpers/files.js';
import { createGnupgHome } from '../../helpers/gnupg.js';
import { encryptorWith, keyfiles } from '../../helpers/keyfiles.js';

/** A folder with these files, in this order. */
function folderOf(...files: readonly (readonly Buffer[])[]): string {
  const folder = scratchFolder();
  files.forEach((packets, i) => writeFileSync(path.join(folder, `${i}.gpg`), Buffer.concat(packets)));
  return folder;
}

const certificate = (s: Scene) => [s.pk, ...s.user(), ...s.subkey()];
const scene = () => sceneOf({ name: '', use: 'sub', make: certificate }, 0);

async function lettersIn(folder: string, { primary }: Scene) {
  const [found] = await keyfiles({ pub: [], paths: [folder] }).search([{ kind: 'hex', hex: primary.fingerprint }]);
  return [found?.primaryKey, ...(found?.subkeys ?? [])].map((part) => part?.validity).join('');
}

describe('a revocation in a file of its own', () => {
  test.each(['SHA1', 'SHA224', 'RIPEMD160', 'SHA512'])('made by gpg with %s counts', async (digest) => {
    const home = createGnupgHome();
    onTestFinished(() => home.remove());
    home.gpg(['--passphrase', '', '--quick-gen-key', 'Bob <bob@example.org>', 'future-default', 'default', 'never']);
    const made = home.gpg(
      ['--no-batch', '--cert-digest-algo', digest, '--command-fd', '0', '--gen-revoke', 'bob@example.org'],
      'y\n0\n\ny\n',
    );
    const key = home.gpg(['--export']);
    const store = keyfiles({ pub: [], paths: [folderOf([key], [made])] });
    const [found] = await store.search([{ kind: 'text', text: 'bob@' }]);
    expect([found?.primaryKey.validity, found?.subkeys.map(({ validity }) => validity)]).toEqual(['r', ['r']]);
    await expect(encryptorWith(store, ['bob@example.org']).prepare('x')).rejects.toThrow();
    expect(store.warnings).toEqual([]);
  });

  test('blocks its key when nothing can be said of it, and does nothing when it is forged', async () => {
    const s = scene();
    const letters = (revocation: Buffer) => lettersIn(folderOf([revocation], certificate(s)), s);
    expect(await letters(s.revoke({ hashNumber: 99 }))).toBe('rr');
    expect(await letters(s.revoke({ keyAlgorithm: 99 }))).toBe('rr');
    expect(await letters(s.revoke({ damage: 'cut' }))).toBe('rr');
    expect(await letters(s.revoke({ hash: 'sha3-256' }))).toBe('rr');
    expect(await letters(s.revoke({ damage: 'octet' }))).toBe('--');
    expect(await letters(s.revoke({ claims: s.primary }, s.stranger))).toBe('--');
    expect(await letters(s.revoke({ claims: s.stranger, hashNumber: 99 }))).toBe('--');
  });

  test('counts when a designated revoker made it, and when the key of that one is not there', async () => {
    const s = scene();
    const willing = [s.pk, s.direct({ hashed: [revoker(s.stranger)] }), ...s.user(), ...s.subkey()];
    const selfSigned = signaturePacket(0x13, s.stranger, over.userId(s.stranger, 'Stranger'));
    const stranger = [packet.key(s.stranger), packet.userId('Stranger'), selfSigned];
    const [good, forged] = [s.revoke({}, s.stranger), s.revoke({ damage: 'octet' }, s.stranger)];
    expect(await lettersIn(folderOf(willing, stranger), s)).toBe('--');
    expect(await lettersIn(folderOf(willing, stranger, [good]), s)).toBe('rr');
    expect(await lettersIn(folderOf([good], willing, stranger), s)).toBe('rr');
    expect(await lettersIn(folderOf(willing, stranger, [forged]), s)).toBe('--');
    expect(await lettersIn(folderOf(willing, [good]), s)).toBe('rr');
    // With the bare key before it, as gpg --desig-revoke writes it.
    expect(await lettersIn(folderOf(willing, stranger, [s.pk, good]), s)).toBe('rr');
    expect(await lettersIn(folderOf(certificate(s), stranger, [good]), s)).toBe('--');
  });

  test('counts when a folder that is read later holds it', async () => {
    const s = scene();
    const willing = [s.pk, s.direct({ hashed: [revoker(s.stranger)] }), ...s.user(), ...s.subkey()];
    const folders = { first: folderOf(willing), later: folderOf([s.revoke({}, s.stranger)]) };
    const paths: string[] = [folders.first];
    const store = keyfiles({ pub: [], paths });
    const validity = async () =>
      (await store.search([{ kind: 'hex', hex: s.primary.fingerprint }]))[0]?.primaryKey.validity;
    expect(await validity()).toBe('-');
    paths.push(folders.later);
    expect(await validity()).toBe('r');
  });
});

describe('copies of one key', () => {
  test('a subkey that one of them revokes is revoked', async () => {
    const s = scene();
    expect(await lettersIn(folderOf(certificate(s), [...certificate(s), s.unbind()]), s)).toBe('-r');
    expect(await lettersIn(folderOf([...certificate(s), s.unbind({ hash: 'sha1' })], certificate(s)), s)).toBe('-r');
  });

  test('a key that one of them revokes is revoked, be that one without a user ID or a subkey', async () => {
    const s = scene();
    expect(await lettersIn(folderOf(certificate(s), [s.pk, s.revoke()]), s)).toBe('rr');
    expect(await lettersIn(folderOf([s.pk, s.revoke()]), s)).toBe('r');
  });

  test('one with a damaged signature is not used, and that is told', async () => {
    const s = scene();
    const store = keyfiles({ pub: [], paths: [folderOf([...certificate(s), s.unbind({ damage: 'cut' })])] });
    expect(await store.search([{ kind: 'hex', hex: s.primary.fingerprint }])).toEqual([]);
    expect(store.warnings).toEqual([expect.stringMatching(/has a signature that is damaged .*ask its owner/)]);
  });
});

describe('a secret key of the user’s own opens old messages', () => {
  /** A key made by GnuPG with its secret half, and a message for it. */
  function owned(made?: string) {
    const home = createGnupgHome();
    onTestFinished(() => home.remove());
    const at = made === undefined ? [] : ['--faked-system-time', made];
    const quick = ['--passphrase', '', '--quick-gen-key', 'Bob <bob@example.org>', 'future-default', 'default', '1d'];
    home.gpg([...at, ...quick]);
    const message = home.gpg([...at, '--trust-model', 'always', '--encrypt', '-r', 'bob@example.org'], 'old');
    const secret = home.gpg(['--passphrase', '', '--pinentry-mode', 'loopback', '--export-secret-keys']);
    const [, name = ''] = /^fpr:+([0-9A-F]{40})/m.exec(home.gpg(['--with-colons', '-k']).toString()) ?? [];
    const guarded = readFileSync(path.join(home.path, 'openpgp-revocs.d', `${name}.rev`), 'utf8');
    const revocation = home.gpg(['--dearmor'], guarded.slice(guarded.indexOf(':-----BEGIN') + 1));
    return { message, packets: readPackets(secret), revocation };
  }

  const writeAll = (packets: ReturnType<typeof readPackets>) =>
    Buffer.concat(packets.map(({ tag, body }) => writePacket(tag, body)));
  const opens = async (octets: Buffer, message: Buffer) => {
    const store = keyfiles({ sources: [{ kind: 'octets', name: 'the key', octets }] });
    return Buffer.from(await encryptorWith(store).decrypt(message)).toString();
  };

  test('when it has expired, is revoked or is dated in the future', async () => {
    const expired = owned('20200101T000000');
    expect(await opens(writeAll(expired.packets), expired.message)).toBe('old');
    const [first, ...rest] = expired.packets;
    const revoked = Buffer.concat([writeAll(first ? [first] : []), expired.revocation, writeAll(rest)]);
    expect(await opens(revoked, expired.message)).toBe('old');
    const future = owned('20990101T000000');
    expect(await opens(writeAll(future.packets), future.message)).toBe('old');
  });

  test('when its signatures are damaged, cut short, or not there', async () => {
    const { packets, message } = owned();
    const changed = (change: (body: Uint8Array) => Uint8Array) =>
      writeAll(packets.map((one) => (one.tag === PACKET.signature ? { ...one, body: change(one.body) } : one)));
    expect(
      await opens(
        changed((body) => body.map((octet, i) => (i === body.length - 2 ? octet ^ 1 : octet))),
        message,
      ),
    ).toBe('old');
    expect(
      await opens(
        changed((body) => body.subarray(0, -5)),
        message,
      ),
    ).toBe('old');
    expect(
      await opens(
        changed((body) => Uint8Array.from([6, ...body.subarray(1)])),
        message,
      ),
    ).toBe('old');
    expect(await opens(writeAll(packets.filter(({ tag }) => tag !== PACKET.signature)), message)).toBe('old');
  });
});
