#include "jobs/doctor_checks.hpp"

#include <gtest/gtest.h>

namespace infoplane::jobs::test {
namespace {

MachineFacts good_machine() {
  MachineFacts facts;
  facts.mpi = "Open MPI v5.0.7";
  facts.hdf5 = "1.14.5";
  facts.torch = "2.6.0";
  facts.blas = "OpenBLAS 0.3.29";
  facts.ranks = 2;
  facts.launched = facts.threads_may_communicate = true;
  facts.places = {{"node1", {0}}, {"node1", {1}}};
  facts.cores = 4;
  facts.environment = {
      {"OMP_NUM_THREADS", "1"}, {"OPENBLAS_NUM_THREADS", "1"}, {"MKL_NUM_THREADS", "1"}};
  facts.folder = "runs";
  facts.folder_is_there = facts.writable = true;
  facts.file_system = "ext4";
  facts.locks = true;
  facts.free_bytes = std::uint64_t{1} << 40;
  facts.open_files_limit = 1024;
  return facts;
}

Finding find(const MachineFacts& facts, const std::string& subject) {
  for (const Finding& finding : examine(facts)) {
    if (finding.subject == subject) return finding;
  }
  ADD_FAILURE() << "nothing was said about " << subject;
  return {};
}

TEST(Doctor, GoodMachineHasNoFindings) {
  for (const Finding& finding : examine(good_machine())) {
    EXPECT_EQ(finding.verdict, Verdict::ok) << finding.subject << ": " << finding.state;
    EXPECT_FALSE(finding.state.empty()) << finding.subject;
  }
}

// Whatever is not well says what it does, and what helps.
void expect_finding(const MachineFacts& facts, const std::string& subject, Verdict verdict,
                    const std::string& word) {
  const Finding finding = find(facts, subject);
  EXPECT_EQ(finding.verdict, verdict) << subject << ": " << finding.state;
  EXPECT_FALSE(finding.consequence.empty()) << subject;
  EXPECT_FALSE(finding.cure.empty()) << subject;
  EXPECT_NE((finding.state + finding.consequence + finding.cure).find(word), std::string::npos)
      << finding.state << "; " << finding.consequence << "; " << finding.cure;
}

TEST(Doctor, OldOpenMpiCorruptsUnlessItsLockingIsChanged) {
  MachineFacts facts = good_machine();
  for (const char* version : {"Open MPI v4.1.4", "Open MPI v4.1.6", "Open MPI v3.1.0"}) {
    facts.mpi = version;
    expect_finding(facts, "MPI", Verdict::warning, "fs_ufs_lock_algorithm 3");
  }
  facts.environment["OMPI_MCA_fs_ufs_lock_algorithm"] = "3";
  EXPECT_EQ(find(facts, "MPI").verdict, Verdict::ok);
  facts.environment["OMPI_MCA_fs_ufs_lock_algorithm"] = "1";
  EXPECT_EQ(find(facts, "MPI").verdict, Verdict::warning);
  facts.environment["OMPI_MCA_io"] = "romio321";
  EXPECT_EQ(find(facts, "MPI").verdict, Verdict::ok);
  facts.environment.erase("OMPI_MCA_io");
  facts.mpi = "Open MPI v4.1.7";
  EXPECT_EQ(find(facts, "MPI").verdict, Verdict::ok);
  facts.mpi = "MPICH Version: 4.0.2";
  expect_finding(facts, "MPI", Verdict::note, "Open MPI");
}

TEST(Doctor, Hdf5WithBrokenCollectiveReads) {
  MachineFacts facts = good_machine();
  for (const auto& [version, verdict] :
       std::vector<std::pair<std::string, Verdict>>{{"1.10.4", Verdict::ok},
                                                    {"1.10.5", Verdict::note},
                                                    {"1.10.8", Verdict::note},
                                                    {"1.10.9", Verdict::ok},
                                                    {"1.8.20", Verdict::warning}}) {
    facts.hdf5 = version;
    EXPECT_EQ(find(facts, "HDF5").verdict, verdict) << version;
  }
}

/// Facts of an HDF5 of this version with HDF5_USE_FILE_LOCKING; null: unset.
MachineFacts with_locking(const char* hdf5, const char* setting) {
  MachineFacts facts = good_machine();
  facts.hdf5 = hdf5;
  if (setting != nullptr) facts.environment["HDF5_USE_FILE_LOCKING"] = setting;
  return facts;
}

TEST(Doctor, FilesThatCannotBeLocked) {
  const auto check = [](const char* hdf5, const char* setting, Verdict verdict, const char* word) {
    MachineFacts facts = with_locking(hdf5, setting);
    facts.locks = false;
    expect_finding(facts, "file locking", verdict, word);
  };
  for (const char* const off : {"FALSE", "0"})
    check("1.14.5", off, Verdict::warning, "only one job");
  check("1.14.5", nullptr, Verdict::warning, "only one job");
  for (const char* const on : {"TRUE", "1", "BEST_EFFORT"})
    check("1.14.5", on, Verdict::breaks, "unset HDF5_USE_FILE_LOCKING");
  for (const char* const old : {"1.10.6", "1.12.0"}) {
    check(old, nullptr, Verdict::breaks, "HDF5_USE_FILE_LOCKING=FALSE");
    check(old, "0", Verdict::breaks, "HDF5_USE_FILE_LOCKING=FALSE");
    check(old, "FALSE", Verdict::warning, "only one job");
  }
  check("1.10.7", nullptr, Verdict::warning, "only one job");
}

TEST(Doctor, LocksThatKeepReadersAndJobsApart) {
  for (const char* const on : {"TRUE", "1", "BEST_EFFORT"})
    expect_finding(with_locking("1.14.5", on), "file locking", Verdict::note, "results.nc");
  expect_finding(with_locking("1.10.6", nullptr), "file locking", Verdict::note, "results.nc");
  for (const char* const off : {"FALSE", "0"})
    EXPECT_EQ(find(with_locking("1.14.5", off), "file locking").verdict, Verdict::ok) << off;
}

TEST(Doctor, ThreadsUnsetOrInDisagreement) {
  MachineFacts facts = good_machine();
  facts.environment["OPENBLAS_NUM_THREADS"] = "4";
  expect_finding(facts, "threads", Verdict::note, "disagree");
  facts.environment.clear();
  expect_finding(facts, "threads", Verdict::note, "OMP_NUM_THREADS unset");
}

TEST(Doctor, RanksAndCores) {
  MachineFacts facts = good_machine();
  facts.ranks = 3;
  facts.places = {{"node1", {0, 1}}, {"node1", {0, 1}}, {"node1", {0, 1}}};
  expect_finding(facts, "cores and ranks", Verdict::warning, "mpirun -n 2");
  facts.ranks = 2;
  facts.places = {{"node1", {0}}, {"node1", {0}}};
  expect_finding(facts, "cores and ranks", Verdict::warning, "1 core");
  facts.places = {{"node1", {0, 1}}, {"node1", {0, 1}}};
  expect_finding(facts, "cores and ranks", Verdict::note, "--bind-to core");
  // The same core of two hosts is two cores.
  facts.places = {{"node1", {0}}, {"node2", {0}}};
  EXPECT_EQ(find(facts, "cores and ranks").verdict, Verdict::ok);
}

TEST(Doctor, ThreeRanksOnTwoCoresOfThree) {
  MachineFacts facts = good_machine();
  facts.ranks = 3;
  facts.places = {{"node1", {0}}, {"node1", {0}}, {"node1", {1, 2}}};
  expect_finding(facts, "cores and ranks", Verdict::warning, "bound to the same");
}

// Processors 0 and 64 are the hyper-threads of core 0, and so on.
TEST(Doctor, RanksAndHyperThreads) {
  const auto core = [](int first) {
    return RankPlace{"node1", {first, first + 64}, {first, first}};
  };
  MachineFacts facts = good_machine();
  facts.cores = 128;
  facts.places = {core(0), core(1)};
  EXPECT_EQ(find(facts, "cores and ranks").verdict, Verdict::ok);
  facts.places = {core(0), core(0)};
  expect_finding(facts, "cores and ranks", Verdict::warning, "bound to the same");
  facts.places = {core(0), core(0), core(1), core(2)};
  expect_finding(facts, "cores and ranks", Verdict::warning, "bound to the same");
  const RankPlace both{"node1", {0, 1, 64, 65}, {0, 1, 0, 1}};
  facts.places = {both, both};
  expect_finding(facts, "cores and ranks", Verdict::note, "not bound");
  facts.places = {both, both, both, {"node1", {2, 3, 66, 67}, {2, 3, 2, 3}}};
  expect_finding(facts, "cores and ranks", Verdict::warning, "others are idle");
  facts.places = {both, both, both, both};  // all that a batch system gave
  expect_finding(facts, "cores and ranks", Verdict::note, "not bound");
}

TEST(Doctor, RankForEachHyperThread) {
  MachineFacts facts = good_machine();
  facts.places = {
      {"node1", {0}, {0}}, {"node1", {2}, {0}}, {"node1", {1}, {1}}, {"node1", {3}, {1}}};
  EXPECT_EQ(find(facts, "cores and ranks").verdict, Verdict::ok);
  facts.places.resize(2);  // the other core is left out, perhaps by a batch system
  EXPECT_EQ(find(facts, "cores and ranks").verdict, Verdict::ok);
}

TEST(Doctor, RanksWithSeveralCoresEach) {
  MachineFacts facts = good_machine();
  facts.cores = 8;
  facts.places = {{"node1", {0, 1}}, {"node1", {2, 3}}};
  EXPECT_EQ(find(facts, "cores and ranks").verdict, Verdict::ok);
  facts.places = {{"node1", {0, 1}}, {"node1", {1, 2}}};
  expect_finding(facts, "cores and ranks", Verdict::note, "not bound");
  facts.places = {{"node1", {0, 1}}, {"node1", {0, 1}}, {"node1", {2, 3}}, {"node1", {2, 3}}};
  expect_finding(facts, "cores and ranks", Verdict::note, "not bound");  // a socket each
}

TEST(Doctor, FileSystems) {
  MachineFacts facts = good_machine();
  for (const auto& [name, verdict, word] :
       std::vector<std::tuple<std::string, Verdict, std::string>>{
           {"nfs", Verdict::warning, "noac"},
           {"tmpfs", Verdict::warning, "memory"},
           {"lustre", Verdict::note, "setstripe"},
           {"overlay", Verdict::note, "container"}}) {
    facts.file_system = name;
    expect_finding(facts, "folder", verdict, word);
  }
  facts.writable = false;
  expect_finding(facts, "folder", Verdict::breaks, "nothing can be written");
}

TEST(Doctor, LittleSpaceAndTightLimits) {
  MachineFacts facts = good_machine();
  facts.free_bytes = 1000;
  expect_finding(facts, "free space", Verdict::warning, "infoplane plan");
  facts.open_files_limit = 64;
  expect_finding(facts, "limits", Verdict::warning, "ulimit -n");
  facts.open_files_limit = 1024;
  facts.file_size_limit = 1000;
  expect_finding(facts, "limits", Verdict::warning, "ulimit -f");
  facts.address_space_limit = 1000;
  expect_finding(facts, "limits", Verdict::breaks, "ulimit -v");
}

TEST(Doctor, MpiWithoutThreads) {
  MachineFacts facts = good_machine();
  facts.threads_may_communicate = false;
  expect_finding(facts, "MPI threads", Verdict::note, "MPI_THREAD_MULTIPLE");
  facts.launched = false;
  expect_finding(facts, "MPI threads", Verdict::note, "mpirun -n 2 infoplane doctor");
}

TEST(Doctor, DevicesAndTorch) {
  MachineFacts facts = good_machine();
  facts.cuda_devices = 2;
  EXPECT_NE(find(facts, "CUDA").state.find("2 devices"), std::string::npos);
  facts.torch = "1.9.0";
  expect_finding(facts, "LibTorch", Verdict::warning, "1.13.1");
}

}  // namespace
}  // namespace infoplane::jobs::test
