// Preloaded by test/e2e/loads.test.ts: appends what a run loads, by import or require, to the file that EYAML_LOADS names.
import { appendFileSync } from 'node:fs';
import Module, { register } from 'node:module';

const file = process.env.EYAML_LOADS;
const load = Module._load;
Module._load = function (request, parent, ...rest) {
  try {
    appendFileSync(file, `${Module._resolveFilename(request, parent)}\n`);
  } catch {
    // What cannot be resolved is not loaded.
  }
  return load.call(this, request, parent, ...rest);
};

const hooks = `import { appendFileSync } from 'node:fs';
export async function load(url, context, next) {
  appendFileSync(${JSON.stringify(file)}, url + '\\n');
  return next(url, context);
}`;
register(`data:text/javascript,${encodeURIComponent(hooks)}`);
