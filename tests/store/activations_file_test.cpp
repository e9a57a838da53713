#include "store/activations_file.hpp"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <stdexcept>
#include <string>
#include <vector>

#include "store/atomic_file.hpp"
#include "store/example_run.hpp"
#include "store/hdf5.hpp"
#include "store/other_process.hpp"
#include "store/provenance.hpp"
#include "store/same_tables.hpp"
#include "store/scratch.hpp"

namespace infoplane::test {
namespace {

constexpr auto read = ActivationsFile::Access::read;
constexpr auto write = ActivationsFile::Access::write;

ActivationsFile open(const std::filesystem::path& path, ActivationsFile::Access access = read) {
  return {path, access, Communicator::serial()};
}

bool same_bits(const std::vector<float>& a, const std::vector<float>& b) {
  return a.size() == b.size() && std::memcmp(a.data(), b.data(), a.size() * sizeof(float)) == 0;
}

void expect_same(const LedgerEntry& a, const LedgerEntry& b) {
  EXPECT_EQ(a.state, b.state);
  EXPECT_EQ(a.attempts, b.attempts);
  EXPECT_EQ(a.checksum, b.checksum);
  EXPECT_EQ(a.started, b.started);
  EXPECT_EQ(a.ended, b.ended);
  EXPECT_EQ(a.reason, b.reason);
  EXPECT_EQ(a.epochs, b.epochs);
}

class Activations : public testing::Test {
 protected:
  const Scratch scratch_;
  const std::filesystem::path path_ = scratch_ / "activations.h5";
  const RunLayout layout_ = example_layout();
};

TEST_F(Activations, LayoutReadsBack) {
  ActivationsFile::create(path_, layout_, example_provenance());
  EXPECT_EQ(scratch_.names(), std::set<std::string>{"activations.h5"});
  const ActivationsFile file = open(path_);
  expect_same_layouts(file.layout(), layout_);
}

// More than ten row sets: their names do not sort as their numbers do.
TEST_F(Activations, ManyRowSetsKeepTheirNumbers) {
  RunLayout layout;
  for (std::int64_t k = 0; k < 12; ++k) {
    layout.row_sets.push_back({{k}, {static_cast<std::int32_t>(k)}});
    layout.trials.push_back({"trial" + std::to_string(11 - k),
                             {0},
                             {{"output", k + 1, "output", {k + 1}}},
                             static_cast<std::size_t>(k),
                             1,
                             1,
                             {}});
  }
  ActivationsFile::create(path_, layout, {});
  const ActivationsFile file = open(path_);
  ASSERT_EQ(file.layout().trials.size(), 12u);
  for (std::size_t k = 0; k < 12; ++k) {
    EXPECT_EQ(file.layout().trials[k].id, layout.trials[k].id)
        << "trials keep the order of the run";
    EXPECT_EQ(file.layout().trials[k].row_set, k);
    EXPECT_EQ(file.layout().row_sets[k].rows, layout.row_sets[k].rows);
  }
}

TEST_F(Activations, SnapshotsReadBackWithTheSameBits) {
  ActivationsFile::create(path_, layout_, example_provenance());
  std::vector<std::uint64_t> checksums;
  {
    ActivationsFile file = open(path_, write);
    // The last trial first: places must not follow from the order of writing.
    for (std::size_t t = layout_.trials.size(); t-- > 0;)
      file.write_ledger(t, done_entry(t, write_example_trial(file, layout_, t)));
    for (std::size_t t = 0; t < layout_.trials.size(); ++t)
      checksums.push_back(file.slab_checksum(t));
  }
  const ActivationsFile file = open(path_);
  std::vector<float> values;
  std::size_t compared = 0;
  for (std::size_t t = 0; t < layout_.trials.size(); ++t) {
    EXPECT_EQ(file.slab_checksum(t), checksums[t]);
    for (std::size_t e = 0; e < layout_.trials[t].epochs.size(); ++e) {
      for (std::size_t l = 0; l < layout_.trials[t].layers.size(); ++l) {
        file.read_snapshot(t, e, l, values);
        EXPECT_TRUE(same_bits(values, example_snapshot(layout_, t, e, l)))
            << "trial " << t << ", epoch " << e << ", layer " << l;
        ++compared;
      }
    }
  }
  EXPECT_EQ(compared, 9u + 4u + 4u);
}

TEST_F(Activations, AMovedFileGoesOn) {
  ActivationsFile::create(path_, layout_, example_provenance());
  ActivationsFile first = open(path_, write);
  ActivationsFile second = std::move(first);
  const std::uint64_t checksum = write_example_trial(second, layout_, 1);
  second.write_ledger(1, done_entry(1, checksum));
  second = open(path_);
  EXPECT_EQ(second.slab_checksum(1), checksum);
}

TEST_F(Activations, ASlabEndsWhereItsTrainingDid) {
  ActivationsFile::create(path_, layout_, example_provenance());
  ActivationsFile file = open(path_, write);
  SlabChecksum two(layout_.trials[0].layers.size());
  for (std::size_t epoch = 0; epoch < 2; ++epoch) {  // epochs 0 and 1 of 0, 1, 10
    for (std::size_t layer = 0; layer < layout_.trials[0].layers.size(); ++layer) {
      const std::vector<float> values = example_snapshot(layout_, 0, epoch, layer);
      file.write_snapshot(0, epoch, layer, view_of(layout_, 0, layer, values));
      two.add(epoch, layer, view_of(layout_, 0, layer, values));
    }
  }
  LedgerEntry entry = done_entry(0, two.value());
  entry.epochs = 9;
  file.write_ledger(0, entry);
  EXPECT_EQ(file.recorded_epochs(0), 2U);
  EXPECT_EQ(file.slab_checksum(0), two.value());
}

TEST_F(Activations, LedgerStartsPendingAndReadsBack) {
  ActivationsFile::create(path_, layout_, example_provenance());
  const std::vector<LedgerEntry> entries{
      {TrialState::running, 4294967295U, 0, 1.5, 1.5, ""},
      {TrialState::failed, 2, 0, 1.7e9, 1.7e9 + 0.125,
       "the loss is inf after epoch 5 \xe2\x80\x94 \xc3\xa4h"},
      {TrialState::done, 1, 0xfedcba9876543210U, -1, 1e300, "", 77}};
  {
    ActivationsFile file = open(path_, write);
    for (std::size_t t = 0; t < entries.size(); ++t) expect_same(file.ledger(t), {});
    for (std::size_t t = 0; t < entries.size(); ++t) file.write_ledger(t, entries[t]);
    file.write_ledger(0,
                      {TrialState::failed, 1, 2, 3, 4, "a reason that the next entry takes back"});
    file.write_ledger(0, entries[0]);
  }
  const ActivationsFile file = open(path_);
  const std::vector<LedgerEntry> found = file.ledger();
  ASSERT_EQ(found.size(), entries.size());
  for (std::size_t t = 0; t < entries.size(); ++t) {
    expect_same(found[t], entries[t]);
    expect_same(file.ledger(t), entries[t]);
  }
}

// The reason goes into results.nc and JSON: what does not fit is cut off, but never inside a
// character.
TEST_F(Activations, ALongReasonIsCutBetweenCharacters) {
  ActivationsFile::create(path_, layout_, {});
  ActivationsFile file = open(path_, write);
  for (const std::string& letter : {std::string("a"), std::string("\xc3\xa4"),
                                    std::string("\xe2\x82\xac"), std::string("\xf0\x9f\x99\x82")}) {
    std::string reason;
    while (reason.size() < 400) reason += letter;
    file.write_ledger(0, {TrialState::failed, 1, 0, 0, 0, reason});
    const std::string found = file.ledger(0).reason;
    EXPECT_GE(found.size(), 250u);
    EXPECT_EQ(found.size() % letter.size(), 0u)
        << "cut inside a character of " << letter.size() << " bytes";
    EXPECT_EQ(reason.substr(0, found.size()), found);
  }
  const std::string fits(255, 'x');
  file.write_ledger(0, {TrialState::failed, 1, 0, 0, 0, fits});
  EXPECT_EQ(file.ledger(0).reason, fits);
}

TEST_F(Activations, ASnapshotOfAnotherShapeIsRefused) {
  ActivationsFile::create(path_, layout_, {});
  ActivationsFile file = open(path_, write);
  const std::uint64_t before = write_example_trial(file, layout_, 0);
  file.write_ledger(0, done_entry(0, before));
  const std::vector<float> values(1000, 1.0F);
  const auto refusal = [&](std::size_t rows, std::size_t features) {
    return message_of([&] { file.write_snapshot(0, 1, 1, {values.data(), rows, features}); });
  };
  const std::string planned = " where 5 x 3 was planned (trial 0a1b2c3d4e5f, layer layer2)";
  EXPECT_EQ(refusal(4, 3), "1: a snapshot of 4 x 3" + planned);
  EXPECT_EQ(refusal(5, 4), "1: a snapshot of 5 x 4" + planned);
  EXPECT_EQ(refusal(3, 5), "1: a snapshot of 3 x 5" + planned) << "as many numbers, but turned";
  EXPECT_EQ(file.slab_checksum(0), before) << "something was written";
}

TEST_F(Activations, PlacesThatAreNotThereAreRefused) {
  ActivationsFile::create(path_, layout_, {});
  ActivationsFile file = open(path_, write);
  const std::vector<float> values(5 * 4, 1.0F);
  std::vector<float> out;
  EXPECT_THROW(file.read_snapshot(3, 0, 0, out), std::out_of_range);
  EXPECT_THROW(file.read_snapshot(0, 0, 3, out), std::out_of_range);
  EXPECT_THROW(file.read_snapshot(0, 3, 0, out), h5::Failure);
  EXPECT_THROW(file.write_snapshot(0, 3, 0, {values.data(), 5, 4}), h5::Failure);
  EXPECT_THROW(file.write_ledger(3, {}), h5::Failure);
  EXPECT_THROW(file.ledger(3), h5::Failure);
}

TEST_F(Activations, KnowsWhetherItIsOfTheRun) {
  ActivationsFile::create(path_, layout_, {});
  const ActivationsFile file = open(path_);
  const std::vector<std::string> ids{"0a1b2c3d4e5f", "1122334455aa", "beefbeefbeef"};
  EXPECT_EQ(message_of([&] { file.require_trials(ids); }), "no error");
  const std::string refusal =
      "4: " + path_.string() + " belongs to another run: its trials are not those of results.nc";
  for (const std::vector<std::string>& others : std::vector<std::vector<std::string>>{
           {}, {ids[0], ids[1]}, {ids[0], ids[1], ids[2], ids[2]}, {ids[0], ids[2], ids[1]}}) {
    EXPECT_EQ(message_of([&] { file.require_trials(others); }), refusal) << others.size();
  }
}

TEST_F(Activations, AFileOpenForReadingIsNotWritten) {
  write_example_activations(path_, layout_);
  const std::string before = bytes_of(path_);
  {
    ActivationsFile file = open(path_);
    EXPECT_THROW(file.write_ledger(0, {}), h5::Failure);
    EXPECT_THROW(write_example_trial(file, layout_, 0), h5::Failure);
  }
  EXPECT_TRUE(bytes_of(path_) == before);
}

TEST_F(Activations, CreateReplacesWhatAKilledStartLeft) {
  put_bytes(path_, "half a file");
  put_bytes(scratch_ / "activations.h5.tmp", "half a file");
  ActivationsFile::create(path_, layout_, {});
  EXPECT_EQ(open(path_).layout().trials.size(), 3u);
  EXPECT_EQ(scratch_.names(), std::set<std::string>{"activations.h5"});
}

TEST_F(Activations, CreateNeedsTheFolder) {
  const std::string message =
      message_of([&] { ActivationsFile::create(scratch_ / "none" / "a.h5", layout_, {}); });
  EXPECT_EQ(message.rfind("4: HDF5 cannot create " + (scratch_ / "none" / "a.h5").string(), 0), 0u)
      << message;
  EXPECT_NE(message.find("No such file or directory"), std::string::npos) << message;
}

// Whatever part of it no longer fits: such a file must not take its name.
TEST_F(Activations, CreateWithoutRoomLeavesNothing) {
  ActivationsFile::create(path_, layout_, example_provenance());
  const std::uintmax_t whole = std::filesystem::file_size(path_);
  std::filesystem::remove(path_);
  for (std::uintmax_t part = 1; part <= 16; ++part) {
    const std::uintmax_t room = part < 16 ? whole * part / 16 : whole - 1;
    const std::optional<std::string> message = message_with_room(
        room, [&] { ActivationsFile::create(path_, layout_, example_provenance()); });
    ASSERT_TRUE(message.has_value());
    EXPECT_EQ(message->rfind("4: ", 0), 0u) << room << " of " << whole << " bytes: " << *message;
    EXPECT_EQ(scratch_.names(), std::set<std::string>{}) << room << " of " << whole << " bytes";
  }
}

TEST_F(Activations, CreateReservesTheSpaceOfTheSlabs) {
  RunLayout layout = example_layout();
  layout.trials[0].layers[0].features = 20000;
  ActivationsFile::create(path_, layout, {});
  EXPECT_GT(std::filesystem::file_size(path_), slab_bytes(layout, layout.trials[0]));
  put_bytes(scratch_ / "probe", "");
  std::filesystem::resize_file(scratch_ / "probe", 1 << 20);
  reserve_space(scratch_ / "probe");
  if (disk_bytes(scratch_ / "probe") < 1 << 20)
    GTEST_SKIP() << "this file system cannot reserve space";
  EXPECT_GE(disk_bytes(path_), slab_bytes(layout, layout.trials[0]));
}

// Slabs have a size before they are written. That a disk is full may show only then.
TEST_F(Activations, ASnapshotWithoutRoomIsAnError) {
  RunLayout layout = example_layout();
  layout.trials[0].layers[0].features = 20000;
  layout.trials[1].layers[0].features = 500;
  ActivationsFile::create(path_, layout, {});
  const std::vector<float> values(5 * 20000, 1.0F);
  // 400 kB per epoch: the third one lies beyond the limit, and so does the small one after it.
  const std::optional<std::string> whole = message_with_room(1 << 20, [&] {
    ActivationsFile file = open(path_, write);
    file.write_snapshot(0, 0, 0, {values.data(), 5, 20000});
    file.write_snapshot(0, 2, 0, {values.data(), 5, 20000});
  });
  ASSERT_TRUE(whole.has_value());
  EXPECT_EQ(*whole, "4: cannot write /trials/0a1b2c3d4e5f/layer1 of " + path_.string() +
                        " (File too large)");
  const std::optional<std::string> small = message_with_room(1 << 20, [&] {
    ActivationsFile file = open(path_, write);
    write_example_trial(file, layout, 1);
  });
  ASSERT_TRUE(small.has_value());
  EXPECT_EQ(*small, "4: cannot write /trials/1122334455aa/layer1 of " + path_.string() +
                        " (File too large)");
}

TEST_F(Activations, ProvenanceIsInTheRoot) {
  ActivationsFile::create(path_, layout_, example_provenance());
  const h5::Id file = h5::open_file(path_, h5::Access::read, Communicator::serial());
  for (const auto& fact : example_provenance()) {
    const Provenance found = read_provenance(file.get());
    EXPECT_EQ(std::count(found.begin(), found.end(), fact), 1) << fact.first;
  }
}

TEST_F(Activations, NothingStaysOpen) {
  write_example_activations(path_, layout_);
  const auto lists_before = [] {
    hsize_t count = 0;
    H5Inmembers(H5I_GENPROP_LST, &count);
    return count;
  };
  const hsize_t before = lists_before();
  {
    ActivationsFile file = open(path_, write);
    write_example_trial(file, layout_, 0);
    file.ledger();
    file.slab_checksum(1);
    EXPECT_GT(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
  }
  for (int i = 0; i < 3; ++i) {
    put_bytes(scratch_ / "text.h5", "no HDF5");
    EXPECT_THROW(open(scratch_ / "text.h5"), InputError);
  }
  EXPECT_EQ(H5Fget_obj_count(H5F_OBJ_ALL, H5F_OBJ_ALL), 0);
  EXPECT_EQ(lists_before(), before) << "property lists";
}

TEST(SlabChecksum, DoesNotDependOnTheOrder) {
  const RunLayout layout = example_layout();
  const std::size_t epochs = 3;
  const std::size_t layers = 3;
  std::vector<std::size_t> order(epochs * layers);
  for (std::size_t i = 0; i < order.size(); ++i) order[i] = i;
  const auto in_order = [&] {
    SlabChecksum checksum(layers);
    for (const std::size_t i : order) {
      const std::vector<float> values = example_snapshot(layout, 0, i / layers, i % layers);
      checksum.add(i / layers, i % layers, view_of(layout, 0, i % layers, values));
    }
    return checksum.value();
  };
  const std::uint64_t expected = in_order();
  const std::uint64_t seed = 5;
  SCOPED_TRACE("seed " + std::to_string(seed));
  RandomStream random(seed);
  for (int shuffle = 0; shuffle < 20; ++shuffle) {
    std::vector<std::size_t> shuffled;
    for (const std::int64_t i : random_permutation(order.size(), random))
      shuffled.push_back(static_cast<std::size_t>(i));
    order = shuffled;
    EXPECT_EQ(in_order(), expected);
  }
}

TEST(SlabChecksum, SeesEveryBitAndEveryPlace) {
  const std::vector<float> zeros(6, 0.0F);
  const std::vector<float> ones(6, 1.0F);
  const auto checksum = [](const std::vector<float>& first, const std::vector<float>& second) {
    SlabChecksum sum(2);
    sum.add(0, 0, {first.data(), 2, 3});
    sum.add(0, 1, {second.data(), 2, 3});
    return sum.value();
  };
  EXPECT_NE(checksum(zeros, ones), checksum(ones, zeros)) << "two layers changed places";
  for (std::size_t i = 0; i < zeros.size(); ++i) {
    std::vector<float> changed = zeros;
    changed[i] = -0.0F;  // one bit, and equal by ==
    EXPECT_NE(checksum(changed, ones), checksum(zeros, ones)) << i;
  }
  SlabChecksum missing(2);
  missing.add(0, 0, {zeros.data(), 2, 3});
  EXPECT_NE(missing.value(), checksum(zeros, ones));
  EXPECT_THROW(missing.add(0, 2, {zeros.data(), 2, 3}), std::out_of_range);
}

TEST(SlabBytes, CountsAllLayersAndEpochs) {
  const RunLayout layout = example_layout();
  EXPECT_EQ(epoch_bytes(layout, layout.trials[0]), 4u * 5u * (4 + 3 + 2));
  EXPECT_EQ(slab_bytes(layout, layout.trials[0]), 3u * 4u * 5u * (4 + 3 + 2));
  EXPECT_EQ(slab_bytes(layout, layout.trials[1]), 2u * 4u * 3u * (6 + 2));
}

}  // namespace
}  // namespace infoplane::test
