#!/usr/bin/env bash
#SBATCH --job-name=attnlab
#SBATCH --array=1-5
#SBATCH --exclusive
#SBATCH --time=04:00:00
#SBATCH --constraint=REPLACE_WITH_ONE_CPU_MODEL
# A sweep over a job array, one shard a node: at most one for each n, dtype and thread count. Figures of two CPUs cannot
# be merged, so the constraint names one model. A job that was requeued takes up where it was cut. When all are done:
#   attnlab merge --out results/all results/shard-*
set -euo pipefail
attnlab=${ATTNLAB:-build/release/attnlab}
"$attnlab" sweep --config experiments/specs/long.cfg --resume \
  --shard "$SLURM_ARRAY_TASK_ID/$SLURM_ARRAY_TASK_COUNT" --out "results/shard-$SLURM_ARRAY_TASK_ID"
