/**
 * @file Runs jobs with dependencies on a few workers, so that eight small models share two cores.
 *
 * A job starts when all jobs it needs have finished. Of the ready jobs, the one with the most expensive chain of
 * dependent jobs starts first. The first failure stops the rest. The caller's `run` does the work, so that the order
 * can be tested without processes.
 */

export interface Job {
  id: string;
  /** Ids of the jobs that must have finished. */
  needs: readonly string[];
  /** Expected work in any unit, for the order and for the time left. */
  cost: number;
}

export interface JobUpdate {
  job: Job;
  /** Share of the job's work that is done, in [0, 1]. */
  share: number;
  note: string;
}

export interface PoolOptions {
  /** Maximum number of jobs at a time. */
  parallel: number;
  /**
   * Called when a job reports or ends, with the finished cost of all jobs, the part of it finished by an earlier call
   * (the first share that a job reports, or the whole job if it ends without a report), and the running jobs.
   */
  onProgress?: (done: number, found: number, running: readonly JobUpdate[]) => void;
}

export type RunJob = (job: Job, report: (share: number, note: string) => void, signal: AbortSignal) => Promise<void>;

/**
 * Run every job once.
 *
 * @throws Error on a cycle, or a missing or duplicate id; otherwise the error of the first failing job, after the other
 *   jobs were stopped through their `signal` and have ended
 */
export async function runJobs(jobs: readonly Job[], run: RunJob, options: PoolOptions): Promise<void> {
  const priority = chainCosts(jobs);
  const waiting = [...jobs].sort((a, b) => (priority.get(b.id) as number) - (priority.get(a.id) as number));
  const finished = new Set<string>();
  const running = new Map<string, JobUpdate>();
  const abort = new AbortController();
  let failure: { error: unknown } | null = null;
  let doneCost = 0;
  let foundCost = 0;

  const tell = () => {
    const partial = [...running.values()].reduce((sum, { job, share }) => sum + job.cost * share, 0);
    options.onProgress?.(doneCost + partial, foundCost, [...running.values()]);
  };

  await new Promise<void>((resolve) => {
    const next = () => {
      while (failure === null && running.size < options.parallel) {
        const ready = waiting.findIndex((job) => job.needs.every((id) => finished.has(id)));
        if (ready < 0) break;
        start(waiting.splice(ready, 1)[0]);
      }
      if (running.size === 0) resolve();
    };
    const start = (job: Job) => {
      running.set(job.id, { job, share: 0, note: "" });
      let hasReported = false;
      const report = (share: number, note: string) => {
        if (!running.has(job.id)) return;
        const valid = Math.min(1, Math.max(0, share));
        if (!hasReported) foundCost += job.cost * valid;
        hasReported = true;
        running.set(job.id, { job, share: valid, note });
        tell();
      };
      run(job, report, abort.signal)
        .then(
          () => {
            finished.add(job.id);
            doneCost += job.cost;
            if (!hasReported) foundCost += job.cost;
          },
          (error: unknown) => {
            failure ??= { error };
            abort.abort();
          },
        )
        .finally(() => {
          running.delete(job.id);
          tell();
          next();
        });
    };
    next();
  });
  // assigned in a callback, which the compiler does not see
  const thrown = failure as { error: unknown } | null;
  if (thrown !== null) throw thrown.error;
}

/** For every job, its own cost plus the most expensive chain of jobs that depend on it. */
function chainCosts(jobs: readonly Job[]): Map<string, number> {
  const byId = new Map(jobs.map((job) => [job.id, job]));
  if (byId.size !== jobs.length) throw new Error("runJobs: two jobs have the same id");
  const dependants = new Map<string, Job[]>();
  for (const job of jobs) {
    for (const id of job.needs) {
      if (!byId.has(id)) throw new Error(`runJobs: ${job.id} needs ${id}, which is not among the jobs`);
      dependants.set(id, [...(dependants.get(id) ?? []), job]);
    }
  }
  const costs = new Map<string, number>();
  const visiting = new Set<string>();
  const chain = (job: Job): number => {
    const known = costs.get(job.id);
    if (known !== undefined) return known;
    if (visiting.has(job.id)) throw new Error(`runJobs: ${job.id} waits for itself`);
    visiting.add(job.id);
    const cost = job.cost + Math.max(0, ...(dependants.get(job.id) ?? []).map(chain));
    visiting.delete(job.id);
    costs.set(job.id, cost);
    return cost;
  };
  for (const job of jobs) chain(job);
  return costs;
}
