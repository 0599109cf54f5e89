// Preloaded by test/e2e/loads.test.ts: appends the files that a run reads while it loads itself to the file that EYAML_LOADS names.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const { readFileSync } = fs;
fs.readFileSync = (file, ...rest) => {
  fs.appendFileSync(process.env.EYAML_LOADS, `${file}\n`);
  return readFileSync(file, ...rest);
};
syncBuiltinESMExports();
