import { chmod } from 'node:fs/promises';
await chmod('dist/src/cli/main.js', 0o755);
