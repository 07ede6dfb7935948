// Time that passes: for load and for faults, which last as long as they are told to.

export function pause(ms: number): Promise<void> {
  return new Promise((resolve) => setTimeout(resolve, ms));
}
