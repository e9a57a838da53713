# A cluster whose SLURM starts MPI programs itself (srun --mpi=list names pmix). A signal that SLURM
# sends to the job then reaches every rank, on every node.

#@launch@
launch=(srun --mpi=pmix --kill-on-bad-exit=1)
if ((threads > 1)); then launch+=(--cpus-per-task="$threads"); fi # srun does not take it from the job
