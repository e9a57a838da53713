#include "estimators/detail/lookout.hpp"

#include <gtest/gtest.h>

namespace infoplane::test {
namespace {

using detail::Lookout;

/// How many of the next occasions are due for a look; none of the looks is told of.
int due_of_next(Lookout& lookout, int occasions) {
  int due = 0;
  for (int i = 0; i < occasions; ++i) due += lookout.is_due() ? 1 : 0;
  return due;
}

TEST(Lookout, LooksAsLongAsItIsWorthIt) {
  Lookout lookout(4, 8, 3);
  for (int look = 0; look < 80; ++look) {
    ASSERT_TRUE(lookout.is_due());
    lookout.found(look % 4 == 0 ? 1 : 0, 1);
  }
  EXPECT_TRUE(lookout.is_due());
}

TEST(Lookout, GoesWithoutForAWhileAfterTooManyLooksInVain) {
  Lookout lookout(4, 8, 3);
  for (int look = 0; look < 8; ++look) {
    ASSERT_TRUE(lookout.is_due()) << look;
    lookout.found(look == 0 ? 1 : 0, 1);
  }
  EXPECT_EQ(due_of_next(lookout, 3), 0);
  // Then as if nothing had been.
  lookout.found(2, 8);
  EXPECT_EQ(due_of_next(lookout, 9), 9);
  lookout.found(1, 7);
  EXPECT_EQ(due_of_next(lookout, 9), 9) << "not enough looks yet";
  lookout.found(0, 1);
  EXPECT_EQ(due_of_next(lookout, 9), 6);
}

TEST(Lookout, GoesWithoutForLongerWhileLooksAreInVain) {
  Lookout lookout(4, 8, 3);
  for (const int skipped : {3, 6, 12, 24, 24}) {
    lookout.found(0, 8);
    EXPECT_EQ(due_of_next(lookout, skipped), 0) << skipped;
    EXPECT_TRUE(lookout.is_due()) << skipped;
  }
  lookout.found(2, 8);
  lookout.found(0, 8);
  EXPECT_EQ(due_of_next(lookout, 9), 6) << "worth it in between: as at first";
}

}  // namespace
}  // namespace infoplane::test
