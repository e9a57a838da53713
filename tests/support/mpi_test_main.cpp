#include <gtest/gtest.h>

#include <chrono>
#include <cstdio>
#include <exception>
#include <memory>
#include <string>
#include <thread>
#include <vector>

#include "comm/mpi.hpp"
#include "mpi_test.hpp"

// GoogleTest under mpirun. Rank 0 reports as usual. The others are silent but for their failures,
// which carry their rank; a test that failed on any rank is a failed test of rank 0.

namespace infoplane::test {
namespace {

const MpiSession* session = nullptr;

/// A rank that left a test early (ASSERT_...) leaves the others waiting in it: after this time it
/// ends the job, which shows more than a timeout does.
constexpr auto patience = std::chrono::seconds(5);

std::string name_of(const testing::TestInfo& test) {
  return std::string(test.test_suite_name()) + "." + test.name();
}

/// The failures of a rank that does not report.
class FailurePrinter : public testing::EmptyTestEventListener {
  void OnTestStart(const testing::TestInfo& test) override { test_ = name_of(test); }
  // GoogleTest holds a lock here: asking it for the current test would wait for ever.
  void OnTestPartResult(const testing::TestPartResult& result) override {
    if (!result.failed()) return;
    std::fprintf(stderr, "[rank %d] %s:%d: failure in %s\n%s\n", world().rank(),
                 result.file_name() == nullptr ? "?" : result.file_name(), result.line_number(),
                 test_.c_str(), result.message());
  }

  std::string test_ = "no test";
};

/// Brings the ranks together after each test, on a communicator that no test uses.
class Together : public testing::EmptyTestEventListener {
 public:
  Together() { INFOPLANE_MPI(MPI_Comm_dup(MPI_COMM_WORLD, &comm_)); }
  ~Together() override { MPI_Comm_free(&comm_); }
  Together(const Together&) = delete;
  Together& operator=(const Together&) = delete;

 private:
  void OnTestEnd(const testing::TestInfo& test) override {
    const int failed = test.result()->Failed() ? 1 : 0;
    std::vector<int> everywhere(static_cast<std::size_t>(world().size()));
    MPI_Request request = MPI_REQUEST_NULL;
    INFOPLANE_MPI(
        MPI_Iallgather(&failed, 1, MPI_INT, everywhere.data(), 1, MPI_INT, comm_, &request));
    const auto deadline = std::chrono::steady_clock::now() + patience;
    for (int done = 0;;) {
      INFOPLANE_MPI(MPI_Test(&request, &done, MPI_STATUS_IGNORE));
      if (done) break;
      if (failed && std::chrono::steady_clock::now() > deadline) {
        std::fprintf(stderr,
                     "[rank %d] %s failed here and other ranks still wait in it: ending all\n",
                     world().rank(), name_of(test).c_str());
        world().abort(1);
      }
      std::this_thread::sleep_for(std::chrono::microseconds(200));
    }
    if (!world().is_root() || failed) return;
    for (std::size_t rank = 0; rank < everywhere.size(); ++rank) {
      if (everywhere[rank] != 0) ADD_FAILURE() << name_of(test) << " failed on rank " << rank;
    }
  }

  MPI_Comm comm_ = MPI_COMM_NULL;
};

/// What a test throws would leave the other ranks waiting for this one: it ends them all.
int run_or_abort() {
  GTEST_FLAG_SET(catch_exceptions, false);
  std::string what;
  try {
    return RUN_ALL_TESTS();
  } catch (const std::exception& error) {
    what = error.what();
  } catch (...) {
    what = "of an unknown type";
  }
  const testing::TestInfo* test = testing::UnitTest::GetInstance()->current_test_info();
  std::fprintf(stderr, "[rank %d] exception in %s: %s\n", world().rank(),
               test == nullptr ? "no test" : name_of(*test).c_str(), what.c_str());
  world().abort(1);
}

int run_together() {
  testing::TestEventListeners& listeners = testing::UnitTest::GetInstance()->listeners();
  if (!world().is_root()) {
    delete listeners.Release(listeners.default_result_printer());
    listeners.Append(new FailurePrinter);
  }
  auto together = std::make_unique<Together>();
  listeners.Append(together.get());
  int code = run_or_abort();
  listeners.Release(together.get());
  INFOPLANE_MPI(MPI_Allreduce(MPI_IN_PLACE, &code, 1, MPI_INT, MPI_MAX, MPI_COMM_WORLD));
  return code;
}

}  // namespace

Communicator world() { return session->world(); }

}  // namespace infoplane::test

int main(int argc, char** argv) {
  const infoplane::MpiSession session(argc, argv);
  infoplane::test::session = &session;
  testing::InitGoogleTest(&argc, argv);
  const bool under_mpirun = infoplane::mpi_handle(session.world()).has_value();
  return under_mpirun ? infoplane::test::run_together() : RUN_ALL_TESTS();
}
