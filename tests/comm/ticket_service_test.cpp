#include "comm/ticket_service.hpp"

#include <gtest/gtest.h>

#include <tuple>

#include "comm/ticket_cases.hpp"
#include "support/mpi_test.hpp"

namespace infoplane::test {
namespace {

class Tickets : public testing::TestWithParam<std::tuple<TicketCase, Serving>> {};

TEST_P(Tickets, OnMpi) {
  const auto [which, serving] = GetParam();
  if (serving == Serving::from_a_thread && !world().threads_may_communicate()) {
    GTEST_SKIP() << "this MPI has no MPI_THREAD_MULTIPLE";
  }
  which.run(serving_communicator(world(), serving));
}

INSTANTIATE_TEST_SUITE_P(
    Serving, Tickets,
    testing::Combine(testing::ValuesIn(ticket_cases),
                     testing::Values(Serving::from_a_thread, Serving::between_work)),
    [](const auto& kind) { return name_of(std::get<0>(kind.param), std::get<1>(kind.param)); });

}  // namespace
}  // namespace infoplane::test
