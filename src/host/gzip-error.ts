import { SkepError } from "../base/error.ts";

export function gzipError(cause: unknown): SkepError {
  return new SkepError("host/gzip", "the gzip data is damaged, or expands to more than 1 GiB", {
    advice: "expand it with gunzip to see what it says",
    cause,
  });
}
