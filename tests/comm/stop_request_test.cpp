#include "comm/stop_request.hpp"

#include <gtest/gtest.h>

#include <fstream>
#include <vector>

#include "comm/measured_speed.hpp"
#include "comm/ticket_service.hpp"

namespace infoplane::test {
namespace {

/// Takes all tickets there are; each counts as if it had taken `seconds_per_predicted` of its cost.
std::vector<std::size_t> take_all(TicketService& service, const std::vector<double>& costs,
                                  double seconds_per_predicted, TicketReport last = {}) {
  std::vector<std::size_t> taken;
  while (const std::optional<std::size_t> ticket = service.next(last)) {
    taken.push_back(*ticket);
    last = {};
    last.ticket = static_cast<std::int64_t>(*ticket);
    last.seconds = seconds_per_predicted * costs[*ticket];
  }
  service.close();
  return taken;
}

TEST(StopRequest, WithoutSettingsNeverAsks) {
  StopRequest stop;
  EXPECT_FALSE(stop.look());
  EXPECT_EQ(stop.left_s(), std::numeric_limits<double>::infinity());
  stop.request(StopCause::file);
  stop.request(StopCause::time);
  EXPECT_EQ(stop.cause(), StopCause::file) << "the first cause stays";
}

TEST(StopRequest, SeesTheFile) {
  const std::filesystem::path path =
      std::filesystem::path(INFOPLANE_TEST_SCRATCH) / "stop-request-test";
  std::filesystem::create_directories(path.parent_path());
  std::ofstream(path) << "";
  EXPECT_TRUE(StopRequest(Communicator::serial(), {path}).look());
  std::filesystem::remove(path);
  EXPECT_FALSE(StopRequest(Communicator::serial(), {path}).look());
}

TEST(StopRequest, ABudgetKeepsSomethingForSaving) {
  StopRequest stop(Communicator::serial(), {{}, 1000});
  EXPECT_NEAR(stop.budget_s(), 980, 1e-9);
  EXPECT_LE(stop.left_s(), 980);
  EXPECT_FALSE(stop.look());
  StopRequest short_one(Communicator::serial(), {{}, 0.5});
  EXPECT_TRUE(short_one.look());
  EXPECT_EQ(short_one.cause(), StopCause::time);
}

TEST(MeasuredSpeed, CountsWhatIsDoneOfTicketsOnTheirWay) {
  MeasuredSpeed speed(2);
  EXPECT_EQ(speed.seconds_per_predicted(), std::nullopt);
  speed.working(1, 2.0, 1.0);
  EXPECT_DOUBLE_EQ(speed.seconds_per_predicted().value(), 0.5);
  speed.working(1, 4.0, 6.0);  // instead of what it said before
  EXPECT_DOUBLE_EQ(speed.seconds_per_predicted().value(), 1.5);
  speed.finished(1, 5.0, 8.0);
  speed.working(0, 5.0, 2.0);
  EXPECT_DOUBLE_EQ(speed.seconds_per_predicted().value(), 1.0);
}

TEST(TimeBudget, TicketsThatDoNotFitAreNotStarted) {
  // Of 2 seconds for work at most 1.5 are left. By the first ticket a predicted second is a tenth
  // of one: those of 18 take 1.8 and do not fit, those of 1 do.
  StopRequest stop(Communicator::serial(), {{}, 3});
  const std::vector<double> costs{18, 1, 19, 18, 1};
  TicketService service(Communicator::serial(), costs, nullptr, {}, &stop);
  ASSERT_EQ(service.next(), 2U);
  while (stop.left_s() > 1.5) EXPECT_FALSE(service.stop_wanted());
  TicketReport first;
  first.ticket = 2;
  first.seconds = 1.9;
  EXPECT_EQ(take_all(service, costs, 0.1, first), (std::vector<std::size_t>{1, 4}));
  EXPECT_EQ(stop.cause(), StopCause::time);
}

TEST(TimeBudget, WhatWouldNeverFitIsStartedAllTheSame) {
  StopRequest stop(Communicator::serial(), {{}, 1000});
  const std::vector<double> costs{50, 5000, 6000};
  TicketService service(Communicator::serial(), costs, nullptr, {}, &stop);
  EXPECT_EQ(take_all(service, costs, 1), (std::vector<std::size_t>{2, 1, 0}));
  EXPECT_FALSE(stop.requested()) << "nothing was left";
}

TEST(TimeBudget, HowFarATicketIsTellsTheSpeedBeforeOneEnds) {
  StopRequest stop(Communicator::serial(), {{}, 1000});
  const std::vector<double> costs{10, 9, 1};
  TicketService service(Communicator::serial(), costs, nullptr, {}, &stop);
  ASSERT_EQ(service.next(), 0U);
  while (stop.left_s() > 979.5) service.stop_wanted(0.5, 600);  // 120 s for a predicted one
  TicketReport gave_up;
  gave_up.ticket = 0;
  gave_up.failed = 1;
  // 1080 s of 980: more than the whole budget, so it is started; 120 s fit.
  EXPECT_EQ(take_all(service, costs, 120, gave_up), (std::vector<std::size_t>{1, 2}));
}

}  // namespace
}  // namespace infoplane::test
