// Why a dependency of the service cannot be used.

/**
 * The dependency may answer, but refuse. `message` is for operators and for all who read `/ready`: no secrets, no
 * values.
 */
export class DependencyError extends Error {
  override name = 'DependencyError';
}
