# A machine: the blocks of slurm/job.sh that are its own. Copy this to NAME.sh and use it with
#   infoplane sbatch SWEEP --machine NAME
# A block that is left out has its default, shown here. Options of the command line win.

#@resources@
# Any line for sbatch:
# #SBATCH --partition=standard
# #SBATCH --account=project-17
# #SBATCH --nodes=1
# #SBATCH --ntasks-per-node=128
# #SBATCH --exclusive

#@modules@
# What has to be there before the program starts:
# module load gcc/12 openmpi/4.1 hdf5-mpi/1.10
# export INFOPLANE_DATA=$SCRATCH/data

#@launch@
# How ranks are started, as a bash array; $ranks is how many, $threads what each of them has. More
# threads than a rank may use cores are refused.
launch=(mpirun -n "$ranks")
# launch=(srun --mpi=pmix --kill-on-bad-exit=1)
# launch=(mpirun -n "$ranks" --map-by core --bind-to core --mca pml ucx)
