import { readLimited } from '../../files/read.js';

const REDIRECTION_LIMIT = 511;

/**
 * The socket that a path stands for. A regular file may redirect to a socket elsewhere, for homes on file systems without
 * sockets (libassuan, assuan-socket.c: exactly the lines `%Assuan%` and `socket=NAME`, with `${VAR}` in NAME for a variable of the
 * environment). Any other path is returned unchanged: connecting to it shows what is wrong.
 */
export async function socketBehind(path: string, environment: NodeJS.ProcessEnv): Promise<string> {
  const read = await readLimited(path, { limit: REDIRECTION_LIMIT });
  if ('fault' in read) return path;
  const target = /^%Assuan%\nsocket=([^\n]+)\n$/.exec(read.octets.toString())?.[1];
  return target?.replace(/\$\{([^}]*)\}/g, (_, name: string) => environment[name] ?? '') ?? path;
}
