import { describe, expect, test } from 'vitest';
import { createGnupgKeystore } from '../../src/keys/gnupg/gnupg.js';
import type { KeyPart, PublicKey, UserId, Validity } from '../../src/keys/keystore.js';
import type { Fingerprint, KeyId } from '../../src/openpgp/identifiers.js';
import { matchSpec, type Recipient, type TrustMode } from '../../src/recipients/match.js';

const AT = { file: 'f', line: 1 };
const digits = (n: number) => n.toString(16).toUpperCase().padStart(40, '0');

function part(n: number, more: Partial<KeyPart> = {}): KeyPart {
  return {
    fingerprint: digits(n) as Fingerprint,
    keyId: digits(n).slice(-16) as KeyId,
    keygrip: undefined,
    algorithm: 18,
    bits: 255,
    validity: 'u',
    created: n,
    expires: undefined,
    canEncrypt: true,
    canSign: false,
    ...more,
  };
}

/** A key whose primary key is number n and whose subkeys are n + 1 and so on. */
function aKey(n: number, userIds: readonly (string | UserId)[], more: Partial<PublicKey> = {}): PublicKey {
  return {
    primaryKey: part(n, { canEncrypt: false }),
    subkeys: [part(n + 1)],
    userIds: userIds.map((userId) => (typeof userId === 'string' ? { text: userId, validity: 'u' } : userId)),
    disabled: false,
    ...more,
  };
}

const { hints } = createGnupgKeystore({ home: undefined, environment: {} });
const ann = aKey(0x10, ['Ann <ann@example.com>']);
const joann = aKey(0x20, ['Joann <joann@example.com>']);
const bare = aKey(0x30, ['puppetmaster']);
const team = aKey(0x40, ['Team <team@example.com>', 'ops@example.com']);

function match(spec: string, keys: readonly PublicKey[], trust: TrustMode = 'wot'): Recipient | string {
  const found = matchSpec({ spec, place: AT, isTyped: true }, keys, trust, hints);
  if ('recipient' in found) return found.recipient;
  expect(found.problem.place).toEqual(AT);
  const { message, suggestion } = found.problem;
  // What mends a key that cannot be used has a test of its own.
  return [message, message.includes('no usable key') ? undefined : suggestion].filter(Boolean).join(' | ');
}

const keyOf = (spec: string, keys: readonly PublicKey[]) => {
  const found = match(spec, keys);
  return typeof found === 'string' ? found : found.publicKey.primaryKey.fingerprint;
};

describe('which key a spec means', () => {
  const keys = [joann, ann, bare, team];
  test.each([
    [digits(0x10), ann],
    [digits(0x11), ann],
    [`0x${digits(0x21).toLowerCase()}`, joann],
    [digits(0x10).slice(-16), ann],
    [digits(0x21).slice(-16), joann],
    ['ann@example.com', ann],
    ['ANN@Example.com', ann],
    ['<ann@example.com>', ann],
    ['Ann <ann@example.com>', ann],
    ['joann', joann],
    ['Joann <jo', joann],
    ['puppetmaster', bare],
    ['ops@example.com', team],
    ['team@example.com', team],
    ['@example.com> x', undefined],
  ])('%s', (spec, wanted) => {
    expect(keyOf(spec, keys)).toBe(
      wanted?.primaryKey.fingerprint ?? `no key in the keyring is "${spec}" | import it: gpg --import FILE`,
    );
  });
});

describe('the first level that any key answers decides', () => {
  test('an exact address comes before an exact user ID', () => {
    const impostor = aKey(0x50, ['<ann@example.com>']);
    expect(keyOf('<ann@example.com>', [impostor])).toBe(digits(0x50));
    expect(keyOf('ann@example.com', [aKey(0x60, ['ann@example.com']), joann])).toBe(digits(0x60));
  });

  test('=Name <address> is that very user ID: neither its address nor a part will do', () => {
    const other = aKey(0x50, ['Ann Other <ann@example.com>']);
    expect(keyOf('=Ann <ann@example.com>', [other, ann])).toBe(digits(0x10));
    expect(match('=Ann <ann@example.com>', [other])).toContain('no key in the keyring is "=Ann <ann@example.com>"');
    expect(match('=ann@example.com', [ann])).toContain('no key in the keyring is "=ann@example.com"');
    expect(match('=Ann', [ann])).toContain('no key in the keyring');
  });

  test('an exact user ID comes before a part of one', () => {
    expect(keyOf('Ann', [aKey(0x50, ['Ann']), ann, joann])).toBe(digits(0x50));
  });

  test('a key that cannot be used is never replaced by one that looks alike', () => {
    const expired = aKey(0x50, ['Ann'], { primaryKey: part(0x50, { validity: 'e', expires: 86_400 }) });
    expect(match('Ann', [expired, joann])).toBe(`no usable key for "Ann": ${digits(0x50)} (Ann) expired on 1970-01-02`);
  });

  test('ann@example.com is never Joann, also when Joann is the only key there is', () => {
    expect(match('ann@example.com', [joann])).toBe(
      'no key in the keyring is "ann@example.com" | import it: gpg --import FILE',
    );
    expect(match('<ann@example.com>', [joann])).toMatch(/^no key/);
  });

  test.each(['', ' '])('%j does not mean the first key there is', (spec) => {
    expect(match(spec, [ann])).toBe(`"${spec}": a recipient must not be blank | write a fingerprint or an address`);
  });
});

describe('a part of a user ID', () => {
  test('that two usable keys have is an error that lists them', () => {
    expect(match('example.com', [ann, joann])).toBe(
      `"example.com" matches 2 keys: ${digits(0x10)} (Ann <ann@example.com>); ${digits(0x20)} (Joann <joann@example.com>) | write the fingerprint instead`,
    );
  });

  test('that only one usable key has is enough, other keys being dead', () => {
    const dead = aKey(0x50, ['Joanna <j@example.com>'], { primaryKey: part(0x50, { validity: 'r' }) });
    expect(keyOf('joan', [dead, joann])).toBe(digits(0x20));
  });
});

test('two keys with the same address are an error that lists them', () => {
  expect(match('ann@example.com', [ann, aKey(0x50, ['Ann Other <ann@example.com>'])])).toMatch(
    /^"ann@example.com" matches 2 keys/,
  );
});

test('an expired key beside a valid one is passed over', () => {
  const old = aKey(0x50, ['Ann <ann@example.com>'], { primaryKey: part(0x50, { validity: 'e' }) });
  expect(keyOf('ann@example.com', [old, ann])).toBe(digits(0x10));
});

describe('a key that cannot be used is the explanation', () => {
  const dead = (more: Partial<PublicKey>) => aKey(0x50, ['Ann <ann@example.com>'], more);
  test.each([
    ['expired', dead({ primaryKey: part(0x50, { validity: 'e', expires: 1_000_000_000 }) }), 'expired on 2001-09-09'],
    [
      'refused by gpg-sq, which marks it as expired',
      dead({ primaryKey: part(0x50, { validity: 'e' }) }),
      'is not accepted by this gpg: its algorithm may be missing there, or its signatures use SHA-1',
    ],
    [
      'refused by gpg-sq, before the day on which it would expire',
      dead({ primaryKey: part(0x50, { validity: 'e', expires: 4_000_000_000 }) }),
      'is not accepted by this gpg: its algorithm may be missing there, or its signatures use SHA-1',
    ],
    ['revoked', dead({ primaryKey: part(0x50, { validity: 'r' }) }), 'is revoked'],
    ['invalid', dead({ primaryKey: part(0x50, { validity: 'i' }) }), 'is invalid'],
    ['disabled', dead({ disabled: true }), 'is disabled'],
    ['cannot encrypt', dead({ subkeys: [part(0x51, { canEncrypt: false })] }), 'has no encryption subkey'],
    ['no subkey', dead({ subkeys: [] }), 'has no encryption subkey'],
    [
      'expired subkey',
      dead({ subkeys: [part(0x51, { validity: 'e', expires: 0 })] }),
      `has a subkey ${digits(0x51).slice(-16)} that expired on 1970-01-01`,
    ],
    [
      'revoked subkey',
      dead({ subkeys: [part(0x51, { validity: 'r' })] }),
      `has a subkey ${digits(0x51).slice(-16)} that is revoked`,
    ],
  ])('%s', (_, key, fault) => {
    const message = `${digits(0x50)} (Ann <ann@example.com>) ${fault}`;
    for (const spec of ['ann@example.com', digits(0x50), 'Ann']) {
      expect(match(spec, [key])).toBe(`no usable key for "${spec}": ${message}`);
      expect(match(spec, [key], 'always')).toBe(`no usable key for "${spec}": ${message}`);
    }
  });

  test.each([
    [{ primaryKey: part(0x50, { validity: 'e', expires: 0 }) }, `gpg --quick-set-expire ${digits(0x50)} 2y;`],
    [{ primaryKey: part(0x50, { validity: 'r' }) }, 'remove the line'],
    [{ disabled: true }, `gpg --edit-key ${digits(0x50)} enable save`],
    [{ subkeys: [] }, `gpg --quick-add-key ${digits(0x50)} cv25519 encr`],
    [{ primaryKey: part(0x50, { validity: 'e' }) }, 'import the new key of its owner'],
    [
      { subkeys: [part(0x51, { validity: 'e', expires: 0 })] },
      `gpg --quick-set-expire ${digits(0x50)} 2y ${digits(0x51)};`,
    ],
    [{ subkeys: [part(0x51, { validity: 'e' })] }, `gpg --quick-add-key ${digits(0x50)} cv25519 encr`],
    [{ subkeys: [part(0x51, { validity: 'r' })] }, `gpg --quick-add-key ${digits(0x50)} cv25519 encr`],
  ] as const)('and %j says what mends it', (more, mend) => {
    const found = matchSpec({ spec: 'ann@example.com', place: AT }, [dead(more)], 'wot', hints);
    expect('problem' in found && found.problem.suggestion).toContain(mend);
  });

  test('a revoked user ID', () => {
    const key = aKey(0x50, [{ text: 'Ann <ann@example.com>', validity: 'r' }, 'Ann <ann@new.example>']);
    expect(match('ann@example.com', [key])).toBe(
      `no usable key for "ann@example.com": ${digits(0x50)} (Ann <ann@example.com>) has that user ID, but it is revoked`,
    );
    expect(keyOf('ann@new.example', [key])).toBe(digits(0x50));
  });

  test('8-digit key IDs are refused before any key is looked at', () => {
    expect(match(digits(0x10).slice(-8), [ann])).toBe(
      '"00000010": a key ID of 8 digits can be forged | use the fingerprint: gpg --fingerprint 0x00000010',
    );
  });
});

describe('validity', () => {
  const of = (validity: UserId['validity']) =>
    aKey(0x50, [{ text: 'Ann <ann@example.com>', validity }], {
      primaryKey: part(0x50, { validity, canEncrypt: false }),
    });

  test.each(['u', 'f'] as const)('%s is enough', (validity) => {
    expect(keyOf('ann@example.com', [of(validity)])).toBe(digits(0x50));
    expect(keyOf(digits(0x50), [of(validity)])).toBe(digits(0x50));
  });

  test.each([
    ['m', 'marginal'],
    ['n', 'never'],
    ['q', 'undefined'],
    ['-', 'unknown'],
    ['o', 'unknown'],
  ] as const)('%s needs always', (validity, word) => {
    for (const spec of ['ann@example.com', 'Ann', digits(0x50)]) {
      expect(match(spec, [of(validity)])).toBe(
        `${digits(0x50)} (Ann <ann@example.com>) is not trusted by GnuPG (validity: ${word}) | compare the fingerprint with its owner, then: ` +
          `gpg --quick-sign-key ${digits(0x50)} (or, for yourself alone, gpg --quick-lsign-key ${digits(0x50)})`,
      );
      expect(match(spec, [of(validity)], 'always')).toMatchObject({
        publicKey: { primaryKey: { fingerprint: digits(0x50) } },
      });
    }
  });

  test('is that of the user ID that matched, not of the best one', () => {
    const key = aKey(0x50, ['Ann <ann@example.com>', { text: 'Boss <boss@example.com>', validity: '-' }]);
    expect(match('boss@example.com', [key])).toMatch(/Boss .* is not trusted by GnuPG/);
    expect(keyOf('ann@example.com', [key])).toBe(digits(0x50));
  });

  test('is that of the best of several user IDs with the same address', () => {
    const same = (validity: UserId['validity']): UserId => ({ text: `${validity} <ann@example.com>`, validity });
    expect(keyOf('ann@example.com', [aKey(0x50, [same('r'), same('-'), same('f')])])).toBe(digits(0x50));
    expect(match('ann@example.com', [aKey(0x50, [same('r'), same('-')])])).toMatch(/not trusted by GnuPG/);
  });
});

describe('pinned', () => {
  const of = (validity: Validity) => aKey(0x50, [{ text: 'Ann <ann@example.com>', validity }]);

  test.each(['-', 'q', 'n', 'm', 'f', 'u'] as const)(
    'the full fingerprint of a primary key, or of a subkey with !, is enough, whatever its validity (%s)',
    (validity) => {
      for (const spec of [digits(0x50), `${digits(0x51)}!`, `0x${digits(0x50).toLowerCase()}`])
        expect(match(spec, [of(validity)], 'pinned')).toMatchObject({ spec });
    },
  );

  test.each(['e', 'r'] as const)('but not of a dead key (%s)', (validity) => {
    const key = aKey(0x50, ['Ann'], { primaryKey: part(0x50, { validity }) });
    expect(match(digits(0x50), [key], 'pinned')).toMatch(/no usable key/);
  });
  test('nor of a disabled one', () => {
    expect(match(digits(0x50), [aKey(0x50, ['Ann'], { disabled: true })], 'pinned')).toMatch(/is disabled/);
  });

  test.each([
    ['ann@example.com', digits(0x50)],
    ['Ann', digits(0x50)],
    [digits(0x50).slice(-16), digits(0x50)],
    [digits(0x51).slice(-16), digits(0x50)],
    // Somebody else may have put this subkey under a primary key of their own.
    [digits(0x51), digits(0x50)],
    [`${digits(0x51).slice(-16)}!`, `${digits(0x51)}!`],
  ])('%s is told the line to write instead, even of a valid key', (spec, pin) => {
    const found = matchSpec({ spec, place: AT }, [of('u')], 'pinned', hints);
    expect(found).toMatchObject({ problem: { rule: 'recipient-not-valid', place: AT } });
    expect('problem' in found && found.problem.suggestion).toMatch(
      new RegExp(`write instead: ${pin} # Ann <ann@example.com>$`),
    );
  });

  test('two keys for a name are still ambiguous, and an unknown one unknown', () => {
    expect(match('example.com', [ann, joann], 'pinned')).toMatch(/matches 2 keys/);
    expect(match('ghost@example.com', [ann], 'pinned')).toMatch(/no key in the keyring/);
  });
});

test('hints are those of the keystore', () => {
  const own = () => ({ place: 'the keyring', add: 'ADD', renew: 'RENEW', trust: 'TRUST', own: 'OWN' });
  const suggestion = (spec: string, key: PublicKey) => {
    const found = matchSpec({ spec, place: AT }, [key], 'wot', own);
    return 'problem' in found ? found.problem.suggestion : undefined;
  };
  expect(suggestion('ghost', ann)).toBe('ADD');
  expect(suggestion('ann@example.com', aKey(0x50, [{ text: 'ann@example.com', validity: '-' }]))).toBe('TRUST');
  expect(suggestion('ann@example.com', aKey(0x50, ['ann@example.com'], { subkeys: [] }))).toMatch(/; RENEW$/);
});

describe('which subkey', () => {
  const subkeys = [
    part(0x51),
    part(0x53),
    part(0x52),
    part(0x54, { validity: 'e', expires: 0 }),
    part(0x55, { canEncrypt: false }),
  ];
  const rota = aKey(0x50, ['Rota <rota@example.com>'], { subkeys });
  const subkeyOf = (spec: string, key = rota) => {
    const found = match(spec, [key]);
    return typeof found === 'string' ? found : found.encryptionSubkey.fingerprint;
  };

  test.each(['rota@example.com', digits(0x50), digits(0x51), digits(0x51).slice(-16)])(
    '%s: the newest usable one',
    (spec) => {
      expect(subkeyOf(spec)).toBe(digits(0x53));
    },
  );

  test.each([
    [`${digits(0x51)}!`, digits(0x51)],
    [`0x${digits(0x51).slice(-16)}!`, digits(0x51)],
    [
      `${digits(0x54)}!`,
      `no usable key for "${digits(0x54)}!": ${digits(0x50)} (Rota <rota@example.com>) has a subkey ${digits(0x54).slice(-16)} that expired on 1970-01-01`,
    ],
    [
      `${digits(0x55)}!`,
      `no usable key for "${digits(0x55)}!": ${digits(0x50)} (Rota <rota@example.com>) has a key ${digits(0x55).slice(-16)} that cannot encrypt`,
    ],
    [
      `${digits(0x50)}!`,
      `no usable key for "${digits(0x50)}!": ${digits(0x50)} (Rota <rota@example.com>) has a key ${digits(0x50).slice(-16)} that cannot encrypt`,
    ],
  ])('%s: that very one or none', (spec, wanted) => expect(subkeyOf(spec)).toBe(wanted));

  test('the primary key where there is no better one', () => {
    expect(subkeyOf('Ann', aKey(0x60, ['Ann'], { primaryKey: part(0x60), subkeys: [] }))).toBe(digits(0x60));
    expect(subkeyOf('Ann', aKey(0x60, ['Ann'], { primaryKey: part(0x60) }))).toBe(digits(0x61));
  });
});

describe('a line of a file that no key answers', () => {
  const messageOf = (spec: string) => {
    const found = matchSpec({ spec, place: AT }, [ann], 'wot', hints);
    return 'problem' in found ? found.problem.message : undefined;
  };

  test.each(['machine x login ann password s3cr3t', 'https://ann:s3cr3t@example.com', 'Bob'])(
    '%s is told by its number alone',
    (spec) => {
      expect(messageOf(spec)).toBe('no key in the keyring matches this line');
    },
  );

  test('and so is one with what cannot be seen', () => {
    expect(messageOf('s3cr3t\u0007')).toMatch(/^this line: /);
  });

  test.each(['bob@example.com', 'Bob <bob@example.com>', '0'.repeat(40)])('%s is a recipient and repeated', (spec) => {
    expect(messageOf(spec)).toBe(`no key in the keyring is "${spec}"`);
  });
});

describe('what is dated in the future cannot be used yet', () => {
  const now = Math.floor(Date.now() / 1000);
  const tomorrow = part(0x92, { created: now + 86_400 });
  const clock = /dated in the future: it was created at \d{4}-.* UTC, but the clock here says \d{4}-.* UTC$/;

  test('a subkey, for an older one', () => {
    const found = match('both', [aKey(0x90, ['both'], { subkeys: [part(0x91), tomorrow] })]);
    expect(found).toMatchObject({ encryptionSubkey: { fingerprint: digits(0x91) } });
  });

  test.each([
    ['the only subkey', 'later', aKey(0x90, ['later'], { subkeys: [tomorrow] })],
    ['a subkey that a "!" asks for', `${digits(0x92)}!`, aKey(0x90, ['later'], { subkeys: [part(0x91), tomorrow] })],
    ['a primary key', 'later', aKey(0x90, ['later'], { primaryKey: part(0x90, { created: now + 60, validity: 'i' }) })],
  ])('%s is an error that names the clock', (_, spec, key) => {
    expect(match(spec, [key])).toMatch(clock);
  });
});
