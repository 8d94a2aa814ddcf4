import { SkepError } from "../base/error.ts";

export function profileError(where: string, cause: unknown): SkepError {
  return new SkepError("host/profile", `the bundled types of Linux 6.18 cannot be read: ${where}`, {
    advice: "serve or install the package's data/ beside its dist/, or give a kernel's BTF",
    cause,
  });
}
