// Sends every frame that arrives at an interface back to where it came from, past the network stack (AF_XDP). Needs root.
// usage: node examples/reflect.mjs DEV [NETNS]
import { load } from "skep";
import { linux, xsk } from "skep/linux";

const [dev, netns] = process.argv.slice(2);
const place = netns === undefined ? { dev } : { dev, netns };
const stop = new AbortController();
for (const name of ["SIGINT", "SIGTERM"]) process.once(name, () => stop.abort());

const live = await load(new URL("to_user.bpf.o", import.meta.url).pathname, { target: linux() });
const socket = xsk({ ...place, map: live.maps.sockets });
live.programs.to_user.attach(place);
console.log(`${socket.what}: Ctrl-C ends it`);
let count = 0;
for await (const frame of socket.frames({ signal: stop.signal })) {
  const source = frame.slice(6, 12);
  frame.copyWithin(6, 0, 6);
  frame.set(source, 0);
  if (socket.send(frame)) count++;
}
console.log(`${count} frames sent back`);
socket.close();
live.close();
