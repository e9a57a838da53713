#include <gtest/gtest.h>

#include <cstring>
#include <functional>
#include <string>
#include <vector>

#include "core/random.hpp"
#include "store/activations_file.hpp"
#include "store/example_run.hpp"
#include "store/hdf5.hpp"
#include "store/other_process.hpp"
#include "store/results_table.hpp"
#include "store/same_tables.hpp"
#include "store/scratch.hpp"

// HDF5 itself loses what it read of a damaged header; ids of ours that stay open are found by the
// tests NothingStaysOpen.
// NOLINTNEXTLINE(bugprone-reserved-identifier,readability-identifier-naming)
extern "C" const char* __lsan_default_suppressions() { return "leak:libhdf5"; }

// Files that disks, copies and other programs have damaged: one sentence that names the file, never
// a crash, whatever the bytes.

namespace infoplane::test {
namespace {

/// One of the two files of a run: how it is made and how all of it is read.
struct Kind {
  const char* name;
  void (*make)(const std::filesystem::path&);
  void (*read)(const std::filesystem::path&);
};

std::ostream& operator<<(std::ostream& out, const Kind& kind) { return out << kind.name; }

void make_activations(const std::filesystem::path& path) {
  write_example_activations(path, example_layout());
}

ActivationsFile open_activations(const std::filesystem::path& path) {
  return {path, ActivationsFile::Access::read, Communicator::serial()};
}

/// Reads everything there is. What is read without an error, under checksums that are right, must
/// be what was written.
void read_activations(const std::filesystem::path& path) {
  const ActivationsFile file = open_activations(path);
  const std::vector<LedgerEntry> ledger = file.ledger();
  const RunLayout original = example_layout();
  expect_same_layouts(file.layout(), original);
  if (testing::Test::HasFatalFailure()) return;
  std::vector<float> values;
  for (std::size_t t = 0; t < ledger.size(); ++t) {
    const bool sound =
        ledger[t].state == TrialState::done && file.slab_checksum(t) == ledger[t].checksum;
    const TrialLayout& trial = file.layout().trials[t];
    for (std::size_t e = 0; e < trial.epochs.size(); ++e) {
      for (std::size_t l = 0; l < trial.layers.size(); ++l) {
        file.read_snapshot(t, e, l, values);
        if (!sound) continue;
        const std::vector<float> written = example_snapshot(original, t, e, l);
        EXPECT_TRUE(values.size() == written.size() &&
                    std::memcmp(values.data(), written.data(), values.size() * sizeof(float)) == 0)
            << "other activations under a checksum that is right";
      }
    }
  }
}

void make_results(const std::filesystem::path& path) { write_results(path, example_table()); }
void read_all_results(const std::filesystem::path& path) {
  static const ResultsTable original = [&] {
    const std::filesystem::path undamaged = path.parent_path() / "undamaged.nc";
    make_results(undamaged);
    return read_results(undamaged);
  }();
  const ResultsTable table = read_results(path);
  EXPECT_TRUE(table.sealed);
  expect_same_tables(table, original);
}

class DamagedFile : public testing::TestWithParam<Kind> {
 protected:
  void SetUp() override { GetParam().make(path_); }

  std::string message() const {
    return message_of([this] { GetParam().read(path_); });
  }
  /// Readable, or refused in the words for the user with the path in them.
  void expect_readable_or_refused() const {
    const std::string text = message();
    if (text == "no error") return;
    EXPECT_EQ(text.rfind("4: ", 0), 0u) << text;
    EXPECT_NE(text.find(path_.string()), std::string::npos) << "which file? " << text;
  }
  void expect_refused() const {
    const std::string text = message();
    EXPECT_EQ(text.rfind("4: " + path_.string() + " is damaged, or not a file of infoplane: ", 0),
              0u)
        << text;
  }

  const Scratch scratch_;
  const std::filesystem::path path_ = scratch_ / "file.h5";
};

TEST_P(DamagedFile, WholeIsRead) { EXPECT_EQ(message(), "no error"); }

TEST_P(DamagedFile, Missing) {
  std::filesystem::remove(path_);
  EXPECT_EQ(message(), "4: no such file: " + path_.string());
}

TEST_P(DamagedFile, Empty) {
  put_bytes(path_, "");
  expect_refused();
}

TEST_P(DamagedFile, Text) {
  put_bytes(path_, "[sweep]\nname = \"a\"\n");
  expect_refused();
  put_bytes(path_, std::string(100000, '\n'));
  expect_refused();
}

TEST_P(DamagedFile, Folder) {
  std::filesystem::remove(path_);
  std::filesystem::create_directory(path_);
  expect_refused();
}

TEST_P(DamagedFile, TheOtherFileOfTheRun) {
  if (GetParam().make == make_results) {
    make_activations(path_);
  } else {
    make_results(path_);
  }
  const std::string text = message();
  EXPECT_NE(text.find("its title is \"infoplane "), std::string::npos) << text;
  expect_refused();
}

TEST_P(DamagedFile, Truncated) {
  const std::string whole = bytes_of(path_);
  std::vector<std::size_t> lengths{
      1, 4, 8, 47, 48, 95, 96, 512, whole.size() - 1, whole.size() - 8};
  for (std::size_t part = 1; part < 16; ++part) lengths.push_back(whole.size() * part / 16);
  for (const std::size_t length : lengths) {
    SCOPED_TRACE("the first " + std::to_string(length) + " of " + std::to_string(whole.size()) +
                 " bytes");
    put_bytes(path_, whole.substr(0, length));
    expect_refused();
  }
}

/// Adds the bytes of a dataset of variable-length strings in the file.
herr_t add_references(hid_t group, const char* name, const H5L_info_t*, void* out) {
  const h5::Id object(H5Oopen(group, name, H5P_DEFAULT), H5Oclose);
  if (H5Iget_type(object.get()) == H5I_GROUP) {
    hsize_t position = 0;
    return H5Literate(object.get(), H5_INDEX_NAME, H5_ITER_INC, &position, add_references, out);
  }
  const h5::Id type = h5::type_id(H5Dget_type(object.get()));
  if (H5Tis_variable_str(type.get()) > 0) {
    const std::size_t begin = H5Dget_offset(object.get());
    const std::size_t length = H5Dget_storage_size(object.get());
    auto& trusted = *static_cast<std::vector<bool>*>(out);
    for (std::size_t at = begin; at < begin + length; ++at) trusted.at(at) = true;
  }
  return 0;
}

/// Bytes of the file that HDF5 1.10 believes without a look, and on which it crashes itself when
/// they are wrong: the global heap, where the texts of variable-length strings are, and the
/// references of datasets into it. Nothing above HDF5 can help there. All other bytes have to be
/// survived.
std::vector<bool> trusted_by_hdf5(const std::filesystem::path& path) {
  const std::string bytes = bytes_of(path);
  std::vector<bool> trusted(bytes.size(), false);
  for (std::size_t at = bytes.find("GCOL"); at != std::string::npos;
       at = bytes.find("GCOL", at + 1)) {
    std::uint64_t length = 0;
    std::memcpy(&length, &bytes.at(at + 8), sizeof length);
    for (std::size_t i = at; i < at + length; ++i) trusted.at(i) = true;
  }
  const h5::Id file = h5::open_file(path, h5::Access::read, Communicator::serial());
  hsize_t position = 0;
  h5::check(H5Literate(file.get(), H5_INDEX_NAME, H5_ITER_INC, &position, add_references, &trusted),
            "look around");
  return trusted;
}

// Where a byte is wrong is a matter of luck: in a number, in what says where the numbers are, in a
// hole.
TEST_P(DamagedFile, AnyByteWrong) {
  const std::uint64_t seed = 20;
  const std::string whole = bytes_of(path_);
  const std::vector<bool> trusted = trusted_by_hdf5(path_);
  RandomStream random(seed);
  for (int i = 0; i < 1000; ++i) {
    std::string bytes = whole;
    const std::size_t at = random.below(whole.size());
    const auto mask = static_cast<unsigned char>(random.below(2) == 0 ? 1 + random.below(255)
                                                                      : 1U << random.below(8));
    if (trusted[at]) continue;
    bytes[at] = static_cast<char>(static_cast<unsigned char>(bytes[at]) ^ mask);
    SCOPED_TRACE("seed " + std::to_string(seed) + ", byte " + std::to_string(at) + " ^ " +
                 std::to_string(mask));
    put_bytes(path_, bytes);
    expect_readable_or_refused();
    if (HasFailure()) return;
  }
}

// A torn copy: a stretch of the file is zero.
TEST_P(DamagedFile, ABlockOfZeros) {
  const std::uint64_t seed = 21;
  const std::string whole = bytes_of(path_);
  const std::vector<bool> trusted = trusted_by_hdf5(path_);
  RandomStream random(seed);
  for (int i = 0; i < 100; ++i) {
    std::string bytes = whole;
    const std::size_t begin = random.below(whole.size());
    const std::size_t end = std::min(whole.size(), begin + 1 + random.below(4096));
    for (std::size_t at = begin; at < end; ++at) bytes[at] = trusted[at] ? whole[at] : '\0';
    SCOPED_TRACE("seed " + std::to_string(seed) + ", bytes " + std::to_string(begin) + " to " +
                 std::to_string(end));
    put_bytes(path_, bytes);
    expect_readable_or_refused();
    if (HasFailure()) return;
  }
}

/// Changes the file through HDF5, so that it stays valid HDF5.
void edit(const std::filesystem::path& path, const std::function<void(hid_t file)>& change) {
  const h5::Id file = h5::open_file(path, h5::Access::write, Communicator::serial());
  change(file.get());
}

TEST_P(DamagedFile, ForeignHdf5) {
  { const h5::Id file = h5::create_file(path_); }
  EXPECT_NE(message().find("its title is \"\""), std::string::npos);
  expect_refused();
}

TEST_P(DamagedFile, AnotherFormatVersion) {
  edit(path_, [](hid_t file) { h5::set_attribute(file, "format_version", std::int64_t{2}); });
  EXPECT_NE(message().find("its format version is 2, this infoplane reads 1"), std::string::npos)
      << message();
  expect_refused();
}

/// An attribute of many strings, as netCDF programs write them.
void put_titles(hid_t file, std::vector<const char*> titles) {
  H5Adelete(file, "title");
  const hsize_t count = titles.size();
  const h5::Id space = h5::space_id(H5Screate_simple(1, &count, nullptr));
  const h5::Id type = h5::type_id(H5Tcopy(H5T_C_S1));
  H5Tset_size(type.get(), H5T_VARIABLE);
  const h5::Id attribute = h5::attribute_id(
      H5Acreate2(file, "title", type.get(), space.get(), H5P_DEFAULT, H5P_DEFAULT), "title");
  h5::check(H5Awrite(attribute.get(), type.get(), titles.data()), "title");
}

/// An attribute that has a type and no value.
void put_nothing(hid_t object, const char* name, hid_t type) {
  H5Adelete(object, name);
  const h5::Id space = h5::space_id(H5Screate(H5S_NULL));
  h5::attribute_id(H5Acreate2(object, name, type, space.get(), H5P_DEFAULT, H5P_DEFAULT), name);
}

TEST_P(DamagedFile, AttributesOfOtherShapes) {
  const std::vector<std::function<void(hid_t)>> changes{
      [](hid_t file) {
        put_titles(file, {"two", "titles", "or", "more", "and", "more", "still", "..."});
      },
      [](hid_t file) {
        const h5::Id type = h5::type_id(H5Tcopy(H5T_C_S1));
        H5Tset_size(type.get(), H5T_VARIABLE);
        put_nothing(file, "title", type.get());
      },
      [](hid_t file) { put_nothing(file, "title", H5T_C_S1); },
      [](hid_t file) { h5::set_attribute(file, "title", std::int64_t{1}); },
      [](hid_t file) { put_nothing(file, "format_version", H5T_NATIVE_INT64); },
      [](hid_t file) {
        h5::set_attribute(file, "format_version", std::vector<std::int64_t>{1, 1});
      },
      [](hid_t file) { h5::set_attribute(file, "format_version", std::string("1")); },
  };
  for (std::size_t i = 0; i < changes.size(); ++i) {
    SCOPED_TRACE("change " + std::to_string(i));
    GetParam().make(path_);
    edit(path_, changes[i]);
    expect_refused();
  }
}

INSTANTIATE_TEST_SUITE_P(Files, DamagedFile,
                         testing::Values(Kind{"Activations", make_activations, read_activations},
                                         Kind{"Results", make_results, read_all_results}),
                         [](const auto& kind) { return std::string(kind.param.name); });

class DamagedActivations : public testing::Test {
 protected:
  void SetUp() override { make_activations(path_); }
  void expect_refused(const std::string& because) const {
    EXPECT_EQ(message_of([this] { open_activations(path_); }),
              "4: " + path_.string() + " is damaged, or not a file of infoplane: " + because);
  }

  const Scratch scratch_;
  const std::filesystem::path path_ = scratch_ / "activations.h5";
};

TEST_F(DamagedActivations, AnImpossibleState) {
  edit(path_, [](hid_t file) {
    const std::uint8_t impossible = 9;
    h5::write_box(h5::open_dataset(file, "ledger/state").get(), H5T_NATIVE_UINT8, {1}, {1},
                  &impossible);
  });
  const ActivationsFile file = open_activations(path_);
  EXPECT_EQ(file.ledger(0).state, TrialState::done) << "the others are still known";
  for (const auto& look : {std::function<void()>([&] { file.ledger(1); }),
                           std::function<void()>([&] { file.ledger(); })}) {
    const std::string text = message_of(look);
    EXPECT_EQ(text.rfind("4: ", 0), 0u) << text;
    EXPECT_NE(text.find("in state 9, which does not exist"), std::string::npos) << text;
    EXPECT_NE(text.find(path_.string()), std::string::npos) << "which file? " << text;
  }
}

TEST_F(DamagedActivations, ALayerOfAnotherShape) {
  edit(path_, [](hid_t file) {
    const h5::Id trial = h5::open_group(file, "trials/1122334455aa");
    h5::check(H5Ldelete(trial.get(), "output", H5P_DEFAULT), "delete");
    h5::create_numbers(trial.get(), "output", H5T_IEEE_F32LE, {2, 4, 2}, h5::Fill::zero);
  });
  expect_refused("layer output of trial 1122334455aa has not the shape of its epochs and rows");
}

TEST_F(DamagedActivations, RowsThatAreNotThere) {
  edit(path_, [](hid_t file) {
    h5::set_attribute(h5::open_group(file, "trials/beefbeefbeef").get(), "row_set",
                      std::int64_t{2});
  });
  expect_refused("trial beefbeefbeef names rows that are not there");
  edit(path_, [](hid_t file) {
    h5::set_attribute(h5::open_group(file, "trials/beefbeefbeef").get(), "row_set",
                      std::int64_t{-1});
  });
  expect_refused("trial beefbeefbeef names rows that are not there");
}

TEST_F(DamagedActivations, AttributesOfTrials) {
  for (const char* name : {"epochs", "row_set", "train_rows", "parameters"}) {
    make_activations(path_);
    edit(path_, [name](hid_t file) {
      put_nothing(h5::open_group(file, "trials/beefbeefbeef").get(), name, H5T_NATIVE_INT64);
    });
    const std::string text = message_of([this] { open_activations(path_); });
    EXPECT_EQ(text.rfind("4: " + path_.string() + " is damaged, or not a file of infoplane: ", 0),
              0u)
        << name << ": " << text;
  }
}

TEST_F(DamagedActivations, PartsMissing) {
  for (const char* part :
       {"ledger/state", "ledger/reason", "ledger", "row_sets", "row_sets/1/labels", "trials",
        "trials/0a1b2c3d4e5f", "trials/0a1b2c3d4e5f/layer2"}) {
    SCOPED_TRACE(part);
    make_activations(path_);
    edit(path_, [part](hid_t file) { h5::check(H5Ldelete(file, part, H5P_DEFAULT), "delete"); });
    const std::string text = message_of([this] { open_activations(path_); });
    EXPECT_EQ(text.rfind("4: " + path_.string() + " is damaged, or not a file of infoplane: ", 0),
              0u)
        << text;
  }
}

TEST_F(DamagedActivations, LabelsForOtherRows) {
  edit(path_, [](hid_t file) {
    const h5::Id rows = h5::open_group(file, "row_sets/0");
    h5::check(H5Ldelete(rows.get(), "labels", H5P_DEFAULT), "delete");
    h5::create_numbers(rows.get(), "labels", H5T_STD_I32LE, {4}, h5::Fill::zero);
  });
  const std::string text = message_of([this] { open_activations(path_); });
  EXPECT_EQ(text.rfind("4: " + path_.string() + " is damaged", 0), 0u)
      << "estimates would be made with labels of other rows: " << text;
}

TEST_F(DamagedActivations, ALedgerOfAnotherLength) {
  edit(path_, [](hid_t file) {
    const h5::Id ledger = h5::open_group(file, "ledger");
    h5::check(H5Ldelete(ledger.get(), "state", H5P_DEFAULT), "delete");
    h5::create_numbers(ledger.get(), "state", H5T_STD_U8LE, {2}, h5::Fill::zero);
  });
  const std::string text = message_of([this] { open_activations(path_).ledger(); });
  EXPECT_EQ(text.rfind("4: ", 0), 0u) << text;
}

// The checksum of the ledger is what finds a slab that no longer is what was written.
TEST_F(DamagedActivations, ATornSlabHasAnotherChecksum) {
  const RunLayout layout = example_layout();
  for (std::size_t t = 0; t < layout.trials.size(); ++t) {
    for (std::size_t l = 0; l < layout.trials[t].layers.size(); ++l) {
      make_activations(path_);
      edit(path_, [&](hid_t file) {
        const h5::Id layer = h5::open_dataset(
            file, "trials/" + layout.trials[t].id + "/" + layout.trials[t].layers[l].name);
        std::vector<float> values = h5::read_all<float>(layer.get());
        std::uint32_t bits = 0;
        std::memcpy(&bits, &values.back(), sizeof bits);
        bits ^= 1;
        std::memcpy(&values.back(), &bits, sizeof bits);
        h5::write_all(layer.get(), values);
      });
      const ActivationsFile file = open_activations(path_);
      for (std::size_t u = 0; u < layout.trials.size(); ++u) {
        EXPECT_EQ(file.slab_checksum(u) == file.ledger(u).checksum, u != t)
            << "trial " << t << ", layer " << l;
      }
    }
  }
}

class DamagedResults : public testing::Test {
 protected:
  void SetUp() override { make_results(path_); }
  std::string message() const {
    return message_of([this] { read_results(path_); });
  }

  const Scratch scratch_;
  const std::filesystem::path path_ = scratch_ / "results.nc";
};

TEST_F(DamagedResults, AnImpossibleState) {
  edit(path_, [](hid_t file) {
    const std::uint8_t impossible = 5;
    h5::write_box(h5::open_dataset(file, "trials/state").get(), H5T_NATIVE_UINT8, {2}, {1},
                  &impossible);
  });
  EXPECT_EQ(
      message(),
      "4: " + path_.string() +
          " is damaged, or not a file of infoplane: a trial is in state 5, which does not exist");
}

TEST_F(DamagedResults, EveryPartIsNeeded) {
  for (const char* part : {"trials",
                           "layers",
                           "metrics",
                           "pairwise",
                           "trials/state",
                           "trials/attempts",
                           "trials/seconds",
                           "trials/recorded_rows",
                           "trials/train_rows",
                           "trials/parameters",
                           "trials/H_Y",
                           "trials/failure",
                           "layers/position",
                           "layers/features",
                           "metrics/train_loss",
                           "metrics/train_accuracy",
                           "layers/kind",
                           "layers/shape",
                           "layers/follows",
                           "trials/trained_epochs",
                           "gradients",
                           "gradients/mean",
                           "gradients/std",
                           "gradients/weight_norm",
                           "gradients/count",
                           "metrics/validation_loss",
                           "metrics/validation_accuracy",
                           "metrics/test_loss",
                           "metrics/test_accuracy",
                           "pairwise/I_XT",
                           "pairwise/I_TY",
                           "pairwise/trial",
                           "pairwise/epoch",
                           "pairwise/layer",
                           "pairwise/sigma2",
                           "pairwise/bound",
                           "pairwise/noise",
                           "pairwise/sigma2_used",
                           "pairwise/error_bits",
                           "distances",
                           "distances/quantiles",
                           "distances/histogram",
                           "distances/mean",
                           "distances/rank_error"}) {
    make_results(path_);
    edit(path_, [part](hid_t file) { h5::check(H5Ldelete(file, part, H5P_DEFAULT), "delete"); });
    EXPECT_EQ(message().rfind("4: " + path_.string() + " is damaged", 0), 0u)
        << part << ": " << message();
  }
}

TEST_F(DamagedResults, ArraysMustFitTheirAxes) {
  for (const char* part :
       {"trials/seconds", "layers/position", "metrics/test_loss", "pairwise/I_TY",
        "pairwise/sigma2_used", "distances/histogram", "trials/state"}) {
    make_results(path_);
    edit(path_, [part](hid_t file) {
      h5::check(H5Ldelete(file, part, H5P_DEFAULT), "delete");
      h5::create_numbers(file, part, H5T_IEEE_F64LE, {1}, h5::Fill::nan);
    });
    EXPECT_NE(message().find(" has 1 values where "), std::string::npos)
        << part << ": " << message();
  }
}

// As it was written before there were noise rules.
TEST_F(DamagedResults, OfAnOlderProgram) {
  edit(path_, [](hid_t file) {
    h5::check(H5Ldelete(file, "pairwise/noise", H5P_DEFAULT), "delete");
    h5::check(H5Ldelete(file, "distances", H5P_DEFAULT), "delete");
  });
  EXPECT_EQ(message(),
            "4: " + path_.string() +
                " is damaged, or not a file of infoplane: it has no pairwise/noise, as an "
                "infoplane without noise rules wrote it: run its sweep again in another "
                "--out");
}

TEST_F(DamagedResults, NoiseThatIsNone) {
  edit(path_, [](hid_t file) {
    h5::write_strings(h5::open_dataset(file, "pairwise/noise").get(), {"0.001", "p90 by 1000"});
  });
  EXPECT_EQ(message(), "4: " + path_.string() +
                           " is damaged, or not a file of infoplane: pairwise/noise has \"p90 by "
                           "1000\", which is no noise variance");
}

TEST_F(DamagedResults, OneSettingPerTrial) {
  edit(path_, [](hid_t file) {
    const h5::Id group = h5::open_group(file, "pairwise");
    h5::check(H5Ldelete(group.get(), "param_training_seed", H5P_DEFAULT), "delete");
    const h5::Id param =
        h5::create_numbers(group.get(), "param_training_seed", H5T_STD_I64LE, {2}, h5::Fill::zero);
    h5::set_attribute(param.get(), "key", std::string("training.seed"));
  });
  EXPECT_NE(message().find("param_training_seed has not one value per trial"), std::string::npos)
      << message();
}

}  // namespace
}  // namespace infoplane::test
