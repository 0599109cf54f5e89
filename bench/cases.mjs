// What is measured.
import { BULK } from './cases/bulk.mjs';
import { CORNERS } from './cases/corners.mjs';
import { HISTORY } from './cases/history.mjs';
import { START } from './cases/start.mjs';
import { TREES } from './cases/trees.mjs';

// A case is an object:
//   name      as on the command line
//   title     as in the table
//   size      of what there is many of; `short` of it in the short form
//   grows     whether its growth is measured, up to its size
//   starts    whether it is run with each Node
//   needs     the program without which it cannot be run
//   commands  takes the world and the size and gives the tool first, then its peers, by name; undefined for a peer that is not installed
//   targets   takes the size and gives what it must reach

/** All cases, in the order of the table. */
export const CASES = [...START, ...BULK, ...TREES, ...HISTORY, ...CORNERS];
