/** Executables of this machine, against what binutils say of them; damaged ones. */
import { execFileSync } from "node:child_process";
import { existsSync, readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { readExecutable } from "./executable.ts";

const LIBC = ["/lib/x86_64-linux-gnu/libc.so.6", "/lib/aarch64-linux-gnu/libc.so.6", "/lib64/libc.so.6"].find(
  existsSync,
);
const readelf = (...words: string[]): string =>
  execFileSync("readelf", words, { encoding: "utf8", maxBuffer: 1 << 28 });
const hasReadelf = ((): boolean => {
  try {
    readelf("--version");
    return true;
  } catch {
    return false;
  }
})();
if (LIBC === undefined || !hasReadelf) console.log("executable tests skipped: no glibc or no readelf");

test.skipIf(LIBC === undefined || !hasReadelf)("functions, build id and USDT notes as readelf shows them", () => {
  const libc = readExecutable(new Uint8Array(readFileSync(LIBC!)), LIBC!);
  const notes = readelf("-n", LIBC!);
  expect(libc.buildId).toBe(/Build ID: ([0-9a-f]+)/.exec(notes)?.[1]);

  const shown = [...notes.matchAll(/Provider: (\S+)\s+Name: (\S+)\s+Location: 0x([0-9a-f]+).*\n\s+Arguments: ?(.*)/g)];
  expect(libc.usdt().map((note) => `${note.provider}:${note.name} ${note.args}`)).toEqual(
    shown.map((note) => `${note[1]}:${note[2]} ${note[4]}`),
  );
  expect(libc.usdt().map((note) => note.fileOffset)).toEqual(
    shown.map((note) => libc.fileOffset(Number.parseInt(note[3]!, 16))),
  );

  const symbols = [
    ...readelf("-W", "--dyn-syms", LIBC!).matchAll(
      /^ *\d+: ([0-9a-f]+) +\d+ (?:FUNC|IFUNC) +\w+ +\w+ +\d+ ([^@\s]+)/gm,
    ),
  ];
  const names = new Set(libc.functions().map((func) => `${func.name} ${func.value}`));
  expect(symbols.length).toBeGreaterThan(1000);
  for (const symbol of symbols) expect(names).toContain(`${symbol[2]} ${Number.parseInt(symbol[1]!, 16)}`);
});

test("what is no executable is refused", () => {
  const refused = (bytes: Uint8Array): string => {
    try {
      readExecutable(bytes, "x");
      return "";
    } catch (error) {
      return (error as { code: string }).code;
    }
  };
  expect(refused(new Uint8Array(10))).toBe("elf/magic");
  expect(refused(new Uint8Array(readFileSync("examples/opens.bpf.o")))).toBe("elf/type");
});

test.skipIf(LIBC === undefined)("a damaged file gives an error or less, and ends", () => {
  const bytes = new Uint8Array(readFileSync(process.execPath).subarray(0, 4096));
  for (let at = 0; at < 1024; at += 3) {
    const damaged = bytes.slice(0, 4096 - at);
    damaged[at] = 0xff;
    try {
      const program = readExecutable(damaged, "x");
      program.functions();
      program.usdt();
    } catch (error) {
      expect(error).toMatchObject({ code: expect.stringMatching(/^elf\//) });
    }
  }
});
