import { mkdtempSync, rmSync } from 'node:fs';
import { createServer, type Socket } from 'node:net';
import path from 'node:path';
import { onTestFinished } from 'vitest';

/**
 * A socket server for one test that greets with `greeting` (an empty one is silence; with none it hangs up) and hands every line it
 * gets to `answer`. Gives the path of the socket, a new one unless one is given.
 */
export async function assuanServer(
  greeting: string | undefined,
  answer: (line: string, socket: Socket) => void = () => undefined,
  given?: string,
): Promise<string> {
  const folder = mkdtempSync('/tmp/eg-');
  const socketPath = given ?? path.join(folder, 'S');
  const sockets = new Set<Socket>();
  const server = createServer((socket) => {
    sockets.add(socket);
    if (greeting === undefined) socket.end();
    else socket.write(greeting);
    let pending = '';
    socket.on('error', () => undefined);
    socket.on('data', (chunk: Buffer) => {
      const lines = (pending + chunk.toString('latin1')).split('\n');
      pending = lines.pop() ?? '';
      for (const line of lines) answer(line, socket);
    });
  });
  onTestFinished(() => {
    for (const socket of sockets) socket.destroy();
    server.close();
    rmSync(folder, { recursive: true });
  });
  await new Promise<void>((resolve) => server.listen(socketPath, resolve));
  return socketPath;
}
