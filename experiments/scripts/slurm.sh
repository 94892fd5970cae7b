#!/usr/bin/env bash
#SBATCH --job-name=attnlab
#SBATCH --array=1-5
#SBATCH --exclusive
#SBATCH --time=04:00:00
#SBATCH --constraint=REPLACE_WITH_ONE_CPU_MODEL
# Runs a sweep as a job array, one shard on each node; there can be at most one shard for each n, dtype and thread count.
# Figures of different CPUs cannot be merged, so the constraint names one model. A requeued job resumes its shard. When all
# jobs have ended:
#   attnlab merge --out results/all results/shard-*
set -euo pipefail
attnlab=${ATTNLAB:-build/release/attnlab}
"$attnlab" sweep --config experiments/specs/long.cfg --resume \
  --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --out "results/shard-$SLURM_ARRAY_TASK_ID"
