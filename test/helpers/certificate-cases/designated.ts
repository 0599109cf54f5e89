import { over, packet, signaturePacket, type SignatureOptions } from '../certificates.js';
import { revoker, type CertificateCase, type Scene } from './case.js';

/** Revocations by a key that may make them. The stranger's own certificate stands before that of the key, or is missing. */
export const designated: readonly CertificateCase[] = [0x80, 0xc0, 0x40].flatMap((kind): readonly CertificateCase[] => {
  const what = { 0x80: 'a designated revoker', 0xc0: 'a sensitive revoker', 0x40: 'a revoker of no kind' }[kind] ?? '';
  const counts = kind !== 0x40;
  const use = counts ? 'none' : 'sub';
  const of = (s: Scene, options: SignatureOptions = {}) => [
    s.pk,
    s.direct({ hashed: [revoker(s.stranger, kind)] }),
    s.revoke(options, s.stranger),
    ...s.user(),
    ...s.subkey(),
  ];
  return [
    { name: `${what} has revoked`, use, make: (s) => [...strangerKey(s), ...of(s)] },
    {
      name: `${what} has revoked, whose key is not here`,
      use,
      ...(counts ? { gpg: 'sub' as const } : {}),
      make: (s) => of(s),
    },
    {
      name: `${what} has not revoked`,
      use: 'sub',
      make: (s) => [
        ...strangerKey(s),
        s.pk,
        s.direct({ hashed: [revoker(s.stranger, kind)] }),
        ...s.user(),
        ...s.subkey(),
      ],
    },
    {
      name: `a forged revocation in the name of ${what}`,
      use: 'sub',
      make: (s) => [...strangerKey(s), ...of(s, { damage: 'octet' })],
    },
    {
      name: `${what} has revoked behind the subkey`,
      use,
      make: (s) => [
        ...strangerKey(s),
        s.pk,
        s.direct({ hashed: [revoker(s.stranger, kind)] }),
        ...s.user(),
        ...s.subkey(),
        s.revoke({}, s.stranger),
      ],
    },
  ];
});

function strangerKey({ stranger, uid }: Scene): readonly Buffer[] {
  const text = `Stranger of ${uid}`;
  return [packet.key(stranger), packet.userId(text), signaturePacket(0x13, stranger, over.userId(stranger, text))];
}
