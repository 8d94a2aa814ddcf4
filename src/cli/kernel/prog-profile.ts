/** `skep prog profile`: counters of a program's runs, until the time is over or Ctrl-C, printed as bpftool does. */
import { METRICS, type Profile, profileProg, type Reading } from "../../linux/profile.ts";
import { withRef } from "./refs.ts";
import { kernel, show, type Words } from "./session.ts";

/** As bpftool: more would stand in each other's way. */
const MAX_METRICS = 4;

export async function profile(words: Words): Promise<void> {
  let made: Profile | undefined;
  let seconds = Number.POSITIVE_INFINITY;
  withRef(words, "prog", (fd) => {
    if (words.take("duration") !== undefined) seconds = words.number("the duration in seconds");
    const metrics: string[] = [];
    while (!words.empty) {
      const metric = words.take(...Object.keys(METRICS));
      if (metric === undefined) {
        throw words.usage(`"${words.peek}" is none of ${Object.keys(METRICS).join(", ")}`);
      }
      if (!metrics.includes(metric)) metrics.push(metric);
    }
    if (metrics.length === 0) throw words.usage("which metrics?");
    if (metrics.length > MAX_METRICS) throw words.usage(`at most ${MAX_METRICS} metrics at once`);
    made = profileProg(kernel(), fd, metrics);
  });
  try {
    await over(seconds);
    const { runs, readings } = made!.read();
    show(
      () =>
        readings.map(({ metric, value, enabledNs, runningNs }) => ({
          metric,
          run_cnt: runs,
          value,
          enabled: enabledNs,
          running: runningNs,
        })),
      () => `\n${[line(runs, "run_cnt"), ...readings.map((each) => textOf(each, readings))].join("\n")}`,
    );
  } finally {
    made?.close();
  }
}

/** After so many seconds, or when the user stops it. */
function over(seconds: number): Promise<void> {
  return new Promise((resolve) => {
    const timer = Number.isFinite(seconds) ? setTimeout(resolve, 1000 * seconds) : setInterval(() => {}, 1 << 30);
    // Ctrl-C ends the profile, not the command.
    process.removeAllListeners("SIGINT");
    process.once("SIGINT", () => {
      clearTimeout(timer);
      resolve();
    });
  });
}

const line = (value: bigint, name: string): string => `${String(value).padStart(18)} ${name.padEnd(20)}`;

function textOf({ metric, value, enabledNs, runningNs }: Reading, all: readonly Reading[]): string {
  const { ratio } = METRICS[metric]!;
  const base = all.find((each) => each.metric === ratio?.to)?.value ?? 0n;
  const told =
    ratio === undefined || base === 0n
      ? "".padEnd(41)
      : `# ${((Number(value) * ratio.scale) / Number(base)).toFixed(2).padStart(8)} ${ratio.what.padEnd(30)}`;
  const share = enabledNs > runningNs ? `(${((Number(runningNs) * 100) / Number(enabledNs)).toFixed(2)}%)` : "";
  return line(value, metric) + told + share;
}
