/** What every kernel must do: maps, records, packets, explanations; and that nothing is left. */
import { readdirSync, readFileSync } from "node:fs";
import { hasSince } from "../../../src/abi/since.ts";
import type { VerifierError } from "../../../src/linux/errors.ts";
import { linux } from "../../../src/linux/target.ts";
import { loadObject } from "../../../src/loader/load.ts";
import { equal, holds, kernel, type LiveCase, objectOf, thrown } from "../kit.ts";

export const GENERAL: readonly LiveCase[] = [
  {
    name: "a rejection is explained",
    run: async () => {
      const error = thrown(() => loadObject(objectOf("test/fixtures/cli/unchecked.bpf.o"), linux(), {}, true));
      const diagnostic = await (error as unknown as VerifierError).explain();
      equal([error.code, diagnostic?.code], ["verify/rejected", "V005"], "codes");
      return undefined;
    },
  },
  {
    name: "arena: a list that a program makes, read by its pointers",
    since: "6.9",
    run: () => {
      const collection = loadObject(objectOf("test/fixtures/linux/arena.bpf.o"), linux(), {}, true);
      try {
        for (let i = 0; i < 2; i++) equal(collection.programs["push"]!.run().retval, 0, "pushed");
        const arena = collection.arena();
        const node = arena.read("struct node", arena.vars["head"] as bigint) as Record<string, unknown>;
        equal([node["value"], node["name"], node["next"] !== 0n], [20n, "n", true], "the last node");
      } finally {
        collection.close();
      }
      return undefined;
    },
  },
  {
    name: "opens: records of a tracepoint, maps by type",
    run: () => {
      const rodata = { only_pid: process.pid };
      const collection = loadObject(objectOf("examples/opens.bpf.o"), linux(), { rodata }, true);
      try {
        collection.programs["opens"]!.attach();
        const file = new URL("../../../package.json", import.meta.url).pathname;
        readFileSync(file);
        const records = collection.maps["events"]!.drain() as { filename: string }[];
        holds(
          records.some((record) => record.filename === file),
          `records of ${file}`,
        );
        equal([...collection.maps["calls"]!.values()].length, 1, "processes");
      } finally {
        collection.close();
      }
      return undefined;
    },
  },
  {
    name: "syn_guard: a packet's verdict",
    run: () => {
      if (!hasSince(kernel, "5.12")) return "it uses atomic instructions of 5.12";
      const collection = loadObject(objectOf("examples/syn_guard.bpf.o"), linux(), {}, true);
      try {
        equal(collection.programs["syn_guard"]!.run(new Uint8Array(64)).verdict, "pass", "verdict");
      } finally {
        collection.close();
      }
      return undefined;
    },
  },
];

/** The last one: no program, map or link is held any more. */
export const NOTHING_LEFT: LiveCase = {
  name: "nothing is left",
  run: () => {
    const left = readdirSync("/proc/self/fd").filter((fd) => {
      try {
        return /^(prog_id|map_id|link_id):/m.test(readFileSync(`/proc/self/fdinfo/${fd}`, "utf8"));
      } catch {
        return false; // the folder's own fd
      }
    });
    equal(left, [], "fds of programs, maps and links");
    return undefined;
  },
};
