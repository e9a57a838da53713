# A cluster whose SLURM starts MPI programs itself (srun --mpi=list names pmix). A signal that SLURM
# sends to the job then reaches every rank, on every node.

#@launch@
launch=(srun --mpi=pmix --kill-on-bad-exit=1)
