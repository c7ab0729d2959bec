#!/bin/sh
# properties = {properties}
#
# The batch script of one Snakemake job. TERM arrives 120 s before the time limit (sbatch --signal). The stage is then
# told to save and stop, and Slurm queues the same job again; it resumes where it stopped.

stages_below() {{
  for child in $(ps -o pid= --ppid "$1"); do
    case "$(tr '\0' ' ' < "/proc/$child/cmdline" 2>/dev/null)" in
      node*class-it.ts*stage*) echo "$child" ;;
      *) stages_below "$child" ;;
    esac
  done
}}

stopping=no
told=no
trap 'stopping=yes' TERM

{exec_job} &
job=$!
wait "$job"
status=$?
while kill -0 "$job" 2>/dev/null; do
  if [ "$stopping" = yes ] && [ "$told" = no ]; then
    # Before the stage has begun there is nothing to tell; look again in a second.
    stages=$(stages_below $$)
    if [ -n "$stages" ] && kill -TERM $stages; then told=yes; else sleep 1 && continue; fi
  fi
  wait "$job"
  status=$?
done
if [ "$stopping" = yes ] && [ "$status" -ne 0 ]; then
  exec scontrol requeue "$SLURM_JOB_ID"
fi
exit "$status"
