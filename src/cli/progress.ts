/** A line of progress on stderr: only on a terminal, only after half a second, gone at the end. */
import { number } from "./format.ts";
import { output } from "./output.ts";

const QUIET_MS = 500;
const REDRAW_MS = 100;

export interface Progress {
  update(n: number): void;
  end(): void;
}

export function progress(unit: string): Progress {
  const started = performance.now();
  let drawn = 0;
  const on = process.stderr.isTTY === true && output.progress && !output.quiet && !output.json;
  return {
    update(n) {
      const now = performance.now();
      if (!on || now - started < QUIET_MS || now - drawn < REDRAW_MS) return;
      drawn = now;
      process.stderr.write(
        `\r\x1b[K${number(n)} ${unit}, ${number(Math.round((n / (now - started)) * 1000))} a second`,
      );
    },
    end() {
      if (drawn > 0) process.stderr.write("\r\x1b[K");
    },
  };
}
