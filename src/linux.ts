/** skep/linux: the running kernel through bpf(2). Linux on x64 and arm64, with the optional package koffi. */
export { NotSupported, Refused, VerifierError } from "./linux/errors.ts";
export { type Judge, type JudgeOptions, kernelJudge, type Verdict } from "./linux/judge.ts";
export type { VerifierStats } from "./linux/log.ts";
export { type LoadExtras, structOpsExtras } from "./linux/prog-attr.ts";
export { type Frame, kernelFrames, stackFrames, userFrames } from "./linux/symbols.ts";
export { type KernelTarget, type LinuxOptions, linux } from "./linux/target.ts";
export { type Xsk, type XskOptions, type XskStatistics, xsk } from "./linux/xsk.ts";
