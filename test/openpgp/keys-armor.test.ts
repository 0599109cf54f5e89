import { expect, test } from 'vitest';
import { generateKeyPair } from '../../src/openpgp/generate.js';
import { armorKeys, readKeyFile, writePublicKeys } from '../../src/openpgp/keys.js';
import { createGnupgHome } from '../helpers/gnupg.js';

// GnuPG 2.2 finds the end of armor by its checksum, or by the padding that only some lengths have.
test('GnuPG imports public keys in armor whatever their length', async () => {
  const home = createGnupgHome({});
  try {
    for (const userId of ['a', 'ab', 'abc']) {
      const { publicKey, fingerprint } = await generateKeyPair({ userId, type: 'cv25519' });
      const { keys } = readKeyFile(Buffer.from(publicKey));
      const armored = await armorKeys(writePublicKeys(keys));
      expect(armored).toMatch(/\n=[A-Za-z0-9+/]{4}\n-----END/);
      home.gpg(['--import'], armored);
      expect(home.gpg(['--with-colons', '--list-keys']).toString()).toContain(fingerprint);
    }
  } finally {
    home.remove();
  }
});
