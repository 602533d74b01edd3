/** TCP ports of this machine. */
import net from 'node:net';

const listen = (host: string, port: number): Promise<number> =>
  new Promise((resolve, reject) => {
    const server = net.createServer();
    server.once('error', reject);
    server.listen({ host, port }, () => {
      const address = server.address();
      server.close(() => resolve(typeof address === 'object' && address ? address.port : port));
    });
  });

/** One that nobody listens on; free at least now. */
export const freePort = (host: string): Promise<number> => listen(host, 0);

export const isFree = (host: string, port: number): Promise<boolean> =>
  listen(host, port).then(
    () => true,
    (error: NodeJS.ErrnoException) => error.code !== 'EADDRINUSE',
  );
