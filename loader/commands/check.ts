// What `instastart doctor` has looked at, and what it found.

export interface Check {
  name: string
  /** degraded: runs are plain, or slower than they could be; failed: something is broken that should work. */
  state: 'ok' | 'degraded' | 'failed'
  /** What was found. */
  found: string
  /** Unless ok. */
  advice?: string
}

export const ok = (name: string, found: string): Check => ({ name, state: 'ok', found })
export const degraded = (name: string, found: string, advice: string): Check => ({ name, state: 'degraded', found, advice })
export const failed = (name: string, found: string, advice: string): Check => ({ name, state: 'failed', found, advice })
