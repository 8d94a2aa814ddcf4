/** CPUs that the machine may ever have: that many values a per-CPU map has. Source: /sys/devices/system/cpu/possible. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

export function possibleCpus(): number {
  try {
    return countCpus(readFileSync("/sys/devices/system/cpu/possible", "utf8"));
  } catch {
    return availableParallelism();
  }
}

/** "0-3,8-11" -> 8: how many, as num_possible_cpus() counts. */
export function countCpus(list: string): number {
  let count = 0;
  for (const range of list.trim().split(",")) {
    const [first = "0", last = first] = range.split("-");
    count += Number(last) - Number(first) + 1;
  }
  return count;
}
