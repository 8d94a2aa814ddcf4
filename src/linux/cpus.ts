/** CPUs: those that the machine may ever have (that many values a per-CPU map has), and those that run now. */
import { readFileSync } from "node:fs";
import { availableParallelism } from "node:os";

/** Source: /sys/devices/system/cpu/possible. */
export function possibleCpus(): number {
  try {
    return countCpus(readFileSync("/sys/devices/system/cpu/possible", "utf8"));
  } catch {
    return availableParallelism();
  }
}

export function onlineCpus(): number[] {
  try {
    return listCpus(readFileSync("/sys/devices/system/cpu/online", "utf8"));
  } catch {
    return Array.from({ length: availableParallelism() }, (_, i) => i);
  }
}

/** "0-3,8-11" -> 8: how many, as num_possible_cpus() counts. */
export function countCpus(list: string): number {
  return listCpus(list).length;
}

function listCpus(list: string): number[] {
  return list
    .trim()
    .split(",")
    .flatMap((range) => {
      const [first = "0", last = first] = range.split("-");
      return Array.from({ length: Number(last) - Number(first) + 1 }, (_, i) => Number(first) + i);
    });
}
