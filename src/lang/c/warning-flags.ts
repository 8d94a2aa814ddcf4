/** clang's names of our warnings, for `#pragma GCC diagnostic`. */
export const WARNING_FLAGS: Readonly<Record<string, readonly string[]>> = {
  C211: ["-Wint-conversion"],
  C500: ["-Wunused-variable", "-Wunused"],
  C501: ["-Wunused-function", "-Wunused"],
  C506: ["-Wunused-value", "-Wunused-comparison", "-Wunused"],
  C507: ["-Wunused-label", "-Wunused"],
  C508: ["-Wreturn-type"],
  C520: ["-Wincompatible-pointer-types", "-Wincompatible-function-pointer-types"],
  C521: ["-Wincompatible-pointer-types-discards-qualifiers", "-Wdiscarded-qualifiers"],
  C522: ["-Wcompare-distinct-pointer-types", "-Wpointer-type-mismatch"],
  C523: ["-Wpointer-integer-compare"],
  C530: ["-Wdivision-by-zero", "-Wdiv-by-zero"],
  C531: ["-Winteger-overflow"],
  C532: ["-Wshift-count-overflow", "-Wshift-count-negative"],
  C533: ["-Warray-bounds"],
  C541: ["-Wunknown-attributes", "-Wattributes"],
};
