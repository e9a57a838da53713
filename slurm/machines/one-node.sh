# One node of a small cluster, all of its cores, ranks bound to them; Open MPI from the distribution.

#@resources@
#SBATCH --nodes=1
#SBATCH --exclusive

#@launch@
bind_to=core
if ((threads > 1)); then bind_to=none; fi # on one core, threads are refused
launch=(mpirun -n "$ranks" --bind-to "$bind_to" --mca btl ^tcp)
