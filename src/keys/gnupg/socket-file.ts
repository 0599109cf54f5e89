import { readLimited } from '../../files/read.js';

const REDIRECTION_LIMIT = 511;

/**
 * The socket that a path stands for. A regular file may redirect to a socket elsewhere, as people have it whose home lies where
 * sockets cannot be (libassuan, assuan-socket.c: the lines `%Assuan%` and `socket=NAME` alone, with `${VAR}` in NAME for a variable
 * of the environment). What is no such file is the answer itself: connecting to it tells what is wrong.
 */
export async function socketBehind(path: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const read = await readLimited(path, { limit: REDIRECTION_LIMIT });
  if ('fault' in read) return path;
  const target = /^%Assuan%\nsocket=([^\n]+)\n$/.exec(read.octets.toString())?.[1];
  return target?.replace(/\$\{([^}]*)\}/g, (_, name: string) => environment[name] ?? '') ?? path;
}
