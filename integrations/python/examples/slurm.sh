#!/bin/bash
# Two nodes with four GPUs each: sbatch slurm.sh train cartoon-vae --preset report --batch 256 --out runs/cartoon-vae
#SBATCH --job-name=hourglass
#SBATCH --nodes=2
#SBATCH --ntasks-per-node=1
#SBATCH --gpus-per-node=4
#SBATCH --cpus-per-task=16
# SIGTERM two minutes before the time is over: the job saves, and the next job with the same --out continues.
#SBATCH --signal=TERM@120
#SBATCH --requeue

# torchrun starts the processes of a node, and restarts them if one dies.
MASTER=$(scontrol show hostnames "$SLURM_JOB_NODELIST" | head -n 1)
srun torchrun --nnodes "$SLURM_NNODES" --nproc_per_node "$SLURM_GPUS_ON_NODE" --max_restarts 3 \
  --rdzv_id "$SLURM_JOB_ID" --rdzv_backend c10d --rdzv_endpoint "$MASTER:29500" \
  -m -- hourglass_distributed "$@"
