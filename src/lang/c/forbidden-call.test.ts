import { expect, test } from "vitest";
import { compileC } from "./compile.ts";

const said = (id: string): string[] => {
  const source = `
    void no_such_name(void) __attribute__((error("name it in the list")));
    static inline __attribute__((always_inline)) int number_of(int name)
    {
      if (name == 'a')
        return 1;
      return name == 'b' ? 2 : 0;
    }
    __attribute__((section(("xdp")), used)) int f(void *ctx)
    {
      int id = number_of(${id});
      if (!id)
        no_such_name();
      return id;
    }`;
  return compileC("a.c", new TextEncoder().encode(source)).diagnostics.map(
    (one) => `${one.code} ${one.line} ${one.message}`,
  );
};

test("a call that folds away is no call of a function declared with attribute error", () => {
  expect(said("'b'")).toEqual([]);
  expect(said("'c'")).toEqual(["C231 13 call to 'no_such_name' declared with attribute error: name it in the list"]);
});
