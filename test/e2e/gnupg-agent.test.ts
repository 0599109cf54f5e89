import { writeFileSync } from 'node:fs';
import path from 'node:path';
import { expect, onTestFinished, test } from 'vitest';
import { assuanServer } from '../helpers/assuan-server.js';
import { eyaml } from '../helpers/cli.js';
import { scratchFolder } from '../helpers/files.js';
import { createGnupgHome } from '../helpers/gnupg.js';

test.each([
  ['never greets', ''],
  ['never answers', 'OK\n'],
])(
  'encrypting does not wait for an agent that %s, and does not claim that nobody here can read',
  async (_, greeting) => {
    const home = createGnupgHome({ secret: ['alice'] });
    onTestFinished(() => home.remove());
    await assuanServer(greeting, undefined, home.agentSocket());
    const cwd = scratchFolder();
    writeFileSync(path.join(cwd, 'hiera-eyaml-gpg.recipients'), 'alice@example.com\n');
    const env = { GNUPGHOME: home.path };
    const { code, stdout, stderr } = await eyaml(['encrypt', '-s', 'x', '-o', 'string'], { cwd, env });
    expect({ code, stderr }).toEqual({ code: 0, stderr: '' });
    expect(stdout).toMatch(/^ENC\[GPG,/);
  },
);
