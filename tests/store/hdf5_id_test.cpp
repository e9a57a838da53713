#include <gtest/gtest.h>

#include <utility>
#include <vector>

#include "store/hdf5.hpp"

namespace infoplane::test {
namespace {

std::vector<hid_t> closed;

herr_t remember(hid_t id) {
  closed.push_back(id);
  return 0;
}

class Hdf5Id : public testing::Test {
 protected:
  void SetUp() override { closed.clear(); }
  using Ids = std::vector<hid_t>;
};

TEST_F(Hdf5Id, ClosesOnceAtTheEnd) {
  {
    const h5::Id id(5, remember);
    EXPECT_TRUE(id);
    EXPECT_EQ(id.get(), 5);
    EXPECT_TRUE(closed.empty());
  }
  EXPECT_EQ(closed, Ids{5});
}

TEST_F(Hdf5Id, NothingIsNotClosed) {
  {
    const h5::Id none;
    EXPECT_FALSE(none);
    const h5::Id failed(-1, remember);
    EXPECT_FALSE(failed);
  }
  EXPECT_TRUE(closed.empty());
}

TEST_F(Hdf5Id, MovingHandsItOver) {
  {
    h5::Id first(5, remember);
    h5::Id second(std::move(first));
    EXPECT_FALSE(first);
    EXPECT_EQ(second.get(), 5);
    h5::Id third;
    third = std::move(second);
    EXPECT_FALSE(second);
    EXPECT_EQ(third.get(), 5);
    EXPECT_TRUE(closed.empty());
  }
  EXPECT_EQ(closed, Ids{5});
}

TEST_F(Hdf5Id, AssigningOntoALiveOwnerReleasesWhatItHeld) {
  {
    h5::Id id(5, remember);
    id = h5::Id(6, remember);
    EXPECT_EQ(closed, Ids{5}) << "at once, and not the new one";
    EXPECT_EQ(id.get(), 6);
  }
  EXPECT_EQ(closed, (Ids{5, 6}));
}

TEST_F(Hdf5Id, AssigningNothingReleases) {
  h5::Id id(5, remember);
  id = h5::Id();
  EXPECT_FALSE(id);
  EXPECT_EQ(closed, Ids{5});
}

TEST_F(Hdf5Id, MovingOntoItselfKeepsIt) {
  {
    h5::Id id(5, remember);
    h5::Id& same = id;
    id = std::move(same);
    EXPECT_EQ(id.get(), 5);
    EXPECT_TRUE(closed.empty());
  }
  EXPECT_EQ(closed, Ids{5});
}

// Another kind of object needs another function to close it.
TEST_F(Hdf5Id, TheCloserTravelsAlong) {
  static std::vector<hid_t> other;
  other.clear();
  const auto remember_elsewhere = [](hid_t id) -> herr_t {
    other.push_back(id);
    return 0;
  };
  {
    h5::Id id(5, remember);
    id = h5::Id(6, remember_elsewhere);
  }
  EXPECT_EQ(closed, Ids{5});
  EXPECT_EQ(other, Ids{6});
}

// A destructor may run while an error is on its way up.
TEST_F(Hdf5Id, AFailingCloseDoesNotThrow) {
  const auto refuse = [](hid_t) -> herr_t { return -1; };
  h5::Id id(5, refuse);
  EXPECT_NO_THROW(id = h5::Id());
}

TEST_F(Hdf5Id, FailuresSayWhatAndWhy) {
  try {
    h5::open_group(H5I_INVALID_HID, "trials");
    FAIL() << "nothing thrown";
  } catch (const h5::Failure& failure) {
    const std::string what = failure.what();
    EXPECT_EQ(what.rfind("HDF5 cannot open group trials (", 0), 0u) << what;
    EXPECT_EQ(failure.code(), ExitCode::bad_input);
  }
}

}  // namespace
}  // namespace infoplane::test
