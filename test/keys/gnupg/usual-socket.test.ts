import { execFileSync } from 'node:child_process';
import { existsSync, mkdirSync, mkdtempSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:net';
import path from 'node:path';
import { afterAll, beforeAll, expect, test } from 'vitest';
import { usualSocket } from '../../../src/keys/gnupg/usual-socket.js';
import { find } from '../../helpers/key-homes.js';
import { createGnupgHome, type GnupgHome } from '../../helpers/gnupg.js';

let home: GnupgHome;
let folder: string;
beforeAll(() => {
  home = createGnupgHome();
  folder = mkdtempSync('/tmp/eus-');
  execFileSync('gpgconf', ['--homedir', home.path, '--launch', 'gpg-agent']);
});
afterAll(() => {
  home.remove();
  rmSync(folder, { recursive: true });
});

const ruleFor = (place: string, gpgconf: string | undefined = find('gpgconf')) => ({
  gpgconf,
  home: place,
  isDefault: false,
});

test('the socket is where gpgconf says, or gpgconf must be asked', () => {
  const said = execFileSync('gpgconf', ['--homedir', home.path, '--list-dirs', 'agent-socket']).toString().trim();
  expect([said, undefined]).toContain(usualSocket(ruleFor(home.path)));
  // Where the user has no run-time folder, as most servers and containers, it need not be; a GnuPG that was moved says so beside it.
  const isMoved = existsSync(path.join(path.dirname(find('gpgconf')), 'gpgconf.ctl'));
  if (!isMoved && said === path.join(home.path, 'S.gpg-agent')) expect(usualSocket(ruleFor(home.path))).toBe(said);
});

test.each<[string, (place: string) => void]>([
  ['nothing', () => undefined],
  ['a file that names a socket elsewhere', (place) => writeFileSync(place, '%Assuan%\nsocket=/tmp/x\n')],
  ['a folder', (place) => mkdirSync(place)],
])('%s there is not the socket', (name, make) => {
  const place = path.join(folder, name.replaceAll(' ', '-'));
  mkdirSync(place);
  make(path.join(place, 'S.gpg-agent'));
  expect(usualSocket(ruleFor(place))).toBeUndefined();
});

test('beside a gpgconf.ctl, without gpgconf or without a home gpgconf must be asked', async () => {
  const socket = path.join(folder, 'S.gpg-agent');
  const server = createServer().listen(socket);
  await new Promise((resolve) => server.on('listening', resolve));
  try {
    const bin = path.join(folder, 'bin');
    mkdirSync(bin);
    const rule = ruleFor(folder, path.join(bin, 'gpgconf'));
    const before = usualSocket(rule);
    expect([socket, undefined]).toContain(before);
    writeFileSync(path.join(bin, 'gpgconf.ctl'), 'rootdir = /opt/gnupg\n');
    expect(usualSocket(rule)).toBeUndefined();
    expect(usualSocket({ ...rule, gpgconf: undefined })).toBeUndefined();
    expect(usualSocket({ ...rule, home: undefined })).toBeUndefined();
  } finally {
    server.close();
  }
});
