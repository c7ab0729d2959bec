#!/bin/sh
# What Snakemake 7 asks about a job: success, running or failed. Only a definite answer of Slurm ends a job: while
# slurmctld does not answer, the job counts as running.

for attempt in 1 2 3; do
  answer=$(scontrol show job "$1" 2>&1) && break
  sleep 2
done
case $answer in
  *JobState=COMPLETED*) echo success ;;
  *JobState=BOOT_FAIL* | *JobState=CANCELLED* | *JobState=DEADLINE* | *JobState=FAILED* | *JobState=OUT_OF_MEMORY* | *JobState=TIMEOUT*)
    echo failed ;;
  *"Invalid job id"*) echo failed ;;
  *) echo running ;;
esac
