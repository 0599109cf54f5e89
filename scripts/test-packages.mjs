// Makes the executable and all packages that can be made here, and runs their tests.
// usage: npm run test:packages [-- OPTIONS OF VITEST]
import { spawnSync } from 'node:child_process';

const MAKERS = { npm: 'npm', deb: 'dpkg-deb', rpm: 'rpmbuild' };

function run(program, ...args) {
  const { status } = spawnSync(program, args, { stdio: 'inherit' });
  if (status !== 0) process.exit(status ?? 1);
}

run('npm', 'run', '--silent', 'package:executable');
for (const [kind, program] of Object.entries(MAKERS)) {
  const isThere = spawnSync('sh', ['-c', 'command -v "$1"', 'sh', program]).status === 0;
  // In CI, the tests miss it.
  if (isThere) run('node', `scripts/package/${kind}.mjs`);
  else console.log(`${kind}: skipped, because ${program} is missing`);
}
if (process.getuid() !== 0) console.log('the Debian package will not be installed: that takes root');
run('npx', 'vitest', 'run', '--config', 'vitest.packages.config.ts', ...process.argv.slice(2));
