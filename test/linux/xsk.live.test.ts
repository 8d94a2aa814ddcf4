/** examples/reflect.mjs as a user starts it: every frame that is sent to its interface comes back. */
import { spawn } from "node:child_process";
import { existsSync } from "node:fs";
import { expect, test } from "vitest";
import { linux } from "../../src/linux/target.ts";
import { xsk } from "../../src/linux/xsk.ts";
import { loadObject } from "../../src/loader/load.ts";
import { liveKernel } from "../live.ts";
import { ROOT } from "../tidy/source.ts";
import { objectOf } from "../vm/kit.ts";
import { makePair, ownFrame, sendFrame, withNetns } from "../vm/net.ts";

const built = existsSync(`${ROOT}/dist/linux.js`);
if (!built) console.log("the AF_XDP example is skipped: dist/ is not built (npm run build)");

test.skipIf(liveKernel() !== null || !built)("reflect.mjs sends frames back", async () => {
  await withNetns(async (netns) => {
    netns.run(() => makePair("veth", "va", "vb"));
    const live = loadObject(objectOf("examples/to_user.bpf.o"), linux(), {}, true);
    const place = { dev: "va", netns: netns.path };
    live.programs["to_user"]!.attach(place);
    const socket = xsk({ ...place, map: live.maps["sockets"]! });
    const child = spawn(process.execPath, ["examples/reflect.mjs", "vb", netns.path], { cwd: ROOT });
    let said = "";
    child.stdout.setEncoding("utf8").on("data", (text: string) => {
      said += text;
    });
    child.stderr.on("data", (text) => console.log(String(text)));
    const ended = new Promise<number | null>((resolve) => child.on("exit", resolve));
    try {
      await until(() => said.includes("Ctrl-C"));
      const back: Uint8Array[] = [];
      const look = (): boolean => {
        netns.run(() => sendFrame("va", ownFrame(back.length)));
        socket.receive((frame) => {
          if (frame[12] === 0x88 && frame[13] === 0xb5) back.push(frame.slice());
        });
        return back.length > 3;
      };
      await until(look);
      expect([...back[0]!.subarray(0, 6)]).toEqual([2, 0, 0, 0, 0, 1]);
      expect([...back[0]!.subarray(6, 12)]).toEqual([255, 255, 255, 255, 255, 255]);
      expect(back[0]!.subarray(14)).toEqual(ownFrame(0).subarray(14));
    } finally {
      child.kill("SIGTERM");
      expect(await ended).toBe(0);
      socket.close();
      live.close();
    }
    expect(Number(/(\d+) frames sent back/.exec(said)?.[1])).toBeGreaterThan(3);
  });
});

async function until(done: () => boolean): Promise<void> {
  for (let tries = 0; tries < 400 && !done(); tries++) await new Promise((resolve) => setTimeout(resolve, 25));
  expect(done()).toBe(true);
}
