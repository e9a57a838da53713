# One node of a small cluster, all of its cores, ranks bound to them; Open MPI from the distribution.

#@resources@
#SBATCH --nodes=1
#SBATCH --exclusive

#@launch@
launch=(mpirun -n "$ranks" --bind-to core --mca btl ^tcp)
