import type { LiveCase } from "../kit.ts";
import { FALLBACKS } from "./fallback.ts";
import { GENERAL, NOTHING_LEFT } from "./general.ts";
import { NETWORK } from "./net.ts";
import { POLICIES } from "./policy.ts";
import { PROBES } from "./probes.ts";
import { SOCKETS } from "./xsk.ts";

export const CASES: readonly LiveCase[] = [
  ...PROBES,
  ...POLICIES,
  ...NETWORK,
  ...SOCKETS,
  ...FALLBACKS,
  ...GENERAL,
  NOTHING_LEFT,
];
