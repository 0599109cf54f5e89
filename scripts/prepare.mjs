// npm runs this when it installs the package from git, as the pre-commit framework does: what is in git is not built yet.
import { execFileSync } from 'node:child_process';
import { existsSync } from 'node:fs';

const npm = (...words) => execFileSync('npm', words, { stdio: ['ignore', 'ignore', 'inherit'] });

if (!existsSync('dist/bin/eyaml.cjs')) {
  // `npm install --global` hands its --global down to here, and leaves out what a build needs.
  if (!existsSync('node_modules/typescript')) {
    npm('ci', '--global=false', '--include=dev', '--ignore-scripts', '--no-audit', '--no-fund');
  }
  npm('run', 'build');
}
