// For `node --import`: makes a function of node:fs stop, kill or fail the process at a call that the variable HOLD names, as in
// `renameSync:1:SIGSTOP` or `writeSync:2:SIGKILL`, `symlinkSync:0:EPERM`; 0 is every call. A write is half done by then.
// The event `hold` of the process says whether calls count from now on.
import fs from 'node:fs';
import { syncBuiltinESMExports } from 'node:module';

const [name, nth, action] = (process.env.HOLD ?? '').split(':');
const original = fs[name];
let calls = 0;
let counting = true;
process.on('hold', (on) => (counting = on));
if (original) {
  fs[name] = (...args) => {
    if (!counting) return original(...args);
    calls += 1;
    if (nth !== '0' && calls !== Number(nth)) return original(...args);
    if (!action.startsWith('SIG')) throw Object.assign(new Error(action), { code: action });
    if (name === 'writeSync') original(args[0], args[1], args[2], args[3] >> 1, args[4]);
    process.kill(process.pid, action);
    return original(...args);
  };
  syncBuiltinESMExports();
}
