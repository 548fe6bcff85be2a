// PGlite behind a socket: one connection at a time, the wire protocol passed through.
//
//   node serve.mjs          prints the port on a loopback address, then serves until stdin ends
//
// An empty database in memory. Not here: what is asked of it.
import net from "node:net";
import { PGlite } from "@electric-sql/pglite";

const database = await PGlite.create();

const server = net.createServer((socket) => {
  let last = Promise.resolve();
  socket.setNoDelay(true);
  socket.on("data", (data) => {
    // One message after the other: PGlite is one session.
    last = last.then(async () => {
      const answer = await database.execProtocolRaw(new Uint8Array(data));
      if (!socket.destroyed) socket.write(answer);
    });
  });
  socket.on("error", () => socket.destroy());
});

server.listen(0, "127.0.0.1", () => console.log(server.address().port));
process.stdin.resume();
process.stdin.on("end", () => process.exit(0));
